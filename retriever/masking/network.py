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
from retriever.masking.wordlists import any_of, words

_URL = re.compile(r"(?<![A-Za-z0-9+.])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s<>\"'`’”，。；、！？）】」』》\u3000]++")
_URL_TRAILING = re.compile(r"[.,;:!?)\]}*|-]+$")
_AUTHORITY_END = re.compile(r"[/?#]")
_TELLING_PARAMETER = re.compile(
    r"(?<=[?&;#])[^=&#]{0,40}?(?:token|key|secret|sig|signature|auth|passw?o?r?d?|pwd|code|session|sid|email|mail|phone|"
    r"mobile|user|name)[^=&#]{0,20}=([^&#]++)",
    re.IGNORECASE,
)
# A password with `/`, `?` or `#` in it; behind the colon of a host only digits stand.
_ODD_PASSWORD = re.compile(
    r"[^\s:@/?#]{0,128}:(?!\d{1,5}(?:[/?#]|$))[^\s@]{1,200}+@(?=[A-Za-z0-9.-]{1,253}(?::\d{1,5})?(?:[/?,]|$))"
)
_SEGMENT = re.compile(r"[^/;=]+")
# The name of a section: words, numbers and the signs between them; a parameter or a person is none.
_SECTION = re.compile(r"[\w.,:!/~%+()'*-]*")
_SECTION_PARTS = re.compile(r"[-_.,:!/~+()'*]+|%[0-9A-Fa-f]{2}")
_NUMBERED = re.compile(
    r"(?:issue|issuecomment|discussion|discussion_r|discussioncomment|comment|note|post|msg|message|answer|page|c|p|n)?"
    r"-?\d{1,12}",
    re.IGNORECASE,
)
_LONG_PART, _LONG_NUMBER = 12, 7
# Words in a path that a secret follows: links to reset a password, confirm an address, sign in without one.
_SECRET_STEP = re.compile(
    rf"/(?:(?P<sure>{any_of('secret_steps')})|{any_of('secret_places')})(?:[/:=]|/(?:{any_of('secret_places')})[/:=])"
    r"(?P<token>[A-Za-z0-9._~%+=-]{6,2000}+)",
    re.IGNORECASE,
)
_SHORTEST_STEP = 6
_HUMPS = 2  # changes from a small letter to a capital in `resetMyPassword`
_VOWELS = frozenset("aeiouy")
_SPOKEN = frozenset(words("consonant_pairs"))
_NUMBERED_STEP = re.compile(r"v?\d+(?:\.\d+)+|[A-Za-z]+[-_]\d{1,3}")
_RELATIVE_QUERY = re.compile(
    r"(?<![\w./%~+:-])/[\w./%~+-]{0,300}\?(?P<query>[^\s<>\"'`，。；、！？）】」』》\u3000]{3,4000}+)"
)
_SECRET_PARAMETER = re.compile(
    r"(?<=[?&;])(?:[\w.-]{0,30}(?:token|secret|sig|signature|passw?o?r?d?|pwd|session|sessionid|sid|jwt|api_?key|access_?key|otp)"
    r"|code|auth|e?-?mail|phone|mobile|key|pin|assertion|saml(?:response|request))=(?P<value>[^&#]{3,})",
    re.IGNORECASE,
)

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
_GROUPS = ("01005e", "3333", "0180c2", "01000c")
_PUBLIC_SERVERS = frozenset(words("public_servers"))
# Networks that name no machine outside: private, loopback, link-local, shared, multicast and reserved.
_KEPT_NETWORKS = re.compile(
    r"(?:0|10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])|2(?:2[4-9]|[3-5]\d))\."
)
_VERSION = Cue(words("version"), between=(" to", " from", " is", "为", "是"))
# What runs on desks and phones, and is nowhere in the net.
_APP = Cue(
    words("apps"), signs=" /(:", between=(" version", " v", " für", " for", " android", " ios", " web", " desktop")
)
_HIGHEST_MAJOR = 40
_IP_CUE = Cue(words("ip"))
_SMALL = 30  # four numbers up to here look like a version


def _logins(folded: Folded) -> Iterator[TextPassage]:
    """User name and password before the host, and path segments that look like tokens."""
    for start, url in _found_urls(folded):
        begin, end = _authority(url)
        at = url.rfind("@", begin, end)
        if at < 0 and (whole := _ODD_PASSWORD.match(url, begin)):
            at = whole.end() - 1
            end = at
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
    """The name of a section in any script: no parameter, no address, no long number, nothing like a token."""
    if not _SECTION.fullmatch(fragment):
        return False
    if _NUMBERED.fullmatch(fragment):
        return len(fragment) < _LONG_NUMBER or not fragment[0].isdigit()
    return not any(map(_is_opaque, _SECTION_PARTS.split(fragment)))


def _is_opaque(part: str) -> bool:
    """A long number, or letters and digits mixed as no word has them."""
    if part.isdigit():
        return len(part) >= _LONG_NUMBER
    has_digits = sum(sign.isdigit() for sign in part)
    return len(part) >= _LONG_PART and has_digits >= 2 and part.isascii()


def _secret_steps(folded: Folded) -> Iterator[TextPassage]:
    """The token in `/reset/<token>`, with or without a host before it."""
    for found in _SECRET_STEP.finditer(folded.text):
        token = _URL_TRAILING.sub("", found["token"])
        if _is_step_token(token, sure=found["sure"] is not None):
            yield found.start("token"), found.start("token") + len(token)


def _is_step_token(token: str, *, sure: bool) -> bool:
    """Long and with digits; behind `reset` and the like a short one, too, that is no version or numbered word."""
    digits = sum(sign.isdigit() for sign in token)
    if len(token) >= 16:
        return digits >= 2 or looks_like_token(token)
    letters = sum(sign.isalpha() for sign in token)
    if sure and not digits:
        return _is_unspeakable(token)
    return sure and digits >= 2 and (letters >= 2 or digits >= 6) and not _NUMBERED_STEP.fullmatch(token)


def _is_unspeakable(token: str) -> bool:
    """Six letters or more that hold two pairs of consonants as no word has them, or capitals strewn in."""
    if len(token) < _SHORTEST_STEP or not (token.isascii() and token.isalpha()):
        return False
    if len(re.findall("[a-z](?=[A-Z])", token)) > _HUMPS:
        return True
    pairs = [token.lower()[place : place + 2] for place in range(len(token) - 1)]
    return sum(not set(pair) & _VOWELS and pair not in _SPOKEN for pair in pairs) >= 2


def _relative_queries(folded: Folded) -> Iterator[TextPassage]:
    """Values of telling parameters behind a path alone: `GET /login?token=…`."""
    for found in _RELATIVE_QUERY.finditer(folded.text):
        begin = found.start("query") - 1
        for parameter in _SECRET_PARAMETER.finditer(folded.text, begin, found.end()):
            yield parameter.span("value")


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
        if int(found[0].partition(".")[0]) <= _HIGHEST_MAJOR and _APP.before(folded, found.start()):
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
    """Neither a blank nor an address for groups: of IPv4, IPv6, bridges, Cisco's own."""
    signs = re.sub("[:.-]", "", mac).lower()
    return signs not in _NO_MACHINE and not signs.startswith(_GROUPS)


def _with_colons(folded: Folded) -> bool:
    return ":" in folded.text or ("-" in folded.text and folded.has_digit) or "." in folded.text


URL_RULES = (
    MaskingRule("url_login", "SECRET", _logins, with_any("://"), EVERYWHERE),
    MaskingRule("url_query", "QUERY", _queries, with_any("://"), RuleScope.TEXT | RuleScope.NAME | RuleScope.CODE),
    MaskingRule("url_parameter", "QUERY", _telling_parameters, with_any("://"), RuleScope.LINK),
    MaskingRule("path_token", "SECRET", _secret_steps, with_any("/"), EVERYWHERE),
    MaskingRule("path_query", "QUERY", _relative_queries, with_any("?"), RuleScope.TEXT),
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
