"""What is no secret though it stands where one would: code that reads it, words behind "Bearer", blanks of forms."""

import pytest

from retriever.masking import mask_text
from tests.support.examples import pairs

CODE = r"""
password = os.environ["DB_PASSWORD"]
password = getpass.getpass()
password = config.get('db', 'password')
const token = await getToken();
token = request.getHeader("X-Token")
request.getHeader("X-Token")
$pw = Read-Host "Password" -AsSecureString
password = input("Password: ")
token = secrets.token_hex(16)
password = txtPwd.Text;
password := os.Getenv("PW")
password: !vault |
password=$VAR
password=${VAR}
password=%VAR%
password=<password>
password=***
password: process.env.DB_PASSWORD,
String password = request.getParameter("password");
var pw = document.getElementById('pw').value;
password = args.password
password=dbPassword
token = new CancellationToken();
conn = connect(user=user, password=password)
$password = $_POST['password'];
token: self.token,
db.password = config["db"]["pw"]
pw = args.pw
auth_token = auth.get_token(user)
password: md5($row["pw"])
token = (String) session.getAttribute("t")
password = @Password
password=#{password}
secret = Environment.GetEnvironmentVariable("S")
api_key = ENV['API_KEY']
api_key = ENV.fetch("API_KEY")
password = $credentials->getPassword();
let password = &args[2];
password = var.db_password
token = (await login()).token
password = System.getenv("PW")
token: "{{ vault_token }}"
"password": user.password
$pw = Get-Content pw.txt
char *password = malloc(16);
password = None
"""
WORDS = r"""
Use Bearer authentication
Bearer certificate uploaded
token_type=bearer expires_in=3600
SameSite=Lax
Set-Cookie: SameSite=Lax
WhatsApp 2.23.20.76
01:00:5e:00:00:fb
33:33:00:00:00:01
担当者：未定
お名前：必須
株式会社 欄が空
Chrome 120.0.6099.130
Teams 1.6.00.4472
Set-Cookie: Path=/; SameSite=Lax
bearer authentication required
invalid Bearer scheme: unsupported
お名前：必須項目です
担当者：確認中
株式会社 欄は必須
WhatsApp version 2.23.20.76
"""
BESIDE = r"""
password = Winter(22) => Winter(22)
password=Tr0ub4dor;Encrypt=yes => Tr0ub4dor
password = summer.time99 => summer.time99
password = $ommer24 => $ommer24
password=a[b]c1 => a[b]c1
password = hunter2 => hunter2
pw=geheim => geheim
token=abcdef(gh1 => abcdef(gh1
password: P@ss(word)1 => P@ss(word)1
password = k9!Get-it => k9!Get-it
Authorization: Bearer opaquevalue => opaquevalue
Authorization: Basic dXNlcjpwYXNz => dXNlcjpwYXNz
Bearer abc123def456 => abc123def456
Set-Cookie: SID=ab%2Fcd; Path=/ => ab%2Fcd
WhatsApp server at 203.0.113.76 => 203.0.113.76
00:1a:2b:3c:4d:5e => 00:1a:2b:3c:4d:5e
担当者：田中太郎 => 田中太郎
株式会社 山田商事 => 山田商事
"""


@pytest.mark.parametrize("text", CODE.strip().split("\n"))
def test_code_that_gives_a_secret_stays_whole(text: str) -> None:
    """Calls, subscripts, attributes, variables and tags."""
    assert mask_text(text).text == text


@pytest.mark.parametrize("text", WORDS.strip().split("\n"))
def test_words_versions_and_blanks_stay(text: str) -> None:
    """Also settings of cookies, addresses for groups of machines, and what a form shows where nobody wrote."""
    assert mask_text(text).text == text


@pytest.mark.parametrize(("text", "value"), pairs(BESIDE))
def test_values_that_resemble_them_go(text: str, value: str) -> None:
    """A password with a bracket or a point, a token of letters behind the header's name, a person in the form."""
    assert value not in mask_text(text).text
