"""Is a sentence of a longer question only polite? It says thanks, who writes, or how urgent it is, and nothing else."""

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources

from index.text.folding import fold
from index.text.function_words import every_function_word
from retriever.masking.placeholders import without_placeholders
from retriever.search.smalltalk import asks_nothing, small_talk

LONGEST = 300
"""Characters of the longest sentence that may be only polite."""

_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
# Chinese and Japanese: a clause with one of these is polite, as nobody words a problem so.
_POLITE = (
    "希望(?:你|您|大家)?们?一切|(?:非常|十分|先|再次|多|万分)?(?:感谢|谢谢|多谢|感激|感恩)(?:你|您|贵|大家|了|支持|帮|一直|配合|理解)"
    "|谢谢|不好意思.{0,8}(?:打扰|麻烦)|打扰(?:你|您|了)|期待.{0,6}(?:回复|回信|答复)|(?:等|盼).{0,6}(?:回复|回信|答复)|(?:尽快|早日|及时|抓紧)"
    ".{0,8}(?:帮|处理|回复|解决|看|答复|联系)|(?:随时|尽管).{0,4}(?:联系|找)|祝(?:您|你|好|商祺|工作)|辛苦(?:您|你|了)|此致|敬礼|尊敬的|亲爱的"
    "|(?:老|忠实|会员|vip)(?:客户|顾客|用户)|(?:您|你)的(?:耐心|支持|帮助|理解)|拜托|麻烦(?:您|你|各位|大家)?(?:了|帮|尽快)?$"
    "|お世話|ありがとう|感謝|恐れ入り|恐縮|申し訳|お手数|よろしく|宜しく|と申します|お忙しい|お待ちして|ご不明な|失礼|敬具|拝啓|ご連絡ください"
    "|ご(?:対応|確認|返信|連絡|検討|協力|返答|回答).{0,12}(?:お願い|ください|いただ|幸い)"
)  # fmt: skip
_CLAUSE = re.compile("[,，、;；:：。.!！?？~～\\s]+")


def is_polite(sentence: str) -> bool:
    """Whether a sentence, in any of the main languages, is only polite. A digit says something: it may be a code."""
    text = fold(without_placeholders(sentence))
    if len(text) > LONGEST or _DIGIT.search(text):
        return False
    if _UNSPACED.search(text):
        polite, clauses = _polite_clauses(), [clause for clause in _CLAUSE.split(text) if clause]
        return all(polite.search(clause) or len(clause) < 3 or asks_nothing(clause) for clause in clauses)
    makes, has = _vocabulary()
    words = _WORD.findall(text)
    known = all(word in has or len(word) == 1 for word in words)
    return known and (any(word in makes for word in words) or asks_nothing(text))


@lru_cache(maxsize=1)
def _polite_clauses() -> re.Pattern[str]:
    return re.compile(fold(_POLITE))


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[frozenset[str], frozenset[str]]:
    """Words that make a sentence polite, and all words that such a sentence may have."""
    text = resources.files("retriever.search").joinpath("politeness.txt").read_text(encoding="utf-8")
    lines = [line.partition("|") for line in text.splitlines() if not line.startswith("#")]
    makes = _words(first for first, _, _ in lines)
    return makes, makes | _words(second for _, _, second in lines) | _words(every_function_word()) | small_talk()


def _words(texts: Iterable[str]) -> frozenset[str]:
    """The words of these texts as `is_polite` cuts them: `j'espère` is two."""
    return frozenset(word for text in texts for word in _WORD.findall(fold(text)))
