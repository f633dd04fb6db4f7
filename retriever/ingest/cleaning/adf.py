"""Atlassian's document format (Jira Cloud, JSON) and wiki markup (Jira Server) to text."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

from retriever.ingest.cleaning.blocks import FENCE, Blocks
from retriever.ingest.cleaning.mail import has_own_words

_DEPTH_LIMIT = 200
_PARAGRAPHS = frozenset(("paragraph", "heading", "panel", "blockquote", "table", "rule", "expand", "nestedExpand"))
_LISTS = {"bulletList": False, "orderedList": True, "taskList": False, "decisionList": False}
_ITEMS = frozenset(("listItem", "taskItem", "decisionItem"))
_CARDS = frozenset(("inlineCard", "blockCard", "embedCard"))
_SHOWN = {"mention": "text", "status": "text", "emoji": "text", "media": "alt", "expand": "title",
          "nestedExpand": "title", "placeholder": "text"}  # fmt: skip

_MACRO = re.compile(r"\{(code|noformat)(:[^{}\n]{0,200})?\}")
_QUOTE = "{quote}"
_NUMBERED = re.compile(r"(#{1,9})[ \t]{1,20}(?=\S)")
_WIKI = (
    (re.compile(r"^h[1-6]\.\s*", re.MULTILINE), ""),
    (re.compile(r"^bq\.\s*", re.MULTILINE), ""),
    (re.compile(r"\{(?:color|panel|quote|expand|section|column)(?::[^{}\n]{0,200})?\}"), ""),
    (re.compile(r"\{\{([^{}\n]{1,500})\}\}"), r"`\1`"),
    (re.compile(r"\[([^|\[\]\n]{1,300})\|(https?://[^\]\s|]{1,1000})(?:\|[^\]\n]{0,50})?\]"), r"\1 (\2)"),
    (re.compile(r"\[(https?://[^\]\s|]{1,1000})\]"), r"\1"),
    (re.compile(r"\[~[^\]\n]{1,100}\]"), "@"),
    (re.compile(r"^(\*+|-)[ \t]+(?=\S)", re.MULTILINE), lambda found: "  " * (len(found[1]) - 1) + "- "),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]{1,300}?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"![\w .-]{1,100}\.(?:png|jpe?g|gif)(?:\|[^!\n]{0,50})?!", re.IGNORECASE), ""),
)


def is_adf(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Is this a document in Atlassian's format?"""
    return isinstance(value, Mapping) and value.get("type") == "doc" and isinstance(value.get("content"), list)


def adf_to_text(document: Mapping[str, Any]) -> str:
    """The text of a document. Node types nobody knows yet give the text they hold."""
    blocks = Blocks()
    _walk(blocks, document, 0)
    return blocks.result()


def wiki_to_text(markup: str) -> str:
    """Wiki markup as text: code and `noformat` between fences and untouched, links with their address.

    What stands between `{quote}` marks repeats others, and goes unless it is nearly all there is.
    """
    unquoted = _without_quotes(markup)
    if has_own_words(unquoted):
        markup = unquoted
    parts: list[str] = []
    end = 0
    for start, inside, close, after in macros(markup):
        parts += [_plain_wiki(markup[end:start]), f"\n{FENCE}\n{markup[inside:close].strip(chr(10))}\n{FENCE}\n"]
        end = after
    return "".join([*parts, _plain_wiki(markup[end:])]).strip()


def _without_quotes(markup: str) -> str:
    kept, *others = markup.split(_QUOTE)
    between = iter(others)
    for _quoted in between:
        outside = next(between, None)
        kept += outside if outside is not None else _QUOTE + _quoted  # a last mark that nothing closes is text
    return kept


def macros(markup: str) -> Iterator[tuple[int, int, int, int]]:
    """Where each block of code begins, its inside begins, its closing mark begins, and it is over; one pass."""
    opened: re.Match[str] | None = None
    closings = Counter(mark[1] for mark in _MACRO.finditer(markup) if mark[2] is None)
    for mark in _MACRO.finditer(markup):
        closes = mark[2] is None
        closings[mark[1]] -= closes
        if opened is None:
            opened = mark if closings[mark[1]] > 0 else None
        elif closes and mark[1] == opened[1]:
            yield opened.start(), opened.end(), mark.start(), mark.end()
            opened = None


def _numbered(markup: str) -> str:
    """Items that begin with `#` with their numbers; a list ends where a line is none of its items."""
    lines = markup.split("\n")
    numbers: list[int] = []
    for place, line in enumerate(lines):
        item = _NUMBERED.match(line)
        if item:
            depth = len(item[1])
            numbers = [*numbers[:depth], *([0] * (depth - len(numbers)))]
            numbers[-1] += 1
            lines[place] = f"{'  ' * (depth - 1)}{numbers[-1]}. {line[item.end() :]}"
        elif line.strip() and not line.startswith(("*", "-", " ")):
            numbers = []
    return "\n".join(lines)


def _plain_wiki(markup: str) -> str:
    markup = _numbered(markup)
    for pattern, replacement in _WIKI:
        markup = pattern.sub(replacement, markup)
    return markup


def _walk(blocks: Blocks, node: Any, depth: int) -> None:  # noqa: ANN401  any JSON
    if not isinstance(node, Mapping) or depth > _DEPTH_LIMIT:
        return
    kind, content = str(node.get("type")), node.get("content")
    children = content if isinstance(content, list) else []
    if kind == "text":
        _text(blocks, node)
    elif kind == "hardBreak":
        blocks.end_line()
    elif kind == "codeBlock":
        blocks.verbatim("".join(str(child.get("text") or "") for child in children if isinstance(child, Mapping)))
    elif kind in _LISTS:
        attributes = node.get("attrs")
        order = attributes.get("order") if isinstance(attributes, Mapping) else None
        blocks.begin_list(ordered=_LISTS[kind], start=order if isinstance(order, int) else 1)
        _all(blocks, children, depth)
        blocks.end_list()
    elif kind in _ITEMS:
        blocks.begin_item()
        _all(blocks, children, depth)
        blocks.end_line()
    elif kind == "tableRow":
        _row(blocks, children, depth)
    elif kind in _PARAGRAPHS:
        blocks.blank_line()
        blocks.text(_attribute(node, _SHOWN.get(kind, "")))
        blocks.end_line()
        _all(blocks, children, depth)
        blocks.blank_line()
    else:
        blocks.text(_shown(node, kind))
        _all(blocks, children, depth)


def _all(blocks: Blocks, nodes: list[Any], depth: int) -> None:
    for node in nodes:
        _walk(blocks, node, depth + 1)


def _row(blocks: Blocks, cells: list[Any], depth: int) -> None:
    """One line per row: a cell's paragraphs are put behind each other."""
    blocks.end_line()
    texts = []
    for cell in cells:
        inner = Blocks()
        _walk(inner, cell, depth + 1)
        texts.append(" ".join(inner.result().split("\n")))
    blocks.text(" | ".join(texts))
    blocks.end_line()


def _text(blocks: Blocks, node: Mapping[str, Any]) -> None:
    text, marks = str(node.get("text") or ""), node.get("marks")
    kinds = (
        {str(mark.get("type")): mark for mark in marks if isinstance(mark, Mapping)} if isinstance(marks, list) else {}
    )
    if "code" in kinds:
        text = f"`{text}`"
    if "strike" in kinds and text.strip():
        text = f"~~{text}~~"
    address = _attribute(kinds.get("link", {}), "href")
    if address.startswith(("http://", "https://")) and address.rstrip("/") != text.rstrip("/"):
        text = f"{text} ({address})"
    blocks.text(text)


def _shown(node: Mapping[str, Any], kind: str) -> str:
    if kind in _CARDS:
        return _attribute(node, "url")
    if kind == "date":
        stamp = _attribute(node, "timestamp")
        return datetime.fromtimestamp(int(stamp[:10]), UTC).date().isoformat() if stamp.isdigit() else ""
    return _attribute(node, _SHOWN.get(kind, "")) or (_attribute(node, "shortName") if kind == "emoji" else "")


def _attribute(node: Mapping[str, Any], name: str) -> str:
    attributes = node.get("attrs")
    value = attributes.get(name) if isinstance(attributes, Mapping) else None
    return value if isinstance(value, str) else ""
