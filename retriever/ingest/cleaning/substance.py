"""Is a resolution worth keeping? "Fixed", "已解决" and "closed automatically" tell the next agent nothing."""

import re
from functools import lru_cache
from importlib import resources

from index.text.normal import normalise
from retriever.ingest.cleaning.closings import only_closes

MIN_SUBSTANCE = 16
"""Least weight of a resolution: a letter counts 1, a Han, kana or Hangul character 3."""
MIN_PROBLEM_SUBSTANCE = 9

_SENTENCE = re.compile(r"((?<!\d)[.!?;…]+(?=\W|$)|[\n¡¿。！？；]+)")
_GREEK = re.compile("[\u0370-\u03ff]")
_CLAUSE = re.compile(r",(?=\s)|，|[.!?]")
_LONGEST = 1_500
"""Characters from which on a text is taken to say something."""
_NOISE = re.compile(r"[^\w]+")
_WIDE = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

_PATTERNS = re.compile(
    r"(?:this )?(?:ticket|case|issue|request|conversation|incident)?(?: was| has been| is)?(?: now)? ?"
    r"(?:automatically closed|closed automatically|auto ?closed|auto ?resolved|automatically resolved"
    r"|closed by (?:the )?(?:system|automation)|marked as (?:solved|resolved|stale|done))"
    r"|(?:auto|automatisch) ?(?:geschlossen|close)|das ticket wurde automatisch geschlossen"
    r"|(?:ticket )?(?:cerrado|fechado|fermé|chiuso) (?:automáticamente|automaticamente|automatiquement)"
    r"|closed (?:due to|because of|as) (?:no response|inactivity|stale|duplicate|lack of response)"
    r"|closing (?:due to|for) (?:inactivity|no response)|closed after \d+ days?"
    r"|(?:fixed|resolved|solved|closed|done)(?: (?:by|on|at|via|with|over))? (?:the )?(?:phone|call|chat|e ?mail|teams"
    r"|user|caller|customer|client|requester|vendor|supplier|support|agent|it|team|remote|site|itself|\d[\d ]{0,12})"
    r"|(?:duplicate|dupe) of [\w #-]{1,40}|see (?:ticket|case|issue|incident|kb) ?[\w-]{1,30}"
    r"|(?:系统|系統|超时|超時|工单|工單|客户长时间未回复|用户长时间未回复) ?(?:工单|工單|系统|系統)?(?:被|已)?"
    r"(?:自动关闭|自動關閉|自动结单|关闭工单)"
    r"|(?:已解决|已处理完毕|已处理好|已经处理好了|已经解决了)(?:请知悉|谢谢)?"
    r"|自動的に(?:クローズ|終了)(?:しました|されました|いたしました|します)?"
    r"|자동(?:으로)? ?(?:종료|완료)(?:되었습니다|됩니다|됨)?"
    r"|автоматически закрыт[оа]?"
)


def _folded(text: str) -> str:
    return " ".join(_NOISE.sub(" ", normalise("NFKC", text).casefold().replace("_", " ")).split())


@lru_cache(maxsize=1)
def _empty_phrases() -> frozenset[str]:
    text = resources.files("retriever.ingest.cleaning").joinpath("empty_phrases.txt").read_text(encoding="utf-8")
    return frozenset(_folded(line) for line in text.splitlines() if not line.startswith("#"))


def substance(text: str) -> int:
    """How much a text can say: its letters and digits, characters of dense scripts counted three times."""
    wide = len(_WIDE.findall(text))
    # By line: one sum over a megabyte would hold up every other thread.
    return sum(sum(map(str.isalnum, line)) for line in text.split("\n")) + 2 * wide


def says_nothing(text: str) -> bool:
    """Does every sentence of the resolution say only that it is over or not yet, in any of the main languages?"""
    if len(text) > _LONGEST:
        return False
    whole = _folded(text)
    if not whole or whole in _empty_phrases() or _PATTERNS.fullmatch(whole):
        return True
    return only_closes(_sentences(text), but=_is_empty)


def _sentences(text: str) -> list[str]:
    """The sentences, of their marks only that of a question; Greek asks with a semicolon."""
    parts = _SENTENCE.split(text)
    marked = zip(parts[::2], [*parts[1::2], ""], strict=True)
    return [f"{part}{_mark(part, end)}" for part, end in marked if _folded(part)]


def _mark(sentence: str, end: str) -> str:
    asks = "?" in end or "？" in end or (";" in end and _GREEK.search(sentence))
    return "?" if asks else ""


def _is_empty(sentence: str) -> bool:
    parts = [folded for part in _CLAUSE.split(sentence) if (folded := _folded(part))]
    return all(part in _empty_phrases() or _PATTERNS.fullmatch(part) for part in parts)
