"""HTML of tickets and mails to text: what a reader sees, without quoted mails, signatures and hidden parts.

What HTML does not know as a tag is text, as it is written: `List<String>`, `<ENTER>` and `<none>` in a badly escaped
log are content. What is struck through stands between `~~`, as in Markdown.
"""

import re
from collections.abc import Iterator
from html import unescape
from string import ascii_lowercase, ascii_uppercase

from selectolax.lexbor import LexborHTMLParser, LexborNode

from retriever.ingest.cleaning.blocks import Blocks
from retriever.ingest.cleaning.code import outside_code, without_code
from retriever.ingest.cleaning.markers import announces, has_postscript, is_last, is_signature, repeats

_DROPPED = frozenset(
    ("script", "style", "head", "title", "noscript", "template", "svg", "object", "iframe", "meta", "link", "canvas")
)
_PARAGRAPHS = frozenset(
    ("p", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "section", "article", "hr", "figure", "dl")
)
_LINES = frozenset(
    ("div", "tr", "li", "br", "header", "footer", "address", "dt", "dd", "fieldset", "form", "main", "nav", "aside",
     "center", "caption", "figcaption", "details", "summary", "option", "thead", "tbody", "tfoot", "body")
)  # fmt: skip
_INLINE = frozenset(
    ("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "button", "cite", "code", "col", "colgroup", "data", "del",
     "dfn", "em", "font", "html", "i", "img", "input", "ins", "kbd", "label", "legend", "map", "area", "mark",
     "picture", "q", "ruby", "rt", "rp", "s", "samp", "select", "small", "source", "span", "strike", "strong", "sub",
     "sup", "td",
     "textarea", "th", "time", "tt", "u", "var", "video", "wbr", "audio", "base", "embed", "param", "track", "menu",
     "ul", "ol", "dir", "hgroup", "meter", "progress", "output", "dialog", "slot", "search", "nobr", "marquee",
     "image", "listing", "xmp", "plaintext", "frameset", "frame", "noframes", "datalist", "optgroup")
)  # fmt: skip
_KNOWN = _DROPPED | _PARAGRAPHS | _LINES | _INLINE
_CODE = frozenset(("pre", "listing", "xmp", "plaintext"))
_LISTS = {"ul": False, "ol": True, "menu": False, "dir": False}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|mso-hide\s*:\s*all")
_TAGS = re.compile(
    r"</(p|div|span|li|ul|ol|table|td|tr|a|b|strong|em|i|s|u|pre|code|h[1-6]|blockquote|font|body|html)\s*>"
    r"|<br\s*/?>|<p\s*/?>",
    re.IGNORECASE,
)
_TABLE = re.compile(r"<table\b", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dh]\s{0,8}>(?=\s{0,8}<t[dh]\b)", re.IGNORECASE)
_ROW_END = re.compile(r"</tr\s{0,8}>", re.IGNORECASE)
_NAME_OF_TAG = re.compile(r"<(/?)([A-Za-z][^\s<>/]{0,60})")
_OFFICE = re.compile(r"(?:o|v|w|x|m|u1|st1|mso):[a-z][\w-]{0,40}")
# Tags that need no closing one.
_OPEN = frozenset(
    ("br", "hr", "img", "input", "wbr", "col", "area", "base", "link", "meta", "param", "source", "track", "embed",
     "p", "li", "td", "th", "tr", "dt", "dd", "option", "thead", "tbody", "tfoot", "body", "html", "head", "colgroup")
)  # fmt: skip
_STRUCK = frozenset(("s", "strike", "del"))
_STRUCK_STYLE = re.compile(r"text-decoration(?:-line)?\s*:[^;]{0,40}line-through")
_KEPT_STYLE = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)")
# What stands around a tag that is spoken of: "put <br> there".
_AROUND_BEFORE = " \t\"'`(“‘„«[「『（"
_AROUND_AFTER = " \t\"'`)”’“»]」』）.,;:!?，。：；！？"
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")
_SPEAKS_OF_ENTITIES = re.compile(
    r"\b(?:xml|x?html|entit|escap|encod|unescap)|转义|轉義|实体|實體|エスケープ", re.IGNORECASE
)
_BREAKS = re.compile(
    r"<(?:br|p|div|li|tr|td|h[1-6]|pre|blockquote|table|ul|ol|section|body|html|center|hr)\b", re.IGNORECASE
)
_HIGH = re.compile(
    r"(?<=[\w)\]])<sup(?:\s[^<>]{0,200})?>\s?([-+\u2212]?\d{1,6}|[-+\u2212]?[nxyk])\s?</sup\s?>", re.IGNORECASE
)
_LOW = re.compile(r"(?<=\d)<sub(?:\s[^<>]{0,200})?>\s?(\d{1,6})\s?</sub\s?>", re.IGNORECASE)
_TAG_AS_CODE = re.compile(r"(<code(?:\s[^<>]{0,200})?>)<(/?[a-z][^<>]{0,200})>(?=</code>)", re.IGNORECASE)
_LINK_LIMIT = 300
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
_NESTING = re.compile(r"<(/?)(?!br\b|img\b|hr\b|input\b|meta\b|p\b|wbr\b|col\b|area\b|link\b)[a-zA-Z]")
DEPTH_LIMIT = 3_000
"""Tags within tags from which on only the tags are taken out: the parser's time grows with the square of the depth."""


def looks_like_html(text: str) -> bool:
    """Is the text marked up with HTML? Angle brackets of logs and generics, code and tags spoken of are not enough."""
    if not _TAGS.search(text) or _is_xml(text):
        return False
    plain = without_code(text)
    opened: set[str] = set()
    end = 0
    for tag in _TAGS.finditer(plain):
        opened.update(_opened(plain, end, tag.start()))
        end = tag.start()
        name = (tag[1] or "").lower()
        if (not name or name in opened) and not _is_spoken_of(plain, tag):
            return True
    return False


def _opened(text: str, start: int, end: int) -> Iterator[str]:
    """The tags that begin there; an `a` without attributes leads nowhere and is an element of XML."""
    for found in _NAME_OF_TAG.finditer(text, start, end):
        name = found[2].lower()
        if not found[1] and (name != "a" or text[found.end() : found.end() + 1].isspace()):
            yield name


def _is_xml(text: str) -> bool:
    """Does the text begin with an element that HTML does not know, or with XML's own first line?"""
    begins = _NAME_OF_TAG.match(text)
    if not begins:
        return text.startswith("<?xml")
    name = begins[2].lower()
    known = name in _KNOWN or bool(_OFFICE.fullmatch(name))
    return (not known or text.startswith("<a>")) and f"</{begins[2]}>" in text[begins.end() :]


def with_breaks(html: str) -> str:
    """The markup with its line breaks as tags, where it has no tag that begins a line: "one\\n<b>two</b>"."""
    return html if _BREAKS.search(html) else html.replace("\n", "<br>\n")


def _is_spoken_of(text: str, tag: re.Match[str]) -> bool:
    before = text[tag.start() - 1] if tag.start() else "\n"
    after = text[tag.end()] if tag.end() < len(text) else " "
    return before in _AROUND_BEFORE and after in _AROUND_AFTER


def unescaped(text: str) -> str:
    """The text with its entities read, where a program wrote it: each `&` is one, and it speaks of none."""
    if "&" not in text or len(_ENTITY.findall(text)) != text.count("&") or _SPEAKS_OF_ENTITIES.search(text):
        return text
    if ("<" in text or ">" in text) or ('"' in text and "&quot;" in text):
        return text
    return outside_code(text, unescape)


def html_to_text(html: str, *, repeated: bool = False) -> str:
    """The text that a reader sees, lists and code marked as Markdown does. `repeated` keeps quoted mails."""
    if _depth(html) > DEPTH_LIMIT:
        return _ANY_TAG.sub(" ", html)
    body = LexborHTMLParser(_with_cells_apart(_with_text_escaped(with_powers(html)))).body
    if body is None:
        return ""
    blocks = Blocks()
    # A stack instead of recursion: ten thousand nested tags are a file like any other. `True` marks an end.
    waiting: list[tuple[LexborNode, bool]] = [(body, False)]
    keeps = signed = 0
    while waiting:
        node, ends = waiting.pop()
        tag = node.tag or ""
        if ends:
            _end(blocks, node, tag)
            keeps -= _keeps_lines(node)
            signed -= is_signature(node)
        elif node.is_text_node:
            _text(blocks, node.text_content or "", keeps=keeps > 0)
        elif not node.is_element_node or tag in _DROPPED or _is_hidden(node):
            continue
        elif not repeated and (repeats(node) or (not signed and _is_signature(node))):
            # Also the mail that Outlook puts behind its own header: everything after it is the earlier mail.
            if is_last(node):
                waiting = [entry for entry in waiting if entry[1]]
        elif tag in _CODE and not announces(node):
            blocks.verbatim(_code(node))
        else:
            keeps += _keeps_lines(node)
            signed += is_signature(node)
            _begin(blocks, node, tag)
            waiting.append((node, True))
            waiting.extend((child, False) for child in reversed(list(node.iter(include_text=True))))
    return blocks.result()


def _is_signature(node: LexborNode) -> bool:
    """Is the element a signature, with nothing that was written on below it?"""
    return is_signature(node) and not has_postscript(node)


def _with_text_escaped(html: str) -> str:
    """The markup with brackets escaped that open no tag: unknown names, and generics such as `List<Object>`."""
    html = _TAG_AS_CODE.sub(r"\1&lt;\2>", html)
    closed = {found[2] for found in _NAME_OF_TAG.finditer(html) if found[1]}
    lower = {name.lower() for name in closed}

    def kept(found: re.Match[str]) -> str:
        name = found[2].lower()
        if _OFFICE.fullmatch(name):
            return found[0]
        mixed = found[2] not in (name, found[2].upper()) and found[2] not in closed
        attached = found.start() > 0 and (html[found.start() - 1].isalnum() or html[found.start() - 1] == "_")
        generic = attached and not found[1] and name not in _OPEN and name not in lower
        return found[0] if name in _KNOWN and not mixed and not generic else "&lt;" + found[0][1:]

    return _NAME_OF_TAG.sub(kept, html)


def _with_cells_apart(html: str) -> str:
    """Cells that were copied without their table: the parser drops their tags and would join what stands in them."""
    if _TABLE.search(html):
        return html
    return _ROW_END.sub("<br>", _CELL_END.sub(" | ", html))


def _text(blocks: Blocks, text: str, *, keeps: bool) -> None:
    """Text within the line; where white space is kept, its line breaks are some."""
    if not keeps:
        blocks.text(text)
        return
    first, *others = text.split("\n")
    blocks.text(first)
    for line in others:
        blocks.end_line()
        blocks.text(line)


def _code(node: LexborNode) -> str:
    """What stands in a block of code; tags that begin a line do so."""
    parts: list[str] = []
    waiting = list(node.iter(include_text=True))[::-1]
    while waiting:
        inner = waiting.pop()
        if inner.is_text_node:
            parts.append(inner.text_content or "")
        elif inner.tag == "br":
            parts.append("\n")
        elif inner.is_element_node and inner.tag not in _DROPPED and not _is_hidden(inner):
            if inner.tag in _LINES or inner.tag in _PARAGRAPHS:
                parts.append("\n" if parts and not parts[-1].endswith("\n") else "")
            waiting.extend(list(inner.iter(include_text=True))[::-1])
    return "".join(parts)


def _depth(html: str) -> int:
    """How deeply tags are nested at most, were every one of them to be closed."""
    if html.count("<") <= DEPTH_LIMIT:
        return 0
    depth = deepest = 0
    for found in _NESTING.finditer(html):
        depth += -1 if found[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _begin(blocks: Blocks, node: LexborNode, tag: str) -> None:
    if tag in _LISTS:
        letters = {"a": ascii_lowercase, "A": ascii_uppercase}.get(node.attributes.get("type") or "", "")
        blocks.begin_list(ordered=_LISTS[tag], start=_number(node, "start", 1) or 0, letters=letters)
    elif tag == "li":
        blocks.begin_item(_number(node, "value", None))
    elif tag in _PARAGRAPHS:
        blocks.blank_line()
    elif tag in _LINES:
        blocks.end_line()
    elif tag in ("td", "th"):
        blocks.text("" if node.prev is None else " | ")
    elif tag == "img":
        blocks.text(node.attributes.get("alt") or "")
    elif tag == "code":
        blocks.text("`")
    elif _is_struck(node, tag):
        blocks.text("~~")


def _end(blocks: Blocks, node: LexborNode, tag: str) -> None:
    if tag in _LISTS:
        blocks.end_list()
    elif tag in _PARAGRAPHS:
        blocks.blank_line()
    elif tag in _LINES:
        blocks.end_line()
    elif tag == "code":
        blocks.text("`")
    elif _is_struck(node, tag):
        blocks.text("~~")
    elif tag == "a":
        address = node.attributes.get("href") or ""
        if address.startswith(("http://", "https://")) and len(address) <= _LINK_LIMIT and not _shows(node, address):
            blocks.text(f" ({address})")


def _shows(node: LexborNode, address: str) -> bool:
    """Is the address of a link its text already, but for the scheme and a slash?"""
    return (node.text() or "").strip().rstrip("/") in (address.rstrip("/"), address.partition("://")[2].rstrip("/"))


def _number(node: LexborNode, name: str, otherwise: int | None) -> int | None:
    value = (node.attributes.get(name) or "").strip()
    return int(value) if re.fullmatch(r"-?[0-9]{1,9}", value) else otherwise


def _style(node: LexborNode) -> str:
    return (node.attributes.get("style") or "").lower()


def _is_struck(node: LexborNode, tag: str) -> bool:
    """Is the text struck through, by its tag or its style?"""
    struck = tag in _STRUCK or (tag in _INLINE and bool(_STRUCK_STYLE.search(_style(node))))
    return struck and node.first_child is not None


def _keeps_lines(node: LexborNode) -> bool:
    return bool(_KEPT_STYLE.search(_style(node)))


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDDEN.search(_style(node)))


def with_powers(markup: str) -> str:
    """The markup with `10<sup>6</sup>` as `10^6`, and a number below another one behind `_`: else they run together."""
    if "<su" not in markup and "<SU" not in markup:
        return markup
    return _LOW.sub(r"_\1", _HIGH.sub(r"^\1", markup))


def without_comments(text: str) -> str:
    """The text without `<!-- … -->`; one that never ends is text."""
    kept: list[str] = []
    after = 0
    while (start := text.find("<!--", after)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[after:start])
        after = end + 3
    return "".join([*kept, text[after:]])
