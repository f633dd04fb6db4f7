"""Masking: the rules in their order, each over what the ones before it left; then numbers for what was found.

The order is precision first: what has check digits or a form of its own comes before what needs a cue, and names come
last. A passage once taken is one sign to the rules after it. When something was found the rules run again over the
result, since a passage taken may uncover another. They stop when nothing is new: masking a masked text changes nothing.
"""

import re
from collections.abc import Iterable, Sequence

from retriever.masking import (
    commands,
    companies,
    credentials,
    identifiers,
    network,
    papers,
    people,
    phones,
    places,
    roles,
    titled,
)
from retriever.masking.folding import MARK, Folded, fold
from retriever.masking.known import known_rules
from retriever.masking.placeholders import PLACEHOLDER
from retriever.masking.rules import MaskingRule, RuleScope, TextPassage
from retriever.masking.spans import NOBODY, Claim, KnownEntities, Masked, MaskedSpan, joined

STRUCTURED: tuple[MaskingRule, ...] = (
    *credentials.SHAPE_RULES,
    *commands.RULES,
    *credentials.RULES,
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

_PASSES = 8  # two are usual; each takes more of the text, so they end
_LONG_NUMBER = re.compile(r"(?<!\d)(?!\d{4}-\d{2}-\d{2})\d(?:[ ().\-/]{0,3}\d){6,}+")
_SAME_PHONE = 9  # last digits that make two spellings one number


class Numbering:
    """Gives every value of a case its placeholder: one value, one number, in order of appearance."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """Numbers that stand in these texts already are never given again."""
        self._last: dict[str, int] = {}
        self._known: dict[tuple[str, str], str] = {}
        for text in texts:
            for found in PLACEHOLDER.finditer(text) if "_" in text else ():
                kind, _, number = found[0][1:-1].rpartition("_")
                self._last[kind] = max(self._last.get(kind, 0), int(number))

    def placeholder(self, kind: str, value: str) -> str:
        """The placeholder of a value, such as `[EMAIL_1]`."""
        identity = kind, _canonical(kind, value)
        if identity not in self._known:
            self._last[kind] = self._last.get(kind, 0) + 1
            self._known[identity] = f"[{kind}_{self._last[kind]}]"
        return self._known[identity]


def mask_text(text: str, known: KnownEntities = NOBODY) -> Masked:
    """The text without personal values, and what was taken where. `known` names whom the text is about.

    Deterministic and idempotent; linear in the length of the text, whatever it holds.
    """
    return mask_field(text, known, RuleScope.TEXT, Numbering((text,)))


def mask_mention(value: str) -> str:
    """A value as a message may name it: masked, long numbers too, since no word around tells what they are."""
    return _LONG_NUMBER.sub("[NUMBER]", mask_text(value).text)


def mask_field(text: str, known: KnownEntities, scope: RuleScope, numbering: Numbering) -> Masked:
    """`mask_text` for one field of several that share their numbers."""
    claims = find_claims(text, known, scope) if text else ()
    if not claims:
        return Masked(text)
    spans = tuple(
        MaskedSpan(claim.rule, numbering.placeholder(claim.kind, claim.value), claim.start, claim.end)
        for claim in claims
    )
    return Masked(joined(text, spans), spans)


def find_claims(text: str, known: KnownEntities, scope: RuleScope) -> Sequence[Claim]:
    """What the rules of a scope take, in order of offset; nothing overlaps."""
    folded = fold(text)
    taken: dict[int, Claim] = {}
    rules = (*STRUCTURED, *known_rules(known), *BEST_EFFORT)
    for _ in range(_PASSES):
        before = folded
        for rule in rules:
            if scope in rule.scope and rule.may_match(folded):
                folded = _apply(rule, folded, taken)
        if folded is before:
            break
    return [taken[start] for start in sorted(taken)]


def _apply(rule: MaskingRule, folded: Folded, taken: dict[int, Claim]) -> Folded:
    """Take what the rule finds; a passage that holds earlier ones takes these too."""
    passages = _apart(rule.find(folded), folded.text)
    for start, end in passages:
        value = folded.text[start:end]
        first, last = folded.start_of(start), folded.end_of(end - 1)
        if MARK in value:
            for place in [place for place in range(start, end) if folded.text[place] == MARK]:
                taken.pop(folded.start_of(place), None)
        taken[first] = Claim(rule.name, rule.kind, first, last, value)
    return folded.marked(passages)


def _apart(passages: Iterable[TextPassage], text: str) -> list[TextPassage]:
    """Passages in order and without overlaps (the earlier, then the longer one wins), none empty or masked already."""
    kept: list[TextPassage] = []
    for start, end in sorted(passages, key=lambda passage: (passage[0], -passage[1])):
        if (not kept or start >= kept[-1][1]) and text[start:end].strip(MARK):
            kept.append((start, end))
    return kept


def _canonical(kind: str, value: str) -> str:
    """What two spellings of one value share."""
    if kind == "PHONE":
        return phones.spoken_digits(value)[-_SAME_PHONE:]
    if kind in ("IBAN", "CARD", "NATIONAL_ID", "ACCOUNT"):
        return "".join(sign for sign in value.upper() if sign.isalnum())
    if kind == "SECRET":
        return value
    return " ".join(value.lower().split())
