"""Lines that a help desk writes by itself, under the name of an agent too: merges, receipts, answering machines.

Only whole texts are judged, and only their beginning: a reply that says more than that is an answer.
"""

import re

from index.text.normal import normalise
from retriever.ingest.words import any_of

_LOOKED_AT = 600
"""Characters from the beginning that are looked at; subjects that a notice repeats are no longer."""
_SHORT = 200

_TICKET, _MERGED = any_of("ticket"), any_of("merged")
_SAME = r"[^.!?。！？\n]"
"""A sign of the same sentence."""
_SUBJECT = re.compile(
    rf"\W{{0,3}}(?:(?:\w{{1,8}}['’]?\s){{0,2}}{_TICKET}|#\d|[この此本该該이]{{1,2}}\s?{_TICKET}|تم إغلاق {_TICKET})"
)
_AFTER_SUBJECT = 6
# Small words may stand between "merged into" and the ticket, a comma may not.
_INTO = re.compile(
    rf"{_MERGED}\s?(?:#\s?\d|(?:\w{{1,10}}['’]?\s?){{0,3}}?{_TICKET})"
    rf"|(?:mit|in|zu) (?:\w{{1,8}} )?{_TICKET}.{{0,120}}zusammenge(?:führt|legt)"
    rf"|{_TICKET}.{{0,120}}{any_of('merged_at_the_end')}"
)
_SHORT_MERGE = re.compile(
    rf"(?:\w{{0,10}} )?(?:{_MERGED}|merge\b){_SAME}{{0,150}}(?:{_TICKET}|#){_SAME}{{0,60}}[.!。]?"
)
_NAMED = rf"(?:{_TICKET}{_SAME}{{0,10}}|#|№ ?|\b[a-z]{{2,10}}-?)\d{_SAME}{{0,60}}"
"""A ticket's number: a number alone is that of an invoice or an account."""
_DUPLICATE = re.compile(
    rf"(?:{any_of('closing')}(?: \w{{1,8}}['’]?){{0,3}} )?(?:is )?(?:an? |the |ein |une? |uma? )?(?:exact |possible )?"
    rf"{any_of('duplicate')}(?![a-zа-я]){_SAME}{{0,40}}?{_NAMED}[.!。]?"
    r"|[与與]?.{0,10}#\d{1,12} ?(?:重复|重複|중복)[.。]?"
)
_AUTOMATIC = re.compile(rf"\W{{0,3}}{any_of('automatic')}")
_RECEIVED, _PROMISED = re.compile(any_of("received")), re.compile(any_of("promised"))
_GONE_QUIET = re.compile(
    rf"\W{{0,3}}(?:(?:this|your) {_TICKET} (?:\w{{1,13}} ){{1,4}}?(?:closed|marked|resolved|solved|locked|stale)"
    rf"|we(?:'re| are| have)? (?:automatically )?(?:closed?|closing))\b.{{0,80}}{any_of('quiet')}"
)


def is_notice(answer: str) -> bool:
    """Does the text tell of a merge, a duplicate, a receipt or an absence, and nothing that would solve a ticket?"""
    head = " ".join(normalise("NFKC", answer[: 2 * _LOOKED_AT]).casefold().split())[:_LOOKED_AT]
    if _SUBJECT.match(head) and _INTO.search(head, _AFTER_SUBJECT) and any(map(str.isdigit, head)):
        return True
    if len(head) <= _SHORT and (_SHORT_MERGE.fullmatch(head) or _DUPLICATE.fullmatch(head)):
        return True
    if _AUTOMATIC.match(head):
        return True
    if len(answer) >= _LOOKED_AT:
        return False
    return bool((_RECEIVED.search(head[:_SHORT]) and _PROMISED.search(head)) or _GONE_QUIET.match(head))
