"""How mail programs mark the parts of their HTML that repeat an earlier mail, or are a signature.

A mark is a class, an id, a name or a `data-` attribute that one program alone writes, so it is evidence. Mails that
went through another program have its prefix before the mark.
"""

import re

from selectolax.lexbor import LexborNode

from retriever.ingest.cleaning.quotes import reply_header
from retriever.ingest.cleaning.signature import is_postscript
from retriever.ingest.cleaning.wordlists import words

_PREFIX = re.compile(r"(?:x_|ecx|aolmail_|yiv\d{1,20}|ydp[0-9a-z]{8}|m_-?\d{1,25})+")
_SIGNED_BY = ("data-signature", "data-signature-id", "data-signature-widget")


def repeats(node: LexborNode) -> bool:
    """Does the element hold what was written in an earlier mail?"""
    attributes = node.attributes
    if node.tag == "blockquote" and (attributes.get("type") or "").lower() == "cite":
        return True
    marks = _marks(node)
    return bool(marks & words("quote_marks") or marks & words("last_marks")) or (
        node.tag == "div" and attributes.get("name") == "quote"
    )


def is_signature(node: LexborNode) -> bool:
    """Is the element a signature?"""
    attributes = node.attributes
    if _marks(node) & words("signature_marks") or any(_is_set(attributes.get(name)) for name in _SIGNED_BY):
        return True
    return _PREFIX.sub("", (node.id or "").lower(), count=1) == "signature"


def has_postscript(node: LexborNode) -> bool:
    """Did somebody write on below the names, within the same element?"""
    return any(map(is_postscript, node.text(separator="\n").split("\n")))


def is_last(node: LexborNode) -> bool:
    """Does the earlier mail follow the element, to the end?"""
    return bool(_marks(node) & words("last_marks"))


def announces(node: LexborNode) -> bool:
    """Is the element nothing but the line that announces the quote behind it, as NetEase writes it into a `pre`?"""
    following = node.next
    while following is not None and following.is_text_node and not (following.text_content or "").strip():
        following = following.next
    if following is None or following.tag != "blockquote":
        return False
    lines = [line for line in (node.text() or "").split("\n") if line.strip()]
    return 0 < len(lines) <= 4 and reply_header(lines, 0) == len(lines)


def _marks(node: LexborNode) -> set[str]:
    attributes = node.attributes
    named = " ".join(attributes.get(name) or "" for name in ("class", "id", "name", "data-marker"))
    return {_PREFIX.sub("", mark, count=1) for mark in named.lower().split()}


def _is_set(value: str | None) -> bool:
    return value is not None and value.lower() not in ("", "false", "0")
