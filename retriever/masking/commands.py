"""Secrets where machines read them: in markup, command lines, headers of HTTP and cookies."""

import re
from collections.abc import Iterator

from retriever.masking.credentials import QUOTABLE, STANDS_FOR, TRAILING, cut_value, is_secret
from retriever.masking.folding import Folded
from retriever.masking.rules import MaskingRule, RuleScope, TextPassage, with_any
from retriever.masking.wordlists import any_of, words

# <password>…</password>, <add key="Password" value="…"/>, <entry name="pw">…</entry>
_MARKUP = re.compile(
    rf"(?<![a-z])(?:[a-z]{{1,20}}[:._-])?(?:{any_of('secret')})[\"']?"
    r"(?: [a-z:_-]{1,30}=[\"'][^\"'<>]{0,80}[\"']){0,4}"
    r"(?: value=[\"'](?P<value>[^\"'<>\n]{1,400})[\"']| ?>(?:<!\[cdata\[)?(?P<inner>[^<>\n]{1,400})(?:\]\]>)?</)"
)
# Options of commands: `--password X`, and one letter after the programs that read a password from it.
_OPTION = re.compile(
    rf"(?<![\w-])--?(?:[a-z]{{1,20}}[-_.])?(?:{any_of('secret_options')})"
    rf"(?:[ =]|[ =]?(?=[\"'])){QUOTABLE}"
)
_PROGRAM = re.compile(rf"(?<![\w./-])(?:{any_of('password_programs')})(?:\.exe)?(?= )(?P<rest>[^\n|;]{{1,300}})")
_SHORT_OPTION = re.compile(
    r"(?<= )-(?:p(?![a-z]{3,}(?:[ =]|$))|P|a|w)[ =]?[\"']?"
    r"(?P<value>(?<=')[^'\n]{3,200}(?=')|(?<=\")[^\"\n]{3,200}(?=\")|[!#-&(-~]{3,200}+)"
)
_LOGIN_OPTION = re.compile(
    r"(?<= )(?:-u|--user|-U|--proxy-user)[ =]?[\"']?[^\s\"':%]{1,100}[:%](?P<value>[^\s\"']{2,200}+)"
)
_ORACLE = re.compile(
    r"(?:(?:sqlplus|rman|expdp|impdp|exp|imp|sqlldr)(?: -[a-z]{1,8}){0,3} |jdbc:oracle:[a-z0-9]{1,8}:)"
    r"(?P<value>[\w$#.]{1,60}/[^\s@/\"']{2,100}+)(?=@)"
)
_COOKIE = re.compile(r"(?<![\w-])(?P<set>set-)?cookie2?[\"']?: ?[\"']?(?P<value>[^\n\"']{3,4000}+)")
_COOKIE_PAIR = re.compile(r"(?P<name>[^=;\s]{1,80})=(?P<value>[^;\s]{2,4000}+)")
_COOKIE_SETTINGS = frozenset(("path", "domain", "expires", "max-age", "samesite", "priority", "version", "comment"))
_COOKIE_NAME = re.compile(
    rf"(?<![\w.-])(?:{any_of('cookie_names')})[\"']?\s?[=:]\s?[\"']?"
    r"(?P<value>[a-z0-9._~%+/=|:-]{6,2000}+)"
)
_SECRET_HEADER = re.compile(rf"(?<![\w-])(?:{any_of('secret_headers')})[\"']?: ?[\"']?(?P<value>[!-~]{{6,2000}}+)")
_LONGEST_PORT = 5
_ATTACHED = ("mysql", "mariadb")  # what follows `-p ` there is a database


def _markup(folded: Folded) -> Iterator[TextPassage]:
    for found in _MARKUP.finditer(folded.lower):
        group = "value" if found["value"] else "inner"
        start, end = found.span(group)
        if is_secret(folded.text[start:end].strip(), sure=True):
            yield start, end


def _options(folded: Folded) -> Iterator[TextPassage]:
    """Passwords on a command line."""
    for found in _OPTION.finditer(folded.lower):
        value = cut_value(folded, found)
        if is_secret(value, sure=True) and not value.startswith("-"):
            yield found.start("value"), found.start("value") + len(value)
    for program in _PROGRAM.finditer(folded.lower):
        for pattern in (_SHORT_OPTION, _LOGIN_OPTION):
            for found in pattern.finditer(folded.text, *program.span("rest")):
                value = TRAILING.sub("", found["value"])
                apart = found[0][2:3] in " =" and program[0].startswith(_ATTACHED)
                if _is_given(value) and not apart:
                    yield found.start("value"), found.start("value") + len(value)
    for found in _ORACLE.finditer(folded.lower):
        yield found.span("value")


def _is_given(value: str) -> bool:
    """Is it neither the next option, nor a port, nor a variable?"""
    is_port = value.isdigit() and len(value) <= _LONGEST_PORT
    return not value.startswith("-") and not is_port and not STANDS_FOR.fullmatch(value)


def _cookies(folded: Folded) -> Iterator[TextPassage]:
    """Values of cookies: all of a request's header, the first of an answer's, and those that keep a session."""
    for found in _COOKIE.finditer(folded.lower):
        for pair in _COOKIE_PAIR.finditer(folded.text, *found.span("value")):
            if pair["name"].lower() in _COOKIE_SETTINGS:
                continue
            yield pair.span("value")
            if found["set"]:
                break
    for found in _COOKIE_NAME.finditer(folded.lower):
        start, end = found.span("value")
        if any(sign.isdigit() for sign in folded.text[start:end]) or end - start >= 16:
            yield start, end


def _headers(folded: Folded) -> Iterator[TextPassage]:
    for found in _SECRET_HEADER.finditer(folded.lower):
        start, end = found.span("value")
        value = TRAILING.sub("", folded.text[start:end])
        if is_secret(value, sure=True):
            yield start, start + len(value)


RULES = (
    MaskingRule("secret_header", "SECRET", _headers, with_any(*words("secret_headers")), RuleScope.TEXT),
    MaskingRule("cookie", "SECRET", _cookies, with_any("cookie", *words("cookie_names")), RuleScope.TEXT),
    MaskingRule("markup_secret", "SECRET", _markup, with_any("<"), RuleScope.TEXT),
    MaskingRule("option_secret", "SECRET", _options, with_any("-", "/"), RuleScope.TEXT),
)
