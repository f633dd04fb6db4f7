"""Passwords that a sentence tells: with words between the cue and the value, or without any sign."""

import pytest

from retriever.masking import mask_text
from tests.support.examples import pairs

TOLD = r"""
password for joe: Winter!22 => Winter!22
Password for the new account: Winter!22 => Winter!22
Your temporary password is: Winter!22 => Winter!22
the wifi password for guests is Guest2024! => Guest2024!
Passwort für VPN = Winter!22 => Winter!22
Passwort von Anna lautet: Winter!22 => Winter!22
Das Passwort wurde auf Winter!22 geändert => Winter!22
mot de passe du compte : Soleil!75 => Soleil!75
la contraseña de Juan es Gato_44! => Gato_44!
senha da conta do João: Verao#23 => Verao#23
wachtwoord voor de server: Zomer!22 => Zomer!22
hasło zostało zmienione na Lato!2024 => Lato!2024
пароль от почты: Zima!2024 => Zima!2024
密码已重置为Abc12345 => Abc12345
パスワードをHaru2024に変更しました => Haru2024
password changed to Welcome01! => Welcome01!
password reset to Xk9$mPq2 => Xk9$mPq2
I have set the password to Welcome01 => Welcome01
changed the password from Alt3rPw! to N3uesPw! => Alt3rPw!
changed the password from Alt3rPw! to N3uesPw! => N3uesPw!
password is now Welcome01 => Welcome01
login joe / pass sunshine1 => sunshine1
machine ftp.example.com login joe password ghost7 => ghost7
pre-shared key Winter!22 => Winter!22
try password sunshine1, then call => sunshine1
contraseña temporal para el portal: Luna$88 => Luna$88
parola pentru cont: Iarna_2024! => Iarna_2024!
邮箱的密码改成了Abc12345 => Abc12345
DB_PASSWORD=changeme => changeme
"""
NOT_TOLD = r"""
password reset link
password expired yesterday
password policy 2024
Password for user SCOTT: ORA-28001
Password for user: jdoe01
password reset for user: jdoe01
password for the account: svc_backup01
password changed to SHA256 hashing
password changed to 12 characters
password changed on 2024-11-01
password was set on Monday_1
password was changed by admin01
the password for joe is wrong!
the password to Server01 is lost
password on Server01 is lost
password sent to Server01
password in Outlook2019 is asked again
password for joe: 2FA required
password is set in config_2.yml
password Office365 does not work
login with password fails
login page with password field2
user tickets password page1
pass rate for build1234: 98%
Passwort für Windows10 vergessen
mot de passe de l'utilisateur : oublié
密码设置为至少8位
パスワードは8文字以上
"""


@pytest.mark.parametrize(("text", "secret"), pairs(TOLD))
def test_a_told_secret_goes(text: str, secret: str) -> None:
    """The words before it stay, up to an earlier secret."""
    masked = mask_text(text).text

    assert secret not in masked
    assert masked.startswith(text.partition(secret)[0].partition("Alt")[0])


@pytest.mark.parametrize("text", NOT_TOLD.strip().split("\n"))
def test_what_is_said_about_a_secret_stays(text: str) -> None:
    """Accounts, machines, products, error codes and dates beside a password are none."""
    assert mask_text(text).text == text
