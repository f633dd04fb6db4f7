"""Error codes in a text: kept as a field of the case, so that no cleaning can lose them."""

import re
from collections.abc import Iterator

from index.turns import in_turns

CODES_LIMIT = 20
_CODE = re.compile(
    # Forms that are codes wherever they stand.
    r"\b0x[0-9A-Fa-f]{4,16}\b"
    r"|\b(?:ORA|TNS|PLS|SQL|SQLSTATE|MSB|CS|NU|JWT|ERR|ERROR|EC|HY|IMAP|POS|KB|CVE-\d{4}|AADSTS|MQRC|DB2|RFC)-?_?\d{3,8}\b"
    r"|\b(?:ERR|ERROR|NET|SSL|DNS|E)_[A-Z][A-Z0-9_]{3,60}\b"
    r"|\b[A-Z]-\d{2,4}\b"
    # Forms that need a word before them.
    r"|(?:\b(?:error|err|code|status|fault|fehler|fehlercode|código|erreur|codice|ошибка|код)"
    r"|错误码?|错误代码|故障码|故障代码|报错|响应码|状态码|エラー(?:コード)?|오류(?: 코드)?)"
    r"\s*(?:code|number|no\.?|nr\.?)?\s*[:：#=]?\s*[\"'“「(\[]?(?P<told>[A-Z]{1,6}[-_.]?\d{1,8}(?:[-_.]\d{1,6})?|[1-9]\d{1,6})\b(?![.,]\d)",
    re.IGNORECASE,
)
_WINDOW = 4_096
_LONGEST = 256
"""Signs of a code with the words before it. One search of a text of a megabyte would hold up every other thread."""
_ALWAYS_UPPER = re.compile(r"[A-Z0-9]")


def find_error_codes(text: str) -> tuple[str, ...]:
    """Codes in the order they come, each once, at most `CODES_LIMIT`. Order and ticket numbers are none."""
    found: dict[str, None] = {}
    for match in _matches(text):
        code = match["told"] or match[0]
        if _ALWAYS_UPPER.match(code):  # `err_connection` in lower case is a name in a program
            found[code] = None
        if len(found) == CODES_LIMIT:
            break
    return tuple(found)


def _matches(text: str) -> Iterator[re.Match[str]]:
    """What `finditer` gives, window by window; a window sees on into the next one as far as a code may reach."""
    place = 0
    for end in in_turns(range(_WINDOW, len(text) + _WINDOW, _WINDOW)):
        for match in _CODE.finditer(text, place, end + _LONGEST):
            if match.start() >= end:
                break
            yield match
            place = match.end()
        place = max(place, end)
