"""A case as a plain mapping (JSON, a spreadsheet row) and back; everything from outside is checked here, once.

The mapping has the field names of `Case`, with `source` and `outcome` as objects (or, for tables, with dotted names
such as `source.system`). Empty means absent, null or blank. Also understood: `background: {environment, industry}`, a
text for `source` (its system) or `outcome` (its summary), numbers and truth values written as text. Fields that the
store itself gives a case (`version`, `reuse` …) are ignored, so that an export can be read back. Any other field is
refused, since a misspelt name would lose its text silently.
"""

import difflib
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, TypeAlias

import orjson

from retriever.case.dates import normalise_date
from retriever.case.fields import LISTS, OUTCOME_FIELDS, SOURCE_FIELDS
from retriever.case.language_tags import normalise_language
from retriever.case.mentions import shown, shown_name
from retriever.case.tidy import tidy_line, tidy_text
from retriever.domain import ALL_GROUPS, Case, Outcome, Source, Status
from retriever.errors import InvalidCase

IGNORED = frozenset(("version", "reuse", "key", "revision", "created_at", "updated_at", "content_hash"))
"""What the store says about a case; never taken from outside."""

ID_LIMIT = 200
TITLE_LIMIT = 500
TEXT_LIMIT = 32_000
STEP_LIMIT = 4_000
NAME_LIMIT = 200
PATH_LIMIT = 500
URL_LIMIT = 2_000
LIST_LIMIT = 100

_EMPTY: tuple[object, ...] = (None, "", (), [])
# An id stands in web addresses and on command lines: no slash, no space, and no leading dot or dash.
_ID = re.compile(r"\w[\w.:@+~-]*")
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

Row: TypeAlias = Mapping[str, Any]
_Check: TypeAlias = Callable[[str, Any], Any]


def case_from_dict(row: Row, *, defaults: Row | None = None) -> Case:
    """The case that a mapping describes, tidied. `defaults` fills fields that are empty; same shape as `row`.

    Without an `id` the case is named after its source, `system:external_id`. Raises InvalidCase for the first field
    that is unknown, missing or malformed.
    """
    if not isinstance(row, Mapping):
        raise InvalidCase("case", f"expected an object with the fields of a case, got {shown(row)}")
    given = _checked(defaults or {}) | _checked(row)
    _name_after_source(given)
    for name in ("id", "problem", "solution"):
        if name not in given:
            raise InvalidCase(name, "is missing; every case needs an id, a problem and a solution")
    source = Source(**_taken(given, "source."))
    outcome = Outcome(**_taken(given, "outcome."))
    return Case(source=source, outcome=outcome, **given)


def case_to_dict(case: Case) -> dict[str, Any]:
    """All fields of a case as JSON types; `case_from_dict` gives the same case back."""
    plain = asdict(case)
    plain["status"] = str(case.status)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}


def encode_case(case: Case) -> bytes:
    """The canonical JSON of a case in UTF-8: sorted keys, no empty fields. Equal cases have equal bytes.

    Empty fields are left out so that a field added to `Case` later leaves every hash, and so every version, as it is.
    """
    plain = {name: value for name in _NAMES if (value := getattr(case, name)) not in _EMPTY}
    plain["source"] = _without_empty(case.source, SOURCE_FIELDS)
    plain["outcome"] = _without_empty(case.outcome, OUTCOME_FIELDS)
    if "csat" in plain["outcome"]:
        plain["outcome"]["csat"] = float(plain["outcome"]["csat"])
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)


def decode_case(document: bytes | str) -> Case:
    """The case in what `encode_case` wrote; nothing is checked again, so only for bytes of our own."""
    plain = orjson.loads(document)
    for name in LISTS & plain.keys():
        plain[name] = tuple(plain[name])
    plain["source"] = Source(**plain["source"])
    plain["outcome"] = Outcome(**plain["outcome"])
    plain["status"] = Status(plain["status"])
    return Case(**plain)


def content_hash(case: Case) -> str:
    """SHA-256 of the canonical JSON, 64 hex digits: equal exactly for equal cases."""
    return document_hash(encode_case(case))


def document_hash(document: bytes) -> str:
    """`content_hash` of a case that is encoded already."""
    return hashlib.sha256(document).hexdigest()


def _checked(row: Row) -> dict[str, Any]:
    """The fields that are not empty, tidied, nested ones as `source.system`."""
    given = {name: value for name, value in _flattened(row).items() if not _is_blank(value)}
    checked = {name: _FIELDS[name](name, value) for name, value in given.items()}
    return {name: value for name, value in checked.items() if value not in _EMPTY}


def _flattened(row: Row) -> dict[str, Any]:
    """Known fields by name, nested ones as `source.system`. Raises InvalidCase for an unknown one."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if name in IGNORED:
            continue
        if name in _NESTED:
            flat.update(_nested(name, value))
        elif name in _FIELDS:
            flat[name] = value
        else:
            raise _unknown(shown_name(name), [*_TOP_LEVEL, *_NESTED])
    background = {name: flat.pop(f"background.{name}", None) for name in ("environment", "industry")}
    return flat | {name: value for name, value in background.items() if value is not None and flat.get(name) in _EMPTY}


def _nested(name: str, value: object) -> dict[str, Any]:
    parts, plain_part = _NESTED[name]
    if _is_blank(value):
        return {}
    if isinstance(value, str) and plain_part:
        return {f"{name}.{plain_part}": value}
    if not isinstance(value, Mapping):
        raise InvalidCase(name, f"expected an object with {', '.join(parts)}, got {shown(value)}")
    for part in value:
        if part not in parts:
            raise _unknown(shown_name(part), parts, within=f"{name}.")
    return {f"{name}.{part}": content for part, content in value.items()}


def _is_blank(value: object) -> bool:
    return value in _EMPTY or (isinstance(value, str) and value.isspace())


def _without_empty(part: Source | Outcome, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(part, name)) not in _EMPTY}


def _taken(fields: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The fields below a prefix, removed from `fields`, without the prefix."""
    names = [name for name in fields if name.startswith(prefix)]
    return {name.removeprefix(prefix): fields.pop(name) for name in names}


def _name_after_source(given: dict[str, Any]) -> None:
    if "id" not in given and given.get("source.external_id"):
        name = f"{given.get('source.system', Source().system)}:{given['source.external_id']}"
        given["id"] = _id("id", name)


def _unknown(name: str, known: Sequence[str], *, within: str = "") -> InvalidCase:
    close = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"the fields are {', '.join(sorted(known))}"
    return InvalidCase(within + name, f"is no field of a case; {hint}")


def _text(limit: int, *, lines: bool = False) -> _Check:
    def check(name: str, value: object) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            # A spreadsheet gives numbers for codes and product names, and 12.0 for 12.
            value = str(int(value) if isinstance(value, float) and value.is_integer() else value)
        if not isinstance(value, str):
            raise InvalidCase(name, f"expected text, got {shown(value)}")
        text = tidy_text(value) if lines else tidy_line(value)
        if len(text) > limit:
            raise InvalidCase(name, f"has {len(text):,} characters, at most {limit:,} are allowed; shorten it")
        return text

    return check


def _texts(limit: int, *, lines: bool = False) -> _Check:
    one = _text(limit, lines=lines)

    def check(name: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list | tuple):
            raise InvalidCase(name, f"expected a list of texts, got {shown(value)}")
        texts = [one(f"{name}[{place}]", item) for place, item in enumerate(value) if item is not None]
        # Steps may repeat ("Restart the printer."), names may not.
        kept = [text for text in (texts if lines else dict.fromkeys(texts)) if text]
        if len(kept) > LIST_LIMIT:
            raise InvalidCase(name, f"has {len(kept):,} entries, at most {LIST_LIMIT} are allowed")
        return tuple(kept)

    return check


def _groups(name: str, value: object) -> tuple[str, ...]:
    groups: tuple[str, ...] = tuple(_texts(NAME_LIMIT)(name, value))
    if ALL_GROUPS in groups:
        raise InvalidCase(name, f"{ALL_GROUPS} is no group; leave the audience empty for a case that everybody may see")
    return groups


def _id(name: str, value: object) -> str:
    text = str(_text(ID_LIMIT)(name, value))
    if text and not _ID.fullmatch(text):
        raise InvalidCase(
            name, f"expected letters, digits and . _ : @ + ~ - (the first a letter, digit or _), got {shown(text)}"
        )
    return text


def _url(name: str, value: object) -> str:
    text = str(_text(URL_LIMIT)(name, value))
    if text and not re.match(r"https?://[^\s/]", text):
        raise InvalidCase(name, f"expected an address that starts with http:// or https://, got {shown(text)}")
    return text


def _category(name: str, value: object) -> str:
    path = str(_text(PATH_LIMIT)(name, value))
    return "/".join(part for part in (part.strip() for part in path.split("/")) if part)


def _language(name: str, value: object) -> str:
    try:
        return normalise_language(str(_text(NAME_LIMIT)(name, value)))
    except ValueError as error:
        raise InvalidCase(name, str(error)) from error


def _date(name: str, value: object) -> str:
    try:
        return normalise_date(value)
    except ValueError as error:
        raise InvalidCase(name, str(error)) from error


def _status(name: str, value: object) -> Status:
    try:
        return Status(str(_text(NAME_LIMIT)(name, value)).lower().replace(" ", "_"))
    except ValueError as error:
        raise InvalidCase(name, f"expected one of {', '.join(Status)}, got {shown(value)}") from error


def _number(low: float, high: float, *, whole: bool) -> _Check:
    expected = f"expected a {'whole ' if whole else ''}number from {low:,} to {high:,}"

    def check(name: str, value: object) -> float | int:
        try:
            number = float(value.strip() if isinstance(value, str) else value)  # type: ignore[arg-type]  # it raises
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidCase(name, f"{expected}, got {shown(value)}") from error
        if isinstance(value, bool) or not low <= number <= high or (whole and number != int(number)):
            raise InvalidCase(name, f"{expected}, got {shown(value)}")
        return int(number) if whole else number

    return check


def _truth(name: str, value: object) -> bool:
    known = _TRUTH.get(str(value).strip().lower()) if isinstance(value, bool | int | str) else None
    if known is None:
        raise InvalidCase(name, f"expected true or false, got {shown(value)}")
    return known


_FIELDS: dict[str, _Check] = {
    "id": _id,
    "problem": _text(TEXT_LIMIT, lines=True),
    "solution": _text(TEXT_LIMIT, lines=True),
    "source.system": _id,
    "source.external_id": _text(ID_LIMIT),
    "source.url": _url,
    "language": _language,
    "title": _text(TITLE_LIMIT),
    "summary": _text(TEXT_LIMIT, lines=True),
    "environment": _text(TEXT_LIMIT, lines=True),
    "diagnosis": _text(TEXT_LIMIT, lines=True),
    "steps": _texts(STEP_LIMIT, lines=True),
    "workaround": _text(TEXT_LIMIT, lines=True),
    "outcome.summary": _text(TEXT_LIMIT, lines=True),
    "outcome.resolution_minutes": _number(0, 100_000_000, whole=True),
    "outcome.csat": _number(0, 100, whole=False),
    "outcome.first_contact_resolved": _truth,
    "prevention": _text(TEXT_LIMIT, lines=True),
    "lessons": _text(TEXT_LIMIT, lines=True),
    "product": _text(NAME_LIMIT),
    "product_line": _text(NAME_LIMIT),
    "category": _category,
    "industry": _text(NAME_LIMIT),
    "error_codes": _texts(NAME_LIMIT),
    "tags": _texts(NAME_LIMIT),
    "priority": _text(NAME_LIMIT),
    "channel": _text(NAME_LIMIT),
    "opened_at": _date,
    "resolved_at": _date,
    "status": _status,
    "review_due_on": _date,
    "valid_until": _date,
    "superseded_by": _id,
    "audience": _groups,
    "created_by": _text(NAME_LIMIT),
    "reviewers": _texts(NAME_LIMIT),
}
_NAMES = tuple(field.name for field in fields(Case))
_TOP_LEVEL = tuple(name for name in _FIELDS if "." not in name)
_NESTED: dict[str, tuple[tuple[str, ...], str]] = {
    "source": (SOURCE_FIELDS, "system"),
    "outcome": (OUTCOME_FIELDS, "summary"),
    "background": (("environment", "industry"), ""),
}
