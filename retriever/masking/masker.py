"""Masking: the rules in their order, each over what the ones before it left; then numbers for what was found.

The order is precision first: what has check digits or a form of its own comes before what needs a cue, and names come
last. A passage once taken is one sign to the rules after it. When something was found the rules run again over the
result, since a passage taken may uncover another. They stop when nothing is new: masking a masked text changes nothing.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from index.turns import in_turns
from retriever.masking import (
    commands,
    companies,
    consoles,
    credentials,
    identifiers,
    network,
    papers,
    people,
    phones,
    places,
    roles,
    titled,
    told,
)
from retriever.masking.echoes import echo_rule
from retriever.masking.folding import MARK, Folded, fold
from retriever.masking.known import known_rules
from retriever.masking.placeholders import PLACEHOLDER
from retriever.masking.rules import MaskingRule, RuleScope, TextPassage
from retriever.masking.spans import NOBODY, Claim, KnownEntities, Masked, MaskedSpan, joined

STRUCTURED: tuple[MaskingRule, ...] = (
    *credentials.SHAPE_RULES,
    *consoles.RULES,
    *commands.RULES,
    *credentials.RULES,
    *told.RULES,
    *network.URL_RULES,
    *network.EMAIL_RULES,
    *identifiers.FIRST_RULES,
    *papers.RULES,
    *identifiers.RULES,
    *phones.RULES,
    *network.MACHINE_RULES,
    *identifiers.LATER_RULES,
)
"""Rules whose precision and recall are promised and measured, in their order."""
BEST_EFFORT: tuple[MaskingRule, ...] = (*companies.RULES, *people.RULES, *titled.RULES, *roles.RULES, *places.RULES)
"""Names of companies and people, and addresses: no check digits decide."""

ScopedText: TypeAlias = tuple[str, RuleScope]
"""A text, and which rules may look at it."""
_PASSES = 8  # two are usual; each takes more of the text, so they end
_DIGITS_AND_LETTERS = frozenset(("IBAN", "CARD", "NATIONAL_ID", "ACCOUNT", "TAX_ID", "PASSPORT", "PLATE", "MAC"))
_LONG_NUMBER = re.compile(r"(?<!\d)(?!\d{4}-\d{2}-\d{2})\d(?:[ ().\-/]{0,3}\d){6,}+")


class Numbering:
    """Gives every value of a case its placeholder: one value, one number, in order of appearance."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """Numbers that stand in these texts already are never given again."""
        self._last: dict[str, int] = {}
        self._known: dict[tuple[str, str], str] = {}
        self._same: dict[tuple[str, str], str] = {}
        for text in texts:
            for found in PLACEHOLDER.finditer(text) if "_" in text else ():
                kind, _, number = found[0][1:-1].rpartition("_")
                self._last[kind] = max(self._last.get(kind, 0), int(number))

    def placeholder(self, kind: str, value: str) -> str:
        """The placeholder of a value, such as `[EMAIL_1]`."""
        if (kind, value) not in self._known:
            wanted, noted = _identities(kind, value)
            same = next((self._same[kind, name] for name in wanted if (kind, name) in self._same), None)
            if same is None:
                self._last[kind] = self._last.get(kind, 0) + 1
                same = f"[{kind}_{self._last[kind]}]"
            for name in noted:
                self._same.setdefault((kind, name), same)
            self._known[kind, value] = same
        return self._known[kind, value]


def mask_text(text: str, known: KnownEntities = NOBODY) -> Masked:
    """The text without personal values, and what was taken where. `known` names whom the text is about.

    Deterministic and idempotent; linear in the length of the text, whatever it holds.
    """
    return mask_fields(((text, RuleScope.TEXT),), known)[0]


def mask_mention(value: str) -> str:
    """A value as a message may name it: masked, long numbers too, since no word around tells what they are."""
    return _LONG_NUMBER.sub("[NUMBER]", mask_text(value).text)


def mask_fields(fields: Sequence[ScopedText], known: KnownEntities = NOBODY) -> tuple[Masked, ...]:
    """`mask_text` for the fields of one case, which share their numbers; a name found in one goes from all texts."""
    numbering = Numbering(text for text, _ in fields)
    masked = []
    for (text, _), claims in zip(fields, _find_all(fields, known), strict=True):
        spans = tuple(
            MaskedSpan(claim.rule, numbering.placeholder(claim.kind, claim.value), claim.start, claim.end)
            for claim in claims
        )
        masked.append(Masked(joined(text, spans), spans) if spans else Masked(text))
    return tuple(masked)


def _find_all(fields: Sequence[ScopedText], known: KnownEntities) -> list[Sequence[Claim]]:
    found = [find_claims(text, known, scope) if text else () for text, scope in fields]
    # Names of the record and of the operator's list are found wherever they stand, and as a whole only.
    asked = {rule.name for rule in known_rules(known)}
    names = {c.value for claims in found for c in claims if c.kind == "PERSON" and c.rule not in asked}
    echoes = echo_rule(names, [text for text, scope in fields if scope is RuleScope.TEXT]) if names else None
    if echoes is None:
        return found
    return [
        find_claims(text, known, scope, (echoes,))
        if scope in echoes.scope and _is_left(echoes, text, claims)
        else claims
        for (text, scope), claims in zip(fields, found, strict=True)
    ]


def _is_left(rule: MaskingRule, text: str, claims: Sequence[Claim]) -> bool:
    """Does the rule find anything outside of what is taken already?"""
    rest = joined(text, tuple(MaskedSpan(claim.rule, MARK, claim.start, claim.end) for claim in claims))
    return any(True for _ in rule.find(fold(rest)))


def find_claims(
    text: str, known: KnownEntities, scope: RuleScope, last: tuple[MaskingRule, ...] = ()
) -> Sequence[Claim]:
    """What the rules of a scope take, `last` behind all others, in order of offset; nothing overlaps."""
    folded = fold(text)
    taken: dict[int, Claim] = {}
    rules = (*STRUCTURED, *known_rules(known), *BEST_EFFORT, *last)
    for _ in range(_PASSES):
        before = folded
        for rule in in_turns(rules):
            if scope in rule.scope and rule.may_match(folded):
                folded = _apply(rule, folded, taken, text)
        if folded is before:
            break
    return [taken[start] for start in sorted(taken)]


def _apply(rule: MaskingRule, folded: Folded, taken: dict[int, Claim], original: str) -> Folded:
    """Take what the rule finds; a passage that holds earlier ones takes these too, and is told apart by them."""
    passages = _apart(in_turns(rule.find(folded)), folded.text)
    for start, end in passages:
        value = folded.text[start:end]
        first, last = folded.start_of(start), folded.end_of(end - 1)
        if MARK in value:
            for place in [place for place in range(start, end) if folded.text[place] == MARK]:
                taken.pop(folded.start_of(place), None)
            value = original[first:last]
        taken[first] = Claim(rule.name, rule.kind, first, last, value)
    return folded.marked(passages)


def _apart(passages: Iterable[TextPassage], text: str) -> list[TextPassage]:
    """Passages in order and without overlaps (the earlier, then the longer one wins), none empty or masked already."""
    kept: list[TextPassage] = []
    for start, end in sorted(passages, key=lambda passage: (passage[0], -passage[1])):
        if (not kept or start >= kept[-1][1]) and text[start:end].strip(MARK):
            kept.append((start, end))
    return kept


def _identities(kind: str, value: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """By which names a value is looked up, the surest first, and by which it is noted: what its spellings share."""
    if kind == "PHONE":
        country, number = phones.country_and_number(value)
        # A number in national form is that of any country; numbers of two countries are never one.
        return (
            ((f"{country} {number}", f" {number}"), (f"{country} {number}", f"any {number}"))
            if country
            else ((f" {number}", f"any {number}"), (f" {number}",))
        )
    if kind in _DIGITS_AND_LETTERS:
        name = "".join(sign for sign in value.upper() if sign.isalnum())
    else:
        name = value if kind in ("SECRET", "QUERY") else " ".join(value.lower().split())
    return (name,), (name,)
