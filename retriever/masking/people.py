"""Names of people in Chinese, Japanese and Korean, by the words around them. Best effort, no promise."""

import re
from collections.abc import Iterator

from retriever.masking.folding import Folded
from retriever.masking.rules import MaskingRule, RuleScope, TextPassage
from retriever.masking.wordlists import any_of, words

# --- Chinese

_HAN = "[\u4e00-\u9fff]"
_LABELLED = re.compile(
    rf"(?:{any_of('chinese_name_labels')})(?:姓名)?(?:[:：]|为|是|叫|\s)\s{{0,3}}(?P<name>{_HAN}{{2,4}}+)"
)
_CALLED = re.compile(rf"(?:我叫|名叫|我的名字是|我的名字叫|本人姓名|叫做)\s?(?P<name>{_HAN}{{2,4}}+)")
_I_AM = re.compile(rf"(?:我是|本人|这里是)(?P<name>{_HAN}{{2,3}}+)(?![A-Za-z0-9])")
_LED = re.compile(rf"(?:{any_of('chinese_name_leads')})[ （(“\"'：:]{{0,2}}(?P<name>{_HAN}{{2,4}}+)")
_TITLE = re.compile(
    rf"(?:{any_of('chinese_titles')}|总(?![是共体额数量结线部监裁成计价和分之算归而的在有被不无没需该可以览则务站台公校支])"
    r"|工(?![作程具厂人序业资时地艺种期号会商段龄行装卡经]))"
)
_FREE_TITLES = frozenset(("先生", "女士", "小姐", "太太"))
_SIGNED = re.compile(
    r"(?:此致\s{0,4}敬礼|敬上|谢谢|祝好|顺祝商祺)[!！。,，]?[ \t]*\n{1,2}[ \t]*"
    rf"(?P<name>{_HAN}{{2,4}}+)[ \t]*(?=\n|$)"
)
_SURNAMES = frozenset(words("surnames"))
_RISKY_SURNAMES = frozenset(words("risky_surnames"))
_RARE_SURNAMES = frozenset(words("rare_surnames"))
_NOT_BEFORE_TITLES = frozenset("江向万程任章段")
_DOUBLE_SURNAMES = frozenset(words("double_surnames"))
_NOT_IN_NAMES = frozenset(words("not_in_names"))
_GIVEN = frozenset(words("given_signs"))
_FUNCTION = frozenset("的了吗呢吧不没请是我你您他她它们这那在就都也很和与或被把给让从到对")
_TITLES = words("chinese_titles")
_FOLLOWS = words("chinese_name_follows")
_IS_HAN = re.compile(_HAN)
_THREE = re.compile(rf"(?:^|[^\u4e00-\u9fff]){_HAN}{{3}}$")
_NO_NAMES = (*words("no_chinese_name"), *words("regions"))


def name_length(text: str, *, risky: bool, sure: bool = True) -> int:
    """How many of the first signs are a Chinese name: surname and one or two signs; 0 when they are none.

    `risky` takes surnames that often begin another word, too. A second sign that no given name has begins the next
    word, unless the text ends with it. Unless `sure`, the first one must be of a given name as well.
    """
    if text.startswith(_NO_NAMES):
        return 0
    surname = 2 if text[:2] in _DOUBLE_SURNAMES else 1
    if surname == 1 and not _is_surname(text[:1], risky):
        return 0
    given = 0
    for place, sign in enumerate(text[surname : surname + 2], surname):
        if sign in _NOT_IN_NAMES or not "\u4e00" <= sign <= "\u9fff":
            break
        doubtful = given or not sure
        if doubtful and sign not in _GIVEN and (not sure or place + 1 < len(text)):
            break
        given += 1
    return surname + given if given else 0


def _is_surname(sign: str, risky: bool) -> bool:
    if risky and sign in _RARE_SURNAMES:
        return True
    return sign in _SURNAMES and (risky or sign not in _RISKY_SURNAMES)


def _chinese(folded: Folded) -> Iterator[TextPassage]:
    if not folded.has_han:
        return
    for pattern in (_LABELLED, _CALLED, _SIGNED):
        for found in pattern.finditer(folded.text):
            if length := _acting(folded.text, found.start("name")) or name_length(found["name"], risky=True):
                yield found.start("name"), found.start("name") + length
    for found in _I_AM.finditer(folded.text):
        # Nearly anything may follow "I am": only a whole passage that is a name and nothing more.
        if name_length(found["name"], risky=False) == len(found["name"]):
            yield found.span("name")
    for found in _LED.finditer(folded.text):
        place = found.start("name")
        if length := _acting(folded.text, place) or name_length(found["name"], risky=False, sure=False):
            yield found.start("name"), found.start("name") + length


def _acting(text: str, start: int) -> int:
    """The length of a name of three signs behind which something begins that a person does; 0 for anything else."""
    name, after = text[start : start + 3], text[start + 3 : start + 7]
    if not _is_whole(name) or (_IS_HAN.match(after) and not after.startswith(_FOLLOWS)):
        return 0
    return 3


def _is_whole(name: str) -> bool:
    """Are these three signs a surname and two that no sentence goes on with?"""
    if name.startswith(_NO_NAMES) or len(name) != 3 or not all(map(_IS_HAN.match, name)):
        return False
    surname = name[0] in _SURNAMES and name[0] not in _RARE_SURNAMES
    return surname and not _FUNCTION.intersection(name[1:]) and not name.endswith(_TITLES)


def _titled(folded: Folded) -> Iterator[TextPassage]:
    if not folded.has_han:
        return
    for found in _TITLE.finditer(folded.text):
        end = found.start()
        before = folded.text[max(0, end - 5) : end]
        free = found[0] in _FREE_TITLES
        # Three signs between a break and a title are a whole name.
        if _THREE.search(folded.text[max(0, end - 4) : end]) and _acting(before[-3:] + "，", 0):
            yield end - 3, end
            continue
        if before.endswith(_NO_NAMES) or (before + found[0]).endswith(_NO_NAMES):
            continue
        for length in (4, 3, 2, 1):
            if length <= len(before) and _is_addressed(before, length, free=free):
                yield end - length, end
                break


def _is_addressed(before: str, length: int, *, free: bool) -> bool:
    """Do the last signs before a title hold a surname alone or a whole name? Before positions less often the latter."""
    name = before[-length:]
    if length == 1:
        return name in _SURNAMES and name not in _NOT_BEFORE_TITLES and before[-2:] != name * 2
    if name in _DOUBLE_SURNAMES:
        return True
    return name_length(name, risky=False, sure=free) == length


# --- Japanese and Korean

_JAPANESE = re.compile(
    r"(?:(?<=[はが、。\s])|^)(?P<a>[\u4e00-\u9fff々]{2,5}+)と申します"
    r"|(?:氏名|お名前|担当者|ご担当|顧客名|契約者名|宛名|お客様名)[:：]\s?(?P<b>[\u4e00-\u9fff々ぁ-んァ-ヶー]{2,8}+)"
)
_JAPANESE_BESIDE = re.compile(
    rf"(?:{any_of('japanese_person_roles')})[はの:： 　]{{1,2}}(?P<name>[\u4e00-\u9fff々]{{3,6}}+)"
)
_HONORED = re.compile(r"(?:様|さん|さま|氏(?!名)|殿|くん|君|先生|部長|課長|社長|係長|主任)(?![\u4e00-\u9fffァ-ヶー])")
_KANJI = re.compile(r"[\u4e00-\u9fff々ヶ]*")
_JAPANESE_SURNAMES = tuple(words("japanese_surnames"))
_LONG_JAPANESE_SURNAMES = tuple(name for name in _JAPANESE_SURNAMES if len(name) > 1)
_NO_JAPANESE = tuple(words("no_japanese_value"))
_JAPANESE_ROLES = frozenset(words("japanese_roles"))
_LONGEST_JAPANESE = 6
_KOREAN_SURNAME = "김이박최정강조윤장임한오서신권황안송류전홍유고문양손배백허남심노하곽성차주우구민진나엄"
_KOREAN_TITLES = (
    "과장|대리|부장|사장|차장|팀장|실장|이사|상무|전무|주임|대표|선생|교수|박사|기사|매니저|고객|원장|소장|본부장|회장"
)
_KOREAN = re.compile(
    rf"(?:이름은|성함은|성명[:：]|성함[:：]|이름[:：]|저는|고객명[:：]|신청자[:：]|담당자[:：])\s?(?P<a>[{_KOREAN_SURNAME}][가-힣]{{1,2}})"
    r"(?=입니다|이고|이며|[\s,.]|$)"
    rf"|(?<![가-힣])(?P<b>[{_KOREAN_SURNAME}][가-힣](?![팀부과청국처실])[가-힣])"
    rf"(?= ?(?:(?:{_KOREAN_TITLES}) ?)?(?:님|씨)(?:[께이은는의을를과와에도만가]|[^가-힣]|$))"
    rf"|(?<![가-힣])(?P<c>[김박최강윤임권황송류홍])"
    rf"(?= ?(?:{_KOREAN_TITLES})님?(?:[께이은는의을를과와에도만가]|[^가-힣]|$))"
    rf"|(?<![가-힣])(?:고객|사용자|담당자|회원) (?P<d>[{_KOREAN_SURNAME}][가-힣]{{2}})(?=님|씨|이|가|은|는|의|[\s,.]|$)"
)
_KOREAN_ROLES = frozenset(words("korean_roles"))


def is_blank(value: str) -> bool:
    """Is it what a Japanese form shows where no name stands: `未定`, `必須項目`, `欄が空`?"""
    return value.startswith(_NO_JAPANESE)


def _japanese_korean(folded: Folded) -> Iterator[TextPassage]:
    for pattern, roles in ((_JAPANESE, _JAPANESE_ROLES), (_KOREAN, _KOREAN_ROLES)):
        for found in pattern.finditer(folded.text):
            group = found.lastgroup or "a"
            if found[group] not in roles and not is_blank(found[group]):
                yield found.span(group)
    for found in _JAPANESE_BESIDE.finditer(folded.text):
        # A surname of one sign begins many words.
        surname = found["name"].startswith(_LONG_JAPANESE_SURNAMES)
        if surname and not found["name"].endswith(tuple(_JAPANESE_ROLES)):
            yield found.span("name")
    for found in _HONORED.finditer(folded.text):
        if length := _honored_length(folded.text, found.start(), found[0]):
            yield found.start() - length, found.start()


def _honored_length(text: str, end: int, honorific: str) -> int:
    """How many signs before a Japanese honorific are a name: from a known surname on, or all of a run before 様."""
    run = _KANJI.match(text[max(0, end - _LONGEST_JAPANESE - 1) : end][::-1])
    name = run[0][::-1] if run else ""
    for length in range(min(len(name), _LONGEST_JAPANESE), 0, -1):
        if name[-length:].startswith(_JAPANESE_SURNAMES) and name[-length:] not in _JAPANESE_ROLES:
            # A surname of one sign begins many words.
            return length if length > 1 or len(name) == 1 else 0
    whole = honorific == "様" and 2 <= len(name) <= 4 and not name.endswith(tuple(_JAPANESE_ROLES))
    bounded = end == len(name) or text[end - len(name) - 1] in "、。\n \t"
    return len(name) if whole and bounded else 0


def _with_east_asian(folded: Folded) -> bool:
    return not folded.text.isascii()


RULES = (
    MaskingRule("chinese_name", "PERSON", _chinese, _with_east_asian, RuleScope.TEXT),
    MaskingRule("chinese_title", "PERSON", _titled, _with_east_asian, RuleScope.TEXT),
    MaskingRule("japanese_korean_name", "PERSON", _japanese_korean, _with_east_asian, RuleScope.TEXT),
)  # fmt: skip
