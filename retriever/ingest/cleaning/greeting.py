"""What stands above the text of a mail: a greeting alone on its line, a warning of the mail server.

A greeting must greet somebody and end there: "Hello World page is empty" is a sentence.
"""

import re
from collections.abc import Sequence

from retriever.ingest.cleaning.signature import looks_like_log
from retriever.ingest.cleaning.wordlists import phrases, starts, words

_WORD = re.compile(r"[^\W\d_][\w'’.-]{0,60}")
_ENDS = (",", "!", ":", ";", "،", "、", "，", "：", "！", "-", "–", ".")
_SALUTE = r"(?:您好|你好|大家好|各位好|早上好|上午好|下午好|晚上好|早安|午安)"
_TITLE = r"(?:先生|女士|小姐|老师|老師|经理|經理|总|工|主任|同学|同事)"
_KOREAN_TITLE = r"(?:님께|님|씨|담당자님|고객님|팀장님|대리님|과장님)"
_DENSE_GREETINGS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:尊敬的|亲爱的|親愛的|敬爱的)[\w \u00b7]{{0,16}}(?:[,，:：!！]\s?(?:{_SALUTE})?|{_SALUTE})[,，:：!！。~]?",
        rf"(?:[\w]{{1,8}}{_TITLE}|[\w]{{0,4}}(?:客服|团队|團隊|各位|同事们|老师们)[\w]{{0,4}})?[,，]?\s?{_SALUTE}"
        r"(?:[,，]?(?:各位|老师|客服|亲))?[,，:：!！。~]{0,3}",
        rf"[\u3400-\u9fff]{{2,4}}[,，]\s?{_SALUTE}[,，:：!！。~]{{0,3}}",
        rf"[\u3400-\u9fff]{{1,8}}{_TITLE}[,，:：]",
        r"(?:[\u3400-\u9fff\u30a0-\u30ffA-Za-z \u3000]{0,20}|ご担当者|お客|皆|みな|[\u3040-\u309f]{1,4})"
        r"(?:様|さま|さん|御中|殿|各位)(?:へ)?[、,:：]?",
        r"(?:いつも|平素より?)?(?:大変)?お世話に(?:なっております|なります|なりました)[。、,!]?",
        r"(?:こんにちは|おはようございます|お疲れ様です|お疲れさまです|初めまして)[。、,!]?",
        rf"(?:[\uac00-\ud7af]{{2,5}} ?{_KOREAN_TITLE}[,.]? ?)?(?:안녕하세요|안녕하십니까|수고하십니다|수고 많으십니다)"
        rf"(?:[,.]? ?(?:[\uac00-\ud7af]{{2,5}} ?(?:님|씨|입니다)|담당자님|고객님))?[,.!~]{{0,3}}",
        rf"[\uac00-\ud7af]{{2,5}} ?{_KOREAN_TITLE}[,:]",
    )
)


def without_beginning(lines: Sequence[str]) -> list[str]:
    """Without the warning that a mail server puts first, and without a first line that only greets."""
    return _without_greeting(_without_banner(lines))


def _without_banner(lines: Sequence[str]) -> list[str]:
    """Without a first paragraph that warns of mails from outside, if another one follows."""
    begins = next((place for place, line in enumerate(lines) if line.strip()), len(lines))
    ends = next((place for place in range(begins, len(lines)) if not lines[place].strip()), len(lines))
    banner = " ".join(lines[begins:ends])
    if ends - begins > 5 or len(banner) > 600 or not any(map(str.strip, lines[ends:])):
        return list(lines)
    folded = banner.casefold()
    warns = any(cue in folded for cue in phrases("banner")) and any(sign in folded for sign in phrases("warning"))
    return list(lines[ends + 1 :]) if warns else list(lines)


def _without_greeting(lines: Sequence[str]) -> list[str]:
    """Without a first line that is a greeting alone: it holds a name and nothing of the problem."""
    place = next((number for number, line in enumerate(lines) if line.strip()), None)
    if place is None or len(lines[place]) > 80 or looks_like_log(lines[place]):
        return list(lines)
    gap = place + 1 < len(lines) and not lines[place + 1].strip()
    rest = lines[place + 1 :]
    if any(map(str.strip, rest)) and is_greeting(lines[place], gap=gap):
        return list(rest)
    return list(lines)


def is_greeting(line: str, *, gap: bool) -> bool:
    """Does the line greet and say nothing else? A `gap` behind it stands for the comma that it lacks."""
    bare = line.strip()
    if any(pattern.fullmatch(bare) for pattern in _DENSE_GREETINGS):
        return True
    folded = bare.casefold()
    begins = next((start for start in starts("greeting") if folded.startswith(start)), "")
    if not begins or folded[len(begins) : len(begins) + 1].isalnum():
        return False
    rest = bare[len(begins) :]
    stripped = rest.strip(" ,.!:;،、，：！。~-–—*_👋🙂😊")
    ends = rest.rstrip(" *_").endswith(_ENDS)
    if not stripped:
        return True
    return _is_greeted(stripped, comma=ends, gap=gap)


def _is_greeted(text: str, *, comma: bool, gap: bool) -> bool:
    found = _WORD.findall(text)
    others = [word for word in found if word.casefold().strip(".") not in words("greeted")]
    if (
        len(found) > 8
        or len(others) > (4 if comma else 2)
        or any(map(str.isdigit, text))
        or not (comma or gap or not others)
    ):
        return False
    if any(word.casefold() in words("worlds") for word in others):
        return False
    return all(not word[0].islower() for word in others) or (comma and len(others) == 1)
