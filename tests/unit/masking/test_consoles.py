"""What administrators paste: configurations of routers, commands of Windows, hashes, webhooks; and one-time codes."""

import pytest

from retriever.masking import mask_text
from tests.support.examples import pairs

PASTED = r"""
https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnopqrstuvwx => T00000000
https://contoso.webhook.office.com/webhookb2/abc-def@xyz/IncomingWebhook/abcdef/12 => abc-def@xyz
https://discord.com/api/webhooks/123456789012345678/abcDEFghiJKLmnop => abcDEFghiJKLmnop
https://api.telegram.org/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1 => AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1
root:$6$abc$k3l4m5n6o7p8q9r0s1t2u3v4w5x6y7z8 => $6$abc$k3l4m5n6o7p8q9r0s1t2u3v4w5x6y7z8
$1$saltsalt$abcdefghijklmnopqrstu. => saltsalt$abc
$2y$10$abcdefghijklmnopqrstuv.wxyzABCDEFGHIJKLMNOPQRSTUVWX => $2y$10$abcdefgh
$apr1$salt1234$abcdefghijklmnopqrstu. => $apr1$salt
enable secret 5 $1$mERr$hx5rVt7rPNoS4wqbXKX7m0 => hx5rVt7rPNoS4wqbXKX7m0
enable password 7 0822455D0A16 => 0822455D0A16
snmp-server community s3kr1t RO => s3kr1t
ConvertTo-SecureString 'Geheim' -AsPlainText -Force => Geheim
net use Z: \\srv\share Winter22 /user:joe => Winter22
net user joe Winter22 /add => Winter22
machine ftp.example.com login joe password ghost7 => ghost7
root:toor@10.0.0.5 => toor
https://a.example.com/reset/abcdefgh => abcdefgh
https://a.example.com/magic-link/zxcvbnm => zxcvbnm
2FA code: 493021 => 493021
TAN 493021 => 493021
one-time code 493021 => 493021
CVV 123 => 123
konto 12345678 BLZ 10020030 => 12345678
account number 12345678 => 12345678
username admin privilege 15 secret 9 $9$nhEmQVczB7dqsO$X.HsgL6x1il0RxkOSSvyQYwucySCt7qFm4v7pqCxkKM => X.HsgL6x1il0
tacacs-server key 7 094F471A1A0A => 094F471A1A0A
neighbor 10.1.1.1 password B9gp!pass => B9gp!pass
userPassword: {SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3 => DkMTwBl+a
pbkdf2_sha256$260000$salt$Zm9vYmFyYmF6cXV4 => Zm9vYmFy
New-Object Net.NetworkCredential("joe", "Geheim") => Geheim
net use \\srv\share /user:joe Winter22 => Winter22
https://hooks.zapier.com/hooks/catch/123456/abcdef/ => 123456/abcdef
код из смс: 4930 => 4930
code de vérification : 493 021 => 493 021
kod jednorazowy 493021 => 493021
認証コード：493021 => 493021
Kto. 12345678 => 12345678
"""
TALK = r"""
enable password protection
Please enable secret scanning
net use Z: \\srv\share /persistent:yes
net user joe /delete
net use fails with error 53
password 7 attempts allowed
mailto:joe@10.0.0.5
ssh root@10.0.0.5
https://a.example.com/reset/overview
https://a.example.com/reset/settings
/verify/instructions
/unsubscribe/newsletter
/activate/lightbulb
/passwort/zuruecksetzen/anleitung
/confirm/bestaetigung
/reset/strengths
/invite/friends
/unlock/bootloader
TAN verfahren 2024
security code missing
price $1$ and $2$
docs at hooks.slack.com/services
kontor 12345678
CVV field is empty
image:latest@sha256
konto gesperrt
2FA on 2024-11-01
2FA 2024 rollout
tcp:80@10.0.0.5
INFO:root@10.0.0.5
user:joe@10.0.0.5
"""


@pytest.mark.parametrize(("text", "secret"), pairs(PASTED))
def test_a_pasted_secret_goes(text: str, secret: str) -> None:
    """And nothing else once the text is masked."""
    masked = mask_text(text).text

    assert secret not in masked
    assert mask_text(masked).text == masked


@pytest.mark.parametrize("text", TALK.strip().split("\n"))
def test_what_only_resembles_it_stays(text: str) -> None:
    """Talk of settings, names of pages behind `/reset/`, prices, accounts."""
    assert mask_text(text).text == text
