"""Passwords, keys and tokens in whatever form they are pasted; and what only talks of them."""

import pytest

from retriever.masking import mask_text
from tests.support.examples import pairs

SECRETS = r"""
password=%pX9!kk => %pX9!kk
Passwort: $ommer24 => $ommer24
pwd = #abc# => #abc#
pw: ^Tiger7 => ^Tiger7
the password is @Home2024! => @Home2024!
password: <Gh12!x> => <Gh12!x
pw=geheim => geheim
login with password Wint3r!now => Wint3r!now
密码Admin@123 => Admin@123
验证码 884213 => 884213
PIN: 0042 => 0042
meine PIN ist 7731 => 7731
PUK 12345678 => 12345678
暗証番号：9021 => 9021
./deploy --password s3cr --env prod => s3cr
tool --api-key=abcdef => abcdef
x --db-password 'two words' => two words
mysql -uroot -pT0psecret shop => T0psecret
mysqldump -u root -p'My Pass1' db => My Pass1
curl -u bob:hunter22 https://a.b => hunter22
sshpass -p geheim1 ssh x => geheim1
redis-cli -a qwertz1 => qwertz1
sqlplus hr/oracle1@xe => hr/oracle1
docker login -u a -p dckr1pw => dckr1pw
<password>open sesame</password> => open sesame
<add key="Password" value="plain"/> => plain
<entry name="pw">plainer</entry> => plainer
{"smtpPassword" : "abc"} => abc
db_password: plain => plain
spring.mail.password=plain => plain
user: bob\npassword: plain => plain
login: max, pw: plain => plain
password: "correct horse battery" => correct horse battery
Cookie: theme=dark99; sid=abc => dark99
Set-Cookie: SID=ab%2Fcd; Path=/ => ab%2Fcd
PHPSESSID=q1w2e3r4t5 => q1w2e3r4t5
X-Auth-Token: opaque-value => opaque-value
Authorization: Token 0123456789abcdef => 0123456789abcdef
Server=a;User Id=sa;Password=Tr0ub4dor;Encrypt=yes => Tr0ub4dor
AccountKey=Zm9vYmFyMTIz==;X=y => Zm9vYmFyMTIz==
postgresql://svc:p/w#1@db.intern:5432/a => svc:p/w#1
amqp://guest:gu?est@mq/v => guest:gu?est
jdbc:oracle:thin:scott/tiger9@//h:1521/x => scott/tiger9
пароль: Zima#44 => Zima#44
hasło to Lato2024 => Lato2024
mot de passe : été!2024 => été!2024
şifre: Yaz2024 => Yaz2024
wachtwoord = zomer => zomer
비밀번호: qwer1234 => qwer1234
รหัสผ่าน: mai1234 => mai1234
kata sandi: rahasia1 => rahasia1
mật khẩu: matkhau1 => matkhau1
https://id.example.com/reset/k3m9x2 => k3m9x2
https://id.example.com/account/verify-email/0f8e7d6c5b4a39281706 => 0f8e7d6c5b4a39281706
open /password/reset/9f8e7d => 9f8e7d
https://a.com/invite/550e8400-e29b-41d4-a716-446655440000 now => 550e8400-e29b-41d4-a716-446655440000
/magic-link/aa11bb22cc => aa11bb22cc
GET /cb?code=zz99yy&state=q => zz99yy
POST /v1/x?access_token=opaque1&y=2 => opaque1
https://a.com/unsubscribe/u123456 => u123456
"""
TOKENS = (
    "sc_" + "aB3dE6gH_" + "0a1B2c3D4e" * 5,
    "ghs_" + "a1B2" * 9,
    "glpat-" + "xYz1" * 5,
    "AKIA" + "ABCD1234" * 2,
    "GOCSPX-" + "ab12" * 7,
    "sk-ant-api03-" + "aB3_" * 10,
    "sk_live_" + "4eC39HqLyjWD",
    "xoxp-1234567890-abcDEF",
    "AIza" + "Sy0a" * 8 + "abc",
    "ya29." + "a0Ab" * 8,
    "npm_" + "a1B2" * 9,
    "hvs." + "CAES" * 7,
    "dapi" + "0123456789abcdef" * 2,
    "dckr_pat_" + "aB1-" * 6,
    "SG." + "a1b2" * 5 + "." + "c3d4" * 8,
    "110201543:AA" + "HdqTcvCH1vGWJxfSeofSAs0K5PALDsawx",
    "abc8Q~" + "aB1." * 8 + "xy",
    "whsec_" + "ab12" * 6,
    "AGE-SECRET-KEY-1" + "QYQSZQ" * 8,
    "glrt-" + "t1_x" * 5,
)
TALK = r"""
password: required!
Password must have 12 characters
password=$PASSWORD
password=${PW}
pw=%PASS%
password: <your password>
password: ********
password is incorrect
Passwort: vergessen
token: null
psql -h db -p 5432
ssh -p 2222 host
mkdir -p a/b/c
curl -p 8080
pinned 1234 items
tool --password --verbose
<input type="password" name="pw">
<password></password>
reset/settings page
/verify/v2.1
/docs/reset/overview
https://a.com/docs/reset/step-2
cookie consent banner
the cookies: how they work
the PIN is wrong
PIN 12
密码8-16位
密码错误三次
api key missing
-p is the port
/search?q=printer&page=2
password reset link
secret santa
passport scan
Cookie banner
bypass=true
"""
SECTIONS = r"""
section-2 2-1-setup step-3 L10-L20 user-content-faq_2 how-to-reset-2fa anchor.2.1 第2步 L7 c-42 v1.2.3 安装-说明
"""


@pytest.mark.parametrize(("text", "secret"), pairs(SECRETS))
def test_an_announced_secret_goes(text: str, secret: str) -> None:
    """Nothing of it is left, and what stands before it stays."""
    masked = mask_text(text).text

    assert secret not in masked
    assert masked.startswith(text.partition(secret)[0])


@pytest.mark.parametrize("token", TOKENS)
def test_keys_of_known_shapes_go_without_a_cue(token: str) -> None:
    """The library's own keys among them."""
    assert mask_text(f"it said {token}, then stopped").text == "it said [SECRET_1], then stopped"


@pytest.mark.parametrize("text", TALK.strip().split("\n"))
def test_talk_of_secrets_stays(text: str) -> None:
    """Blanks to fill in, variables, options without a value, ports and plain words."""
    assert mask_text(text).text == text


@pytest.mark.parametrize("fragment", SECTIONS.split())
def test_a_fragment_that_names_a_section_stays(fragment: str) -> None:
    """Numbers and words of any script lead to a place in a page."""
    text = f"see https://kb.example.org/a/b#{fragment} please"

    assert mask_text(text).text == text


@pytest.mark.parametrize(
    "fragment", ["access_token=abc", "user=7", "id=4&x=1", "0f8e7d6c5b4a", "13812345678", "a@b.com"]
)
def test_a_fragment_that_holds_a_value_goes(fragment: str) -> None:
    """Parameters, tokens and numbers of people are no sections."""
    assert fragment not in mask_text(f"https://kb.example.org/a#{fragment}").text
