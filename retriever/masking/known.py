"""Who the ticket is about: names, companies and numbers of its own record, wherever the text mentions them."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from index.text.normal import normalise
from retriever.masking.folding import Folded, fold
from retriever.masking.rules import MaskingRule, RuleScope, TextPassage, digits_of
from retriever.masking.spans import KnownEntities
from retriever.masking.wordlists import plain

_HAN = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
_MOST = 200  # entities of one kind that are looked for; a record names a handful
_SHORTEST_COMPANY = 3
_SHORTEST_PHONE = 7


@lru_cache(maxsize=256)
def known_rules(known: KnownEntities) -> tuple[MaskingRule, ...]:
    """Rules for what the record says; none for a record that says nothing."""
    wanted = (
        ("known_email", "EMAIL", _mails(known.emails), RuleScope.TEXT | RuleScope.NAME | RuleScope.LINK),
        ("known_phone", "PHONE", _numbers(known.phones), RuleScope.TEXT | RuleScope.NAME),
        ("known_name", "PERSON", _names(known.names), RuleScope.TEXT | RuleScope.NAME),
        ("known_company", "COMPANY", _companies(known.companies), RuleScope.TEXT | RuleScope.NAME),
    )
    own = (_rule(name, kind, patterns, scope) for name, kind, patterns, scope in wanted if patterns)
    return (*own, *known.listed)


def _rule(name: str, kind: str, spellings: tuple[str, ...], scope: RuleScope) -> MaskingRule:
    # Longer spellings first, so that `Anna Maria Berg` is not cut to `Anna Maria`.
    pattern = re.compile("|".join(sorted(set(spellings), key=len, reverse=True)))

    def find(folded: Folded) -> Iterator[TextPassage]:
        for found in pattern.finditer(plain(folded.lower)):
            yield found.span()

    return MaskingRule(name, kind, find, lambda _: True, scope)


def _spelled(value: str) -> str:
    return plain(fold(normalise("NFC", value)).lower).strip()


def _bounded(pattern: str) -> str:
    return rf"(?<![a-z0-9_]){pattern}(?![a-z0-9_])"


def _names(names: Iterable[str]) -> tuple[str, ...]:
    found: list[str] = []
    for name in list(names)[:_MOST]:
        spelled = _spelled(name)
        words = [word for word in re.split(r"[\s,]+", spelled) if word]
        if _HAN.search(spelled):
            signs = spelled.replace(" ", "")
            if len(signs) >= 2:
                found.append(r" ?".join(map(re.escape, signs)))
        elif len(words) >= 2:
            found += _orders([re.escape(word) for word in words])
    return tuple(found)


def _orders(words: list[str]) -> Iterator[str]:
    """`anna berg`, `berg, anna`, `a. berg`, `anna_berg`, `van dyk, anna`; middle names may be missing."""
    between = r"(?:\s{1,3}|[._-])"
    yield _bounded(between.join(words))
    first, last = words[0], words[-1]
    middle = between.join(words[1:-1])
    yield _bounded(f"{last},? {first}" + (f"(?:{between}{middle})?" if middle else ""))
    if middle:
        yield _bounded(f"{middle}{between}{last},? {first}")
    yield _bounded(f"{first}{between}{last}")
    yield _bounded(rf"{first[0]}\. ?{last}") if first[0].isalpha() else _bounded(f"{first} {last}")


def _companies(companies: Iterable[str]) -> tuple[str, ...]:
    spelled = (_spelled(company) for company in list(companies)[:_MOST])
    return tuple(
        _bounded(r"\s{1,3}".join(map(re.escape, company.split())))
        for company in spelled
        if len(company) >= _SHORTEST_COMPANY
    )


def _mails(emails: Iterable[str]) -> tuple[str, ...]:
    return tuple(_bounded(re.escape(mail)) for mail in map(_spelled, list(emails)[:_MOST]) if "@" in mail)


def _numbers(phones: Iterable[str]) -> tuple[str, ...]:
    found = []
    for phone in list(phones)[:_MOST]:
        digits = digits_of(_spelled(phone)).lstrip("0")
        if len(digits) >= _SHORTEST_PHONE:
            # With or without its country: the last ten digits are nobody else's within one ticket.
            local = digits[-10:] if len(digits) > 10 else digits
            separated = r"[ ().\-/]{0,3}".join(local)
            found.append(rf"(?<![0-9])(?:\+?[0-9]{{0,4}}[ ().\-/]{{0,3}})?\(?{separated}(?![0-9])")
    return tuple(found)
