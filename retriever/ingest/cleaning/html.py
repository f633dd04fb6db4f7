"""HTML of tickets and mails to text: what a reader sees, without quoted mails, signatures and hidden parts.

Tags that HTML does not know are put back as text: `List<String>` and `<none>` in a badly escaped log are content.
"""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from retriever.ingest.cleaning.blocks import Blocks

_DROPPED = frozenset(
    ("script", "style", "head", "title", "noscript", "template", "svg", "object", "iframe", "meta", "link", "canvas")
)
_PARAGRAPHS = frozenset(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "section", "article", "hr", "figure", "dl")
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
     "ul", "ol", "pre", "dir", "hgroup", "meter", "progress", "output", "dialog", "slot", "search", "nobr", "marquee",
     "image", "listing", "xmp", "plaintext", "frameset", "frame", "noframes", "datalist", "optgroup")
)  # fmt: skip
_KNOWN = _DROPPED | _PARAGRAPHS | _LINES | _INLINE
_CODE = frozenset(("pre", "listing", "xmp", "plaintext"))
_LISTS = {"ul": False, "ol": True, "menu": False, "dir": False}
# What mail programs call the part that repeats an earlier mail, or the signature.
_REPEATED = re.compile(
    r"\b(gmail_quote|gmail_extra|gmail_signature|yahoo_quoted|protonmail_quote|protonmail_signature_block"
    r"|moz-cite-prefix|moz-signature|zmail_extra|quoted-reply|freshdesk_quote|zd_quoted|tutanota_quote)\b"
)
_REPEATED_IDS = frozenset(
    ("divrplyfwdmsg", "appendonsend", "signature", "ms-outlook-mobile-signature",
     "mail-editor-reference-message-container")
)  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|mso-hide\s*:\s*all")
_TAGS = re.compile(
    r"</(p|div|span|li|ul|ol|table|td|tr|a|b|strong|em|i|pre|code|h[1-6]|blockquote|font|body|html)\s*>|<br\s*/?>|<p\s*/?>",
    re.IGNORECASE,
)
_LINK_LIMIT = 300
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
_NESTING = re.compile(r"<(/?)(?!br\b|img\b|hr\b|input\b|meta\b|p\b|wbr\b|col\b|area\b|link\b)[a-zA-Z]")
DEPTH_LIMIT = 3_000
"""Tags within tags from which on only the tags are taken out: the parser's time grows with the square of the depth."""


def looks_like_html(text: str) -> bool:
    """Does the text hold tags that only HTML has? Angle brackets of logs and generics are not enough."""
    return bool(_TAGS.search(text))


def html_to_text(html: str, *, repeated: bool = False) -> str:
    """The text that a reader sees, lists and code marked as Markdown does. `repeated` keeps quoted mails."""
    if _depth(html) > DEPTH_LIMIT:
        return _ANY_TAG.sub(" ", html)
    body = LexborHTMLParser(html).body
    if body is None:
        return ""
    blocks = Blocks()
    # A stack instead of recursion: ten thousand nested tags are a file like any other. `True` marks an end.
    waiting: list[tuple[LexborNode, bool]] = [(body, False)]
    while waiting:
        node, ends = waiting.pop()
        tag = node.tag or ""
        if ends:
            _end(blocks, node, tag)
        elif node.is_text_node:
            blocks.text(node.text_content or "")
        elif not node.is_element_node or tag in _DROPPED or _is_hidden(node) or (not repeated and _is_repeated(node)):
            # Also the mail that Outlook puts behind its own header: everything after it is the earlier mail.
            if not repeated and tag in ("div", "hr") and (node.id or "").lower() in ("divrplyfwdmsg", "appendonsend"):
                waiting = [entry for entry in waiting if entry[1]]
        elif tag in _CODE:
            blocks.verbatim(node.text(separator=""))
        else:
            _begin(blocks, node, tag)
            waiting.append((node, True))
            waiting.extend((child, False) for child in reversed(list(node.iter(include_text=True))))
    return blocks.result()


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
        blocks.begin_list(ordered=_LISTS[tag])
    elif tag == "li":
        blocks.begin_item()
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
    elif tag not in _KNOWN and ":" not in tag:
        blocks.text(f"<{tag}>")


def _end(blocks: Blocks, node: LexborNode, tag: str) -> None:
    if tag in _LISTS:
        blocks.end_list()
    elif tag in _PARAGRAPHS:
        blocks.blank_line()
    elif tag in _LINES:
        blocks.end_line()
    elif tag == "code":
        blocks.text("`")
    elif tag == "a":
        address = node.attributes.get("href") or ""
        if address.startswith(("http://", "https://")) and len(address) <= _LINK_LIMIT and not _shows(node, address):
            blocks.text(f" ({address})")


def _shows(node: LexborNode, address: str) -> bool:
    """Is the address of a link its text already, but for the scheme and a slash?"""
    return (node.text() or "").strip().rstrip("/") in (address.rstrip("/"), address.partition("://")[2].rstrip("/"))


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDDEN.search((attributes.get("style") or "").lower()))


def _is_repeated(node: LexborNode) -> bool:
    attributes = node.attributes
    if node.tag == "blockquote" and (attributes.get("type") or "").lower() == "cite":
        return True
    if (attributes.get("id") or "").lower() in _REPEATED_IDS:
        return True
    return bool(_REPEATED.search((attributes.get("class") or "").lower()))


def without_comments(text: str) -> str:
    """The text without `<!-- … -->`; one that never ends is text."""
    kept: list[str] = []
    after = 0
    while (start := text.find("<!--", after)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[after:start])
        after = end + 3
    return "".join([*kept, text[after:]])
