"""Values out of a source's record, whose types nobody promises: a getter gives a text, a list or a mapping."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from retriever.ingest.cleaning.adf import adf_to_text, is_adf
from retriever.ingest.cleaning.html import html_to_text, looks_like_html, unescaped, with_breaks
from retriever.ingest.cleaning.mail import clean_mail, has_own_words
from retriever.ingest.sources.cuts import clipped
from retriever.masking import KnownEntities

Record: TypeAlias = Mapping[str, Any]

_SHOWN = ("display_value", "displayName", "display_name", "name", "Name", "value", "label", "title", "login")


def text(value: object) -> str:
    """A value as text, a very long one its beginning; what a reference or option shows; nothing for null and lists."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return clipped(value.strip())
    if isinstance(value, int | float | Decimal):
        return str(value).removesuffix(".0")
    if is_adf(value):
        return adf_to_text(value)
    if isinstance(value, Mapping):
        return next((text(value[name]) for name in _SHOWN if value.get(name) not in (None, "")), "")
    return ""


def mapping(value: object) -> Record:
    """A nested object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def unwrapped(
    outer: Record, *own: str, names: Sequence[str] = (), tells: Callable[[Record], bool] | None = None
) -> Record:
    """The ticket of a webhook's body: what lies under one of `names`, or of the names that any sender may use.

    A record that has one of its `own` keys itself, or that `tells` so, is the ticket, unless what lies under one of
    `names` has such a key, too: a shell may have a status of its own. At most three shells are taken off.
    """
    record = outer
    for _ in range(3):
        below = {str(name).casefold(): value for name, value in record.items()}
        named = [found for name in names if (found := _only(below.get(name.casefold())))]
        inner = next((found for found in named if any(key in found for key in own)), None)
        if inner is None:
            if any(key in record for key in own) or (tells is not None and tells(record)):
                return record
            inner = next((found for found in (*named, *(_only(below.get(name)) for name in _SHELLS)) if found), None)
        if inner is None:
            return record
        record = inner
    return record


def _only(value: object) -> Record:
    """An object, or the only one of a list."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return mapping(value)


_SHELLS = (
    *("ticket", "issue", "case", "incident", "request", "record", "conversation", "detail", "data", "payload"),
    *("object", "result", "item", "body", "message", "event", "tickets", "cases", "records", "工单", "案例", "数据"),
)


def items(value: object) -> list[Any]:
    """A list; what is wrapped as Salesforce and Jira do is unwrapped; null is empty, one object is a list of it."""
    if isinstance(value, Mapping):
        for name in ("records", "comments", "values", "nodes"):
            if isinstance(value.get(name), list):
                return list(value[name])
        return [value] if value else []
    return list(value) if isinstance(value, list | tuple) else []


def objects(value: object) -> list[Record]:
    """The objects of a list."""
    return [entry for entry in items(value) if isinstance(entry, Mapping)]


def names(value: object, *, separators: str = ",") -> list[str]:
    """A list of names: JSON texts, objects that show a name, or one text with separators."""
    if isinstance(value, str):
        parts = [value]
        for separator in separators:
            parts = [piece for part in parts for piece in part.split(separator)]
        return [part.strip() for part in parts if part.strip()]
    return [name for entry in items(value) if (name := text(entry))]


def at(record: Record, path: str) -> Any:  # noqa: ANN401  any JSON
    """The value under a key, dotted keys, or an id in a list of {id, value}; None when there is none."""
    if path in record:
        return record[path]
    head, dot, rest = path.partition(".")
    inner = record.get(head)
    if not dot:
        return None
    if isinstance(inner, Mapping):
        return at(inner, rest)
    found = [entry.get("value") for entry in objects(inner) if str(entry.get("id")) == rest]
    return found[0] if found else None


def is_true(value: object) -> bool:
    """Truth as JSON and as tables write it."""
    return value is True or (isinstance(value, str | int) and str(value).strip().lower() in ("true", "1", "yes"))


def written(value: object) -> str:
    """What its author wrote in a mail or comment, in a field that may hold HTML or plain text.

    Markup becomes text; quotes, signature and greeting go.
    """
    raw = unescaped(text(value))
    return written_html(with_breaks(raw)) if looks_like_html(raw) else clean_mail(raw)


def written_html(value: object) -> str:
    """The same, of a field that is HTML."""
    markup = text(value)
    plain = html_to_text(markup)
    # A forwarded mail is nothing but what is repeated.
    return clean_mail(plain if has_own_words(plain) else html_to_text(markup, repeated=True))


def written_plain(value: object) -> str:
    """The same, of a field that is plain text: a tag in it is content, unless a program escaped a whole page."""
    raw = text(value)
    read = unescaped(raw)
    is_page = read != raw and read.startswith("<") and read.endswith(">") and looks_like_html(read)
    return written_html(read) if is_page else clean_mail(read)


def people(*persons: object, companies: Iterable[object] = ()) -> KnownEntities:
    """Names, addresses and numbers out of the objects that stand for people; a plain text is a name or an address."""
    found: dict[str, dict[str, None]] = {"names": {}, "emails": {}, "phones": {}, "companies": {}}
    for person in persons:
        for entry in person if isinstance(person, list | tuple) else [person]:
            _note_person(entry, found)
    for company in companies:
        _note(found["companies"], text(company))
    return KnownEntities(*(tuple(part) for part in found.values()))


_NAME_KEYS = (
    "name",
    "displayName",
    "display_name",
    "Name",
    "display_value",
    "firstname",
    "lastname",
    "login",
    "author",
)
_ROLES = frozenset(
    ("help", "support", "agent", "admin", "administrator", "service", "system", "info", "customer", "user", "guest",
     "team", "help desk", "helpdesk", "service desk", "it", "office", "sales", "unknown", "anonymous", "deleted user",
     "former user",
     "customer service", "客服", "客户", "用户", "管理员", "系统", "技术支持", "售后", "サポート", "管理者")
)  # fmt: skip
_EMAIL_KEYS = ("email", "emailAddress", "Email", "address")
_PHONE_KEYS = ("phone", "mobile", "Phone", "MobilePhone", "fax")


def _note_person(entry: object, found: Mapping[str, dict[str, None]]) -> None:
    if isinstance(entry, str):
        _note_text(entry, found)
    elif isinstance(entry, Mapping):
        for key in _NAME_KEYS:
            _note_text(text(entry.get(key)), found)
        for key in _EMAIL_KEYS:
            _note(found["emails"], text(entry.get(key)))
        for key in _PHONE_KEYS:
            _note(found["phones"], text(entry.get(key)))
        first, last = text(entry.get("firstname")), text(entry.get("lastname"))
        if first and last:
            _note(found["names"], f"{first} {last}")


def _note_text(value: str, found: Mapping[str, dict[str, None]]) -> None:
    """`Eva Long <eva@example.com>`, an address, or a name; bare numbers are ids and name nobody."""
    name, bracket, rest = value.partition("<")
    if bracket and "@" in rest:
        _note(found["emails"], rest.partition(">")[0])
        _note_name(name, found)
    elif "@" in value:
        _note(found["emails"], value)
    elif not value.replace("-", "").replace(":", "").isalnum() or not any(map(str.isdigit, value)):
        _note_name(value, found)


def _note_name(value: str, found: Mapping[str, dict[str, None]]) -> None:
    """A name that is also a plain word ("Help", "Agent") would be masked in every sentence."""
    if value.strip(" \"'").casefold() not in _ROLES:
        _note(found["names"], value)


def _note(part: dict[str, None], value: str) -> None:
    trimmed = value.strip(" \"'")
    if len(trimmed) >= 2:
        part[trimmed] = None


def last_first(texts: Sequence[str]) -> list[str]:
    """The texts from the last to the first: the last answer is nearest to the close."""
    return [entry for entry in reversed(texts) if entry]
