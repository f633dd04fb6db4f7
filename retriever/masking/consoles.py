"""Secrets in what administrators type and paste: configurations of routers, Windows' commands, hashes, webhooks."""

import re
from collections.abc import Iterator

from retriever.masking.credentials import STANDS_FOR, is_secret, without_end
from retriever.masking.folding import Folded
from retriever.masking.rules import EVERYWHERE, MaskingRule, RuleScope, TextPassage, passages, with_any
from retriever.masking.wordlists import any_of, words

# crypt(3) and its heirs: `$6$salt$hash`, `$2y$10$…`, `$argon2id$v=19$…`; LDAP's `{SSHA}…`; Django's `pbkdf2_sha256$…`.
_HASH = re.compile(
    r"(?<![A-Za-z0-9_$])\$(?:1|2[abxy]?|5|6|7|8|9|14|y|gy|apr1|md5|sha1|argon2(?:id?|d)|scrypt|pbkdf2-sha\d{1,3}|[PH])"
    r"\$[A-Za-z0-9./$=,+-]{20,300}+"
    r"|\{(?:S?SHA|S?MD5|CRYPT)\d{0,3}\}[A-Za-z0-9+/=.$]{16,200}+"
    r"|(?<![A-Za-z0-9_])(?:pbkdf2_sha\d{1,3}|bcrypt_sha256|argon2)\$[A-Za-z0-9./$=,+-]{20,300}+"
)
_WEBHOOK = re.compile(rf"(?:{any_of('webhook_places')})/?(?P<token>[A-Za-z0-9._~%=@:/-]{{6,500}}+)", re.IGNORECASE)
# Behind the type of its encoding (0 plain, 5 and 7 encoded …) or behind a command that takes nothing else.
_TYPED = re.compile(
    r"(?<![\w-])(?:password|secret|key|key-string|md5|authentication-key) [05-9] (?P<value>[!-~]{6,200}+)"
)
_ROUTER = re.compile(
    r"(?<![\w-])(?:snmp-server community|snmp-server host [^\s]{1,60} (?:version [123c]{1,2} )?|set snmp community"
    r"|enable (?:secret|password)|username [^\s]{1,60} (?:privilege \d{1,2} )?(?:secret|password)"
    r"|(?:tacacs|radius)-server (?:host [^\s]{1,60} )?key|crypto isakmp key|key-string|wpa-psk ascii"
    r"|pre-shared-key(?: ascii-text| local| remote| address [^\s]{1,60} key)?|neighbor [^\s]{1,60} password"
    r"|message-digest-key \d{1,3} md5) ?(?:[05-9] )?[\"']?(?P<value>[!-~]{3,200}+)"
)
_SURE_ROUTER = ("snmp-server community", "set snmp", "tacacs", "radius", "crypto", "message-digest", "wpa-psk")
_POWERSHELL = re.compile(
    r"(?:convertto-securestring(?: -(?:string|asplaintext|force)){0,3} "
    r"|networkcredential\(\s?[\"'][^\"'\n]{0,80}[\"'], ?)"
    r"(?P<quote>[\"'])(?P<value>[^\"'\n]{2,200})[\"']"
)
_NET_USE = re.compile(
    r"(?<![\w-])net(?:\.exe)? use (?:[^\s/][^\s]{0,200} ){1,3}(?P<value>(?!\\\\)[^\s/*][^\s]{2,100}) (?=/u(?:ser)?:)"
    r"|(?<![\w-])net(?:\.exe)? use [^\n/]{0,200}/u(?:ser)?:[^\s]{1,80} (?P<after>(?!\\\\)[^\s/*][^\s]{2,100})"
)
_NET_USER = re.compile(
    r"(?<![\w-])net(?:\.exe)? user (?:\"[^\"\n]{1,60}\"|[^\s/\"]{1,60}) \"?(?P<value>[^\s/*\"][^\s\"]{2,100})\"?"
    r"(?= /|[ \t]*(?:\n|$))"
)
# `root:toor@10.0.0.5`; before a host that has a name only for accounts that every system has.
_LOGIN_AT = re.compile(
    r"(?<![\w/.:@-])(?:[a-z_][\w.-]{0,31}"
    r":(?!\d{1,5}@)(?P<value>[^\s:@/\"'<>]{2,64})@(?=(?:\d{1,3}\.){3}\d)"
    r"|(?:root|admin|administrator|sa|postgres|guest|ubuntu|pi|oracle):(?P<named>[^\s:@/\"'<>]{2,64})@(?=[a-z0-9]))"
)
_NO_LOGIN = frozenset(
    (
        *words("login_words"),
        "sip",
        "sips",
        "ssh",
        "mailto",
        "scp",
        "sftp",
        "xmpp",
        "h323",
        "git",
        "host",
        "from",
        "to",
        "cc",
        "server",
        "target",
        "source",
        "info",
        "warn",
        "warning",
        "error",
        "debug",
        "tcp",
        "udp",
        "http",
        "rsync",
    )
)
_CARD_CODE = re.compile(
    rf"(?<![a-z])(?:{any_of('card_code')})(?:[ -]?(?:code|number|nummer|nr\.?))?[ :：=#]{{0,3}}"
    r"(?:(?:is|ist|est|es|是) )?(?P<value>\d{3,4})(?![\d.,-]*\d)"
)


def _typed(folded: Folded) -> Iterator[TextPassage]:
    for found in _TYPED.finditer(folded.lower):
        if any(map(str.isdigit, found["value"])):
            yield _trimmed(folded, found, "value")


def _router(folded: Folded) -> Iterator[TextPassage]:
    """What a router's configuration keeps; words such as "enable password protection" are English."""
    for found in _ROUTER.finditer(folded.lower):
        start, end = _trimmed(folded, found, "value")
        if is_secret(folded.text[start:end], sure=found[0].startswith(_SURE_ROUTER)):
            yield start, end


def _windows(folded: Folded) -> Iterator[TextPassage]:
    for pattern in (_POWERSHELL, _NET_USE, _NET_USER):
        for found in pattern.finditer(folded.lower):
            group = "value" if found["value"] else "after"
            start, end = _trimmed(folded, found, group)
            is_new = pattern is not _NET_USER or found.string.startswith(" /", found.end())
            if is_secret(folded.text[start:end], sure=is_new):
                yield start, end


def _logins_at(folded: Folded) -> Iterator[TextPassage]:
    for found in _LOGIN_AT.finditer(folded.lower):
        group = "value" if found["value"] else "named"
        if found[0].partition(":")[0] not in _NO_LOGIN and not STANDS_FOR.fullmatch(found[group]):
            yield found.span(group)


def _trimmed(folded: Folded, found: re.Match[str], group: str) -> TextPassage:
    """A group without what ends a sentence or an argument."""
    start, end = found.span(group)
    return start, start + len(without_end(folded.text[start:end]))


def _card_codes(folded: Folded) -> Iterator[TextPassage]:
    for found in _CARD_CODE.finditer(folded.lower):
        yield found.span("value")


RULES = (
    MaskingRule("hash", "SECRET", passages(_HASH), with_any("$", "{s", "{md", "{smd", "{cry"), EVERYWHERE),
    MaskingRule("webhook", "SECRET", passages(_WEBHOOK, group="token"), with_any(*words("webhook_places")), EVERYWHERE),
    MaskingRule("typed_secret", "SECRET", _typed, with_any("password ", "secret ", "key", "md5 "), RuleScope.TEXT),
    MaskingRule(
        "router_secret",
        "SECRET",
        _router,
        with_any("snmp", "enable ", "-server", "username", "crypto ", "key", "wpa-psk", "neighbor"),
        RuleScope.TEXT,
    ),
    MaskingRule(
        "windows_secret",
        "SECRET",
        _windows,
        with_any("net use", "net.exe", "convertto-", "networkcred"),
        RuleScope.TEXT,
    ),
    MaskingRule("login_at_host", "SECRET", _logins_at, with_any("@"), RuleScope.TEXT),
    MaskingRule("card_code", "SECRET", _card_codes, with_any(*words("card_code")), RuleScope.TEXT),
)
