"""Cases that somebody names: by their id, or as their help desk knows them (`DE-001` for `generic:DE-001`)."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain

from retriever.case.access import may_read
from retriever.domain import Actor, StoredCase
from retriever.errors import CaseNotFound
from retriever.search.stages import Cases

NAME_LIMIT = 200
"""Characters of the longest id."""
NAMES = 20
"""Most names of one question that are looked up."""
SENTENCE = 300
"""Characters of the longest question whose words are looked up: a log names hosts, not cases."""

_WHOLE = re.compile(r"#?([^\s#]+)")
# Letters and digits but those of scripts without spaces: `和FR-014类似` holds one word that may be an id.
_SIGN = "[^\\W_\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
_TOKEN = re.compile(f"{_SIGN}+(?:[:._/@+~#-]+{_SIGN}+)*")
_NUMBER = re.compile(
    r"(?:#|№|\b(?:case|ticket|incident|issue|fall|vorgang|caso|chamado|cas|dossier|zgłoszenie|случай|заявка|обращение)s?\b"
    r"|工单|工單|案例|案件|事例|チケット|케이스|티켓)[ :：#nº°.o]{0,4}([0-9]{1,18})(?![0-9A-Za-z]|[.:/-][0-9A-Za-z])",
    re.IGNORECASE,
)
_LETTERS_AND_DIGITS = re.compile(r"([A-Za-z]{1,20})[ _-]?0{0,8}([0-9]{1,12})")


def names_in(text: str) -> tuple[str, ...]:
    """What of a question may be the id of a case: the whole of it, or a word with letters and digits, or `case 88`."""
    text = text.strip()
    if len(text) > SENTENCE:
        return ()
    whole = (found[1] for found in (_WHOLE.fullmatch(text[: NAME_LIMIT + 1]),) if found)
    words = (found[0] for found in _TOKEN.finditer(text))
    named = (word for word in words if any(map(str.isdigit, word)) and (":" in word or any(map(str.isalpha, word))))
    numbers = (found[1] for found in _NUMBER.finditer(text))
    return tuple(dict.fromkeys(chain(whole, numbers, named)))[:NAMES]


def find_named_keys(cases: Cases, names: Iterable[str]) -> list[int]:
    """Keys of the cases with these names, whatever their case; growing."""
    return cases.find_keys([form for name in names for form in dict.fromkeys((name, name.upper(), name.lower()))])


def find_named(cases: Cases, name: str, actor: Actor) -> StoredCase:
    """The one case with this name that the actor may see.

    Raises CaseNotFound, which says what may have been meant.
    """
    exact = _visible(cases, cases.find_keys([name]), actor)
    found = exact or _visible(cases, find_named_keys(cases, [name]), actor)
    if len(found) == 1:
        return found[0]
    near = found or _visible(cases, find_named_keys(cases, _other_spellings(name)), actor)
    meant = ", ".join(stored.case.id for stored in near[:5])
    raise CaseNotFound(f"there is no case {name}" + (f"; did you mean {meant}?" if meant else "."))


def _visible(cases: Cases, keys: Sequence[int], actor: Actor) -> list[StoredCase]:
    return [stored for stored in cases.get_many(keys).values() if may_read(actor, stored.case)]


def _other_spellings(name: str) -> list[str]:
    """`DE1`, `de-1` and `DE 001` as each other: the hyphen and leading zeros are what people leave out."""
    system, colon, own = name.strip().lstrip("#").rpartition(":")
    match = _LETTERS_AND_DIGITS.fullmatch(own)
    if match is None:
        return [own] if colon else []
    letters, digits = match.groups()
    forms = (f"{letters}{joint}{digits:0>{width}}" for joint in ("-", "", "_") for width in range(len(digits), 9))
    return list(chain.from_iterable((f"{system}:{form}", form) if system else (form,) for form in forms))
