"""Addresses of the net: the private parts of URLs, e-mail addresses, IP and MAC addresses."""

import ipaddress
import re
from collections.abc import Iterator

from retriever.masking.folding import Folded
from retriever.masking.rules import (
    EVERYWHERE,
    Cue,
    MaskingRule,
    RuleScope,
    TextPassage,
    passages,
    with_any,
    with_digit,
)
from retriever.masking.wordlists import words

_URL = re.compile(r"(?<![A-Za-z0-9+.])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s<>\"'`，。；、！？）】」』》\u3000]++")
_URL_TRAILING = re.compile(r"[.,;:!?)\]}*|-]+$")
_AUTHORITY_END = re.compile(r"[/?#]")
_TELLING_PARAMETER = re.compile(
    r"(?<=[?&;#])[^=&#]{0,40}?(?:token|key|secret|sig|signature|auth|passw?o?r?d?|pwd|code|session|sid|email|mail|phone|"
    r"mobile|user|name)[^=&#]{0,20}=([^&#]++)",
    re.IGNORECASE,
)
_SEGMENT = re.compile(r"[^/;=]+")
_PLAIN_FRAGMENT = re.compile(r"[/!]{0,2}(?:[A-Za-z]{1,24}[-_/]?){1,8}|L\d{1,6}(?:-L\d{1,6})?")

_LOCAL = r"A-Za-z0-9\u00c0-\u024f._%+'\-"
_LABEL = r"[A-Za-z0-9\u00c0-\u024f][A-Za-z0-9\u00c0-\u024f-]{0,62}+"
_EMAIL = re.compile(
    rf"(?<![{_LOCAL}])[.%+'-]{{0,16}}+(?P<mail>(?=[A-Za-z0-9\u00c0-\u024f_])[{_LOCAL}]{{1,128}}+@(?:{_LABEL}\.){{1,6}}(?:[A-Za-z]{{2,24}}|xn--[a-z0-9-]{{2,40}})"
    r"(?![A-Za-z0-9]))"
)
_SPELLED_EMAIL = re.compile(
    r"(?<![\w.%+-])[A-Za-z0-9][\w.%+-]{0,63}+ ?[\[({] ?(?:at|AT|@|a) ?[\])}] ?[A-Za-z0-9-]{1,63}+"
    r"(?: ?(?:\.|[\[({] ?(?:dot|DOT|punkt) ?[\])}]) ?[A-Za-z0-9-]{1,63}+){1,4}"
)
_FILES = frozenset(words("file_endings"))

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"(?<![A-Za-z0-9_.])(?:{_OCTET}\.){{3}}{_OCTET}(?![A-Za-z0-9_]|\.\d|-[A-Za-z0-9])")
# Not within a longer run of groups; `host:` and `name:` before it are words and no group.
_NOT_INSIDE = (
    r"(?:(?<![A-Za-z0-9_:.-])|(?<=[G-Zg-z]:)|(?<=[G-Zg-z][A-Za-z]:)|(?<=[G-Zg-z][A-Za-z][A-Za-z]:)"
    r"|(?<![A-Za-z0-9]-)(?<=-))"
)
_IPV6 = re.compile(
    rf"{_NOT_INSIDE}[0-9A-Fa-f]{{0,4}}(?::[0-9A-Fa-f]{{0,4}}){{2,7}}+(?:\.\d{{1,3}}){{0,3}}(?![A-Za-z0-9_:])"
)
_MAC = re.compile(
    rf"{_NOT_INSIDE}(?:[0-9A-Fa-f]{{2}}([:-])(?:[0-9A-Fa-f]{{2}}\1){{4}}[0-9A-Fa-f]{{2}}|(?:[0-9A-Fa-f]{{4}}\.){{2}}[0-9A-Fa-f]{{4}})"
    r"(?![A-Za-z0-9_]|[:-][A-Za-z0-9]|\.[A-Za-z0-9])"
)
_NO_MACHINE = frozenset(("ffffffffffff", "000000000000"))
_PUBLIC_SERVERS = frozenset(words("public_servers"))
# Networks that name no machine outside: private, loopback, link-local, shared, multicast and reserved.
_KEPT_NETWORKS = re.compile(
    r"(?:0|10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])|2(?:2[4-9]|[3-5]\d))\."
)
_VERSION = Cue(words("version"), between=(" to", " from", " is", "为", "是"))
_IP_CUE = Cue(words("ip"))
_SMALL = 30  # four numbers up to here look like a version


def _logins(folded: Folded) -> Iterator[TextPassage]:
    """User name and password before the host, and path segments that look like tokens."""
    for start, url in _found_urls(folded):
        begin, end = _authority(url)
        at = url.rfind("@", begin, end)
        if at > begin:
            yield start + begin, start + at
        for segment in _SEGMENT.finditer(url, end, _end_of_path(url, end)):
            if looks_like_token(segment[0]):
                yield start + segment.start(), start + segment.end()


def _queries(folded: Folded) -> Iterator[TextPassage]:
    """What follows `?`, and a fragment that is more than the name of a section."""
    for start, url in _found_urls(folded):
        cut = _end_of_path(url, _authority(url)[1])
        if cut + 1 < len(url) and (url[cut] == "?" or not _is_plain(url[cut + 1 :])):
            yield start + cut + 1, start + len(url)


def _is_plain(fragment: str) -> bool:
    """The name of a section; what follows it in another script without a space is no part of the address."""
    end = next((place for place, sign in enumerate(fragment) if sign > "~"), len(fragment))
    return _PLAIN_FRAGMENT.fullmatch(fragment, 0, end) is not None


def _telling_parameters(folded: Folded) -> Iterator[TextPassage]:
    """Values of parameters that hold secrets or people."""
    for start, url in _found_urls(folded):
        for parameter in _TELLING_PARAMETER.finditer(url, _authority(url)[1]):
            yield start + parameter.start(1), start + parameter.end(1)


def _found_urls(folded: Folded) -> Iterator[tuple[int, str]]:
    for found in _URL.finditer(folded.text):
        yield found.start(), _URL_TRAILING.sub("", found[0])


def _authority(url: str) -> TextPassage:
    """Where user, host and port stand."""
    begin = url.index("://") + 3
    found = _AUTHORITY_END.search(url, begin)
    return begin, found.start() if found else len(url)


def _end_of_path(url: str, begin: int) -> int:
    return min((place for place in (url.find("?", begin), url.find("#", begin)) if place >= 0), default=len(url))


def looks_like_token(segment: str) -> bool:
    """Small and capital letters and digits mixed over twenty signs: no word, name or number looks like that."""
    longest = max(re.split(r"[-_.~%+,:]", segment), key=len)
    if not 20 <= len(longest) <= 2_000:
        return False
    digits = sum(sign.isdigit() for sign in longest)
    return digits >= 2 and any(s.islower() for s in longest) and any(s.isupper() for s in longest)


def _emails(folded: Folded) -> Iterator[TextPassage]:
    for found in _EMAIL.finditer(folded.text):
        local, _, domain = found["mail"].rpartition("@")
        is_version = re.match(r"\d+\.\d", domain) is not None
        is_remote = local == "git" and folded.text[found.end() : found.end() + 1] == ":"
        if not is_version and not is_remote and domain.rpartition(".")[2].lower() not in _FILES:
            yield found.span("mail")


def _ipv4(folded: Folded) -> Iterator[TextPassage]:
    for found in _IPV4.finditer(folded.text):
        if found[0] in _PUBLIC_SERVERS or _VERSION.before(folded, found.start()):
            continue
        if _KEPT_NETWORKS.match(found[0]):
            continue
        if max(map(int, found[0].split("."))) <= _SMALL and not _IP_CUE.before(folded, found.start()):
            continue
        yield found.span()


def _ipv6(folded: Folded) -> Iterator[TextPassage]:
    for found in _IPV6.finditer(folded.text):
        if found[0].count(":") < 7 and "::" not in found[0]:
            continue
        start, end = found.span()
        try:
            address = ipaddress.IPv6Address(found[0])
        except ValueError:
            continue
        groups = sum(1 for group in found[0].split(":") if group)
        if groups >= 3 and any(sign.isdigit() for sign in found[0]) and not address.is_multicast:
            yield start, end


def _is_machine(mac: str) -> bool:
    return re.sub("[:.-]", "", mac).lower() not in _NO_MACHINE


def _with_colons(folded: Folded) -> bool:
    return ":" in folded.text or ("-" in folded.text and folded.has_digit) or "." in folded.text


URL_RULES = (
    MaskingRule("url_login", "SECRET", _logins, with_any("://"), EVERYWHERE),
    MaskingRule("url_query", "QUERY", _queries, with_any("://"), RuleScope.TEXT | RuleScope.NAME | RuleScope.CODE),
    MaskingRule("url_parameter", "QUERY", _telling_parameters, with_any("://"), RuleScope.LINK),
)
EMAIL_RULES = (
    MaskingRule("email", "EMAIL", _emails, with_any("@"), EVERYWHERE),
    MaskingRule(
        "spelled_email",
        "EMAIL",
        passages(_SPELLED_EMAIL),
        with_any("(at", "[at", "{at", "( at", "[ at", "(@", "[@", "(a)", "[a]"),
        RuleScope.TEXT,
    ),
)
MACHINE_RULES = (
    MaskingRule("mac", "MAC", passages(_MAC, _is_machine), _with_colons),
    MaskingRule("ipv6", "IP", _ipv6, with_any(":")),
    MaskingRule("ipv4", "IP", _ipv4, with_digit),
)
