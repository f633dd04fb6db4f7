"""Names of people, by the words around them: titles, greetings, closings, "my name is". Best effort, no promise."""

import re
from collections.abc import Iterator

from retriever.masking.folding import Folded
from retriever.masking.rules import MaskingRule, RuleScope, TextPassage, with_any
from retriever.masking.wordlists import any_of, words

# --- Chinese

_LABELLED = re.compile(
    rf"(?:{any_of('chinese_name_labels')})(?:姓名)?(?:[:：]|为|是|叫|\s)\s{{0,3}}(?P<name>[\u4e00-\u9fff]{{2,4}}+)"
)
_CALLED = re.compile(r"(?:我叫|名叫|我的名字是|我的名字叫|本人姓名)\s?(?P<name>[\u4e00-\u9fff]{2,4}+)")
_I_AM = re.compile(r"(?:我是|本人|这里是)(?P<name>[\u4e00-\u9fff]{2,3}+)(?![A-Za-z0-9])")
_TITLED = re.compile(r"(?:先生|女士|小姐|太太|大姐|师傅|老师|经理|主管|主任|工程师|医生|律师)")
_FREE_TITLES = frozenset(("先生", "女士", "小姐", "太太"))
_SIGNED = re.compile(
    r"(?:此致\s{0,4}敬礼|敬上|谢谢|祝好|顺祝商祺)[!！。,，]?[ \t]*\n{1,2}[ \t]*"
    r"(?P<name>[\u4e00-\u9fff]{2,4}+)[ \t]*(?=\n|$)"
)
_SURNAMES = frozenset(words("surnames"))
_RISKY_SURNAMES = frozenset(words("risky_surnames"))
_DOUBLE_SURNAMES = frozenset(words("double_surnames"))
_NOT_IN_NAMES = frozenset(words("not_in_names"))


def name_length(text: str, *, risky: bool) -> int:
    """How many of the first signs are a Chinese name: surname and one or two signs; 0 when they are none."""
    surname = 2 if text[:2] in _DOUBLE_SURNAMES else 1
    if surname == 1 and (text[:1] not in _SURNAMES or (text[:1] in _RISKY_SURNAMES and not risky)):
        return 0
    given = 0
    for sign in text[surname : surname + 2]:
        if sign in _NOT_IN_NAMES or not "\u4e00" <= sign <= "\u9fff":
            break
        given += 1
    return surname + given if given else 0


def _chinese(folded: Folded) -> Iterator[TextPassage]:
    if not folded.has_han:
        return
    for pattern in (_LABELLED, _CALLED, _SIGNED):
        for found in pattern.finditer(folded.text):
            if length := name_length(found["name"], risky=True):
                yield found.start("name"), found.start("name") + length
    for found in _I_AM.finditer(folded.text):
        # Nearly anything may follow "I am": only a whole passage that is a name and nothing more.
        if name_length(found["name"], risky=False) == len(found["name"]):
            yield found.span("name")


def _titled(folded: Folded) -> Iterator[TextPassage]:
    if not folded.has_han:
        return
    for found in _TITLED.finditer(folded.text):
        end = found.start()
        before = folded.text[max(0, end - 4) : end]
        lengths = (4, 3, 2, 1) if found[0] in _FREE_TITLES else (1,)
        for length in lengths:
            if length <= len(before) and _is_addressed(before[-length:]):
                yield end - length, end
                break


def _is_addressed(name: str) -> bool:
    """A surname alone, or a whole name, as it stands before a title."""
    if len(name) == 1:
        return name in _SURNAMES and name not in "江向万程任章段"
    if name in _DOUBLE_SURNAMES:
        return True
    return name_length(name, risky=False) == len(name)


# --- alphabets

_WORD = r"[A-ZÀ-ÞĀ-ŽА-Я][a-zà-ÿā-žа-я]+(?:['’-][A-ZÀ-ÞА-Я]?[a-zà-ÿа-я]+)?"
_NAME = rf"(?P<name>{_WORD}(?: (?:[A-Z]\. )?{_WORD}){{0,2}})"
_TITLE = re.compile(rf"(?<![A-Za-zÀ-ÿ])(?:{any_of('titles')}) {_NAME}")
_INTRODUCED = re.compile(rf"(?<![A-Za-zÀ-ÿ])(?i:{any_of('introductions')}) {_NAME}")
_GREETED = re.compile(rf"(?:^|(?<=\n))[ \t]{{0,8}}(?i:{any_of('greetings')}) {_NAME} ?(?=[,!:\n])")
_CLOSED = re.compile(rf"(?i:{any_of('closings')})[,.!]?[ \t]{{0,8}}\n{{1,2}}[ \t]{{0,8}}{_NAME}[ \t]{{0,8}}(?=\n|$)")
_NO_NAME = frozenset(words("no_name"))


def _latin(folded: Folded) -> Iterator[TextPassage]:
    for pattern in (_TITLE, _INTRODUCED, _GREETED, _CLOSED):
        for found in pattern.finditer(folded.text):
            words = found["name"].split()
            kept = [word for word in words if word.lower() not in _NO_NAME]
            if words[0].lower() in _NO_NAME:
                continue
            if pattern is _INTRODUCED and found[0][:7].lower() == "this is" and len(kept) < 2:
                continue  # "This is Windows", "This is Great"
            length = len(" ".join(words[: _prefix(words)]))
            yield found.start("name"), found.start("name") + length


def _prefix(words: list[str]) -> int:
    """How many words stand before the first that belongs to no name."""
    return next((place for place, word in enumerate(words) if word.lower() in _NO_NAME), len(words))


# --- Japanese and Korean

_JAPANESE = re.compile(
    r"(?:(?<=[はが、。\s])|^)(?P<a>[\u4e00-\u9fff々]{2,5}+)と申します|(?:氏名|お名前|担当者|ご担当)[:：]\s?(?P<b>[\u4e00-\u9fff々ぁ-んァ-ヶ]{2,8}+)"
    r"|(?:(?<=[、。\s])|^)(?P<c>[\u4e00-\u9fff々]{2,4}+)様"
)
_JAPANESE_ROLES = frozenset(words("japanese_roles"))
_KOREAN = re.compile(
    r"(?:이름은|성함은|성명[:：]|이름[:：]|저는)\s?(?P<a>[김이박최정강조윤장임한오서신권황안송류전홍][가-힣]{1,2})(?=입니다|이고|이며|[\s,.]|$)"
    r"|(?<![가-힣])(?P<b>[김이박최정강조윤장임한오서신권황안송류전홍][가-힣]{2})"
    r"(?= ?(?:님|씨)(?:[께이은는의을를과와에도만가]|[^가-힣]|$))"
)
_KOREAN_ROLES = frozenset(words("korean_roles"))


def _japanese_korean(folded: Folded) -> Iterator[TextPassage]:
    for pattern, roles in ((_JAPANESE, _JAPANESE_ROLES), (_KOREAN, _KOREAN_ROLES)):
        for found in pattern.finditer(folded.text):
            group = found.lastgroup or "a"
            if found[group] not in roles:
                yield found.span(group)


def _with_east_asian(folded: Folded) -> bool:
    return not folded.text.isascii()


RULES = (
    MaskingRule("chinese_name", "PERSON", _chinese, _with_east_asian, RuleScope.TEXT),
    MaskingRule("chinese_title", "PERSON", _titled, _with_east_asian, RuleScope.TEXT),
    MaskingRule("japanese_korean_name", "PERSON", _japanese_korean, with_any(
        "申します", "様", "氏名", "名前", "担当", "님", "씨", "이름", "성함", "성명", "저는"), RuleScope.TEXT),
    MaskingRule("name", "PERSON", _latin, with_any(*words("name_hints")), RuleScope.TEXT),
)  # fmt: skip
