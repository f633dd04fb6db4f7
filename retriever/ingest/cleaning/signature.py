"""What stands below the text of a mail: sign-offs with names and numbers, advertisements of devices, disclaimers.

Cut on evidence: a sign-off must be followed by nothing but names, jobs and addresses; a disclaimer must speak of
confidence and addressees. When unsure, the text stays.
"""

import re
from collections.abc import Callable, Sequence

from retriever.ingest.cleaning.code import fenced_lines
from retriever.ingest.cleaning.wordlists import phrases, starts, words

SIGNATURE_LINES = 14
SIGNATURE_WIDTH = 110
_LINE_LIMIT = 500

CLOSERS = " \t,.!،؛，。！、~～;；:：…*_"
_BEFORE_POSTSCRIPT = " \t*_([-–—>【（"
_RULE = re.compile(r"\s*(?:[-_=*~—–]{2,120}|—|–|</?includetail>)\s*")
_DELIMITER = "-- "
_WORD = re.compile(r"[^\W\d_][\w'’.-]{0,60}")
_NAME = re.compile(
    r"[^\W\d_][\w'’.·-]{0,40},?(?: +(?:[&|/-] +)?[^\W\d_][\w'’.·-]{0,40},?){0,6}\.?(?: *\([\w .'-]{1,40}\))?"
)
_DENSE_NAME = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af· \u3000]{1,9}")
_DENSE_LINE = re.compile(r"[\w\u3000 ·()（）.-]{1,30}")
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CONTACT = re.compile(
    r"[^\s@]{1,64}@[^\s@]{1,190}\.\w{2,20}|\[EMAIL(?:_\d+)?\]|\[PHONE(?:_\d+)?\]|\bwww\.\S|https?://\S"
    r"|(?<![\w.])\+?\(?\d[\d ()/.\u2011-]{5,22}\d(?![\w.])",
)
_ADDRESS = re.compile(
    r"\d{4,6}[ -][^\W\d_][\w .'-]{1,40}|[^\W\d_][\w .'-]{2,40},? \d{1,4}[a-z]?(?:, .{1,60})?"
    r"|\d{1,5} (?=[A-Z\u00c0-\u00de])[\w .'-]{4,60}(?:, .{1,60})?"
)
_ITEM = re.compile(r"\s*(?:[-*•+·>]\s|\d{1,3}[.)、．]|[（(]?[a-z\d][)）]\s|[①-⑳])")
_CONTENT = re.compile(
    r"[={}\\;<]|\(\)|->|[:：]\s*$|^\s*[$#>%] ?\S|^ {4}|^\t"
    r"|\.(?:exe|ini|cfg|conf|log|dll|xml|json|ya?ml|sh|bat|py|sql)\b"
)
_PAIR = re.compile(r"\s*([^\s:：][^:：]{0,28}?)\s*[:：]\s*\S")
_SENTENCE = re.compile(r"\S+(?:\s+\S+){4,}[.?!]$|\w{12,}[。？！]$")
_LOG = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d\d:\d\d:\d\d[.,]\d{3}|\b(?:ERROR|FATAL|WARN(?:ING)?|INFO|DEBUG|TRACE|CRITICAL)\b"
    r"|^\s*at [\w$.<>]{3,200}\(|^\s*File \"|Traceback \(most|\b\w{3,80}(?:Exception|Error)\b|\b0x[0-9A-Fa-f]{3,16}\b"
    r"|\b[A-Z]{2,6}-\d{3,6}\b|\b(?:errno|exit code|status code|error code|错误码|错误代码|エラーコード|Fehlercode)\b"
    r"|^\s*[$#] \S|^\s*at line \d"
)
_LINK = re.compile(r"<[^<>]{0,300}>|\(https?:[^()\s]{0,300}\)")
_DENSE_SENT = re.compile(
    r"(?:发自|來自|来自|寄自|从)(?:我的|網易|网易|腾讯|QQ)?.{0,20}?"
    r"(?:iphone|ipad|android|安卓|手机|手機|邮箱|郵箱|大师|大師|outlook|mail|设备|裝置)\S{0,8}(?: ?发送| ?傳送)?"
    r"|從我的.{1,20}傳送|获取 ?outlook.{0,20}|取得 ?outlook.{0,20}"
    r"|(?:私の)?(?:iphone|ipad|android|スマートフォン|携帯).{0,12}から(?:の?送信).{0,6}"
    r"|outlook for (?:ios|android) を入手"
    r"|(?:나의|내) .{1,20}에서 (?:보냄|보낸|전송).{0,10}|outlook for (?:ios|android) ?다운로드",
    re.IGNORECASE,
)


def looks_like_log(line: str) -> bool:
    """Does the line look like a log, a stack trace, a command or an error code?"""
    return bool(_LOG.search(line[:_LINE_LIMIT]))


def without_signature(lines: Sequence[str]) -> list[str]:
    """Without what stands below the text: disclaimers, "sent from my phone", a sign-off and the names behind it."""
    kept = _trimmed(lines)
    for _ in range(3):  # each may stand below another
        shorter = _without_tail(_without_disclaimer(_without_footer(_without_sent_from(kept))))
        if len(shorter) == len(kept) or not any(line.strip() for line in shorter):
            break
        kept = shorter
    return kept


def _trimmed(lines: Sequence[str], *, least: int = 0, unless: Callable[[str], object] = str.strip) -> list[str]:
    """The lines without those at the end that are empty or of no interest; `least` of them stay."""
    end = len(lines)
    while end > least and not unless(lines[end - 1]):
        end -= 1
    return list(lines[:end])


def _without_sent_from(lines: Sequence[str]) -> list[str]:
    return _trimmed(lines, least=1, unless=lambda line: line.strip() and not is_sent_from(line))


def is_sent_from(line: str) -> bool:
    """Is the whole line an advertisement of the device or the program that the mail was written with?"""
    if len(line) > _LINE_LIMIT:
        return False
    plain = _LINK.sub("", line) if "<" in line or "(" in line else line
    folded = plain.strip(" \t.!*_-–—[]()").casefold()
    if not folded or len(folded) > 100:
        return False
    if _DENSE.search(folded):
        return bool(_DENSE_SENT.fullmatch(folded))
    if not folded.startswith(starts("sent_from")) and not folded.endswith(starts("sent_last")):
        return False
    begins = next((start for start in starts("sent_from") if folded.startswith(f"{start} ")), "")
    ends = folded.endswith(starts("sent_last"))
    rest = folded[len(begins) :].split()[: -1 if ends else None]
    begun = starts("device_begins")
    named = any(word.strip(".,'’") in words("device_named") or word.startswith(begun) for word in rest)
    return named and bool(begins or ends) and all(map(_is_device, rest))


def _is_device(word: str) -> bool:
    bare = word.strip(".,:;'’\"")
    return bare in words("device") or bare.isdigit() or len(bare) <= 1 or bare.startswith(starts("device_begins"))


def _without_footer(lines: Sequence[str]) -> list[str]:
    """Without the rule at the end below which a mailing list names itself and its addresses."""
    fenced = fenced_lines(lines)
    for place in range(max(len(lines) - SIGNATURE_LINES, 1), len(lines)):
        if any(fenced[place:]) or not _RULE.fullmatch(lines[place]):
            continue
        tail = [line for line in lines[place + 1 :] if line.strip() and not _RULE.fullmatch(line)]
        if any(map(_names_list, tail)) and any(map(_CONTACT.search, tail)) and all(map(_is_of_list, tail)):
            return without_rule(lines[:place])
    return list(lines)


def _names_list(line: str) -> bool:
    folded = line[:_LINE_LIMIT].casefold()
    return any(sign in folded for sign in phrases("list_footer"))


def _is_of_list(line: str) -> bool:
    """A name of the list, an address, and no step: "Add her to the mailing list"."""
    found = _WORD.search(line)
    is_order = found is not None and found[0].casefold() in words("orders")
    return len(line) <= _LINE_LIMIT and not is_order and bool(_names_list(line) or _CONTACT.search(line))


def _without_disclaimer(lines: Sequence[str]) -> list[str]:
    """Cut where a paragraph begins that speaks of confidence and addressees, if nothing else follows it."""
    kept = _trimmed(lines)
    fenced = fenced_lines(kept)
    for place in range(max(len(kept) - SIGNATURE_LINES, 1), len(kept)):
        if fenced[place] or not _begins_disclaimer(kept[place]):
            continue
        tail = kept[place:]
        legal = all(_is_legal(part) for part in _paragraphs(tail))
        if (
            legal
            and _legal_words(" ".join(tail)) >= 3
            and not any(fenced[place:])
            and any(map(str.strip, kept[:place]))
        ):
            return without_rule(kept[:place])
    return kept


def _begins_disclaimer(line: str) -> bool:
    return line[:200].strip(" *_\t|").casefold().startswith(starts("disclaimer"))


def _is_legal(paragraph: str) -> bool:
    return _legal_words(paragraph) > 0 or len(paragraph) < 40


def _legal_words(text: str) -> int:
    folded = text[:4000].casefold()
    found = [word for word in words("legal") if word in folded]
    return sum(not any(word != other and word in other for other in found) for word in found)


def _paragraphs(lines: Sequence[str]) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", "\n".join(line.strip() for line in lines)) if part.strip()]


def without_rule(lines: Sequence[str]) -> list[str]:
    """Without lines of dashes and the like at the end."""
    return _trimmed(lines, unless=lambda line: line.strip() and not _RULE.fullmatch(line))


def _without_tail(lines: Sequence[str]) -> list[str]:
    """Cut at a delimiter or a sign-off near the end that only names, jobs, numbers and addresses follow."""
    fenced = fenced_lines(lines)
    for place in range(max(len(lines) - SIGNATURE_LINES, 0), len(lines)):
        if any(fenced[place:]):
            continue
        tail = [line for line in lines[place + 1 :] if line.strip()]
        if _ends_text(lines[place], tail):
            return without_rule(lines[:place])
    return list(lines)


def _ends_text(line: str, tail: Sequence[str]) -> bool:
    """Is the line the delimiter or sign-off of the signature below it?"""
    bare = line[:SIGNATURE_WIDTH].strip(CLOSERS).casefold()
    if line.rstrip("\r") == _DELIMITER:
        return not any(_is_content(entry) for entry in tail) and (not tail or any(map(_tells_who, tail)))
    if bare in phrases("signoff"):
        return not any(_is_content(entry) for entry in tail)
    if bare in phrases("thanks"):
        return _is_signature(tail) or not tail
    if _RULE.fullmatch(line):
        return _is_signature(tail) and any(map(_tells_who if line.strip() == "--" else _tells_more, tail))
    return len(tail) <= 6 and _signs_off_with_name(line) and not any(_is_content(entry) for entry in tail)


def _signs_off_with_name(line: str) -> bool:
    """`Best regards, Eva Long` on one line."""
    bare = line.strip()
    if len(bare) > 80:
        return False
    folded = bare.casefold()
    if not folded.startswith(starts("signoff")):
        return False
    begins = next((start for start in starts("signoff") if folded.startswith((f"{start},", f"{start} "))), "")
    rest = bare[len(begins) :].strip(" ,")
    return bool(begins) and len(begins) > 3 and bool(rest) and _is_name(rest)


def is_postscript(line: str) -> bool:
    """Does the line begin what was forgotten above: `P.S.`, `PS:`, `Nachtrag`?"""
    folded = line[:SIGNATURE_WIDTH].lstrip(_BEFORE_POSTSCRIPT).casefold()
    begins = next((start for start in starts("postscript") if folded.startswith(start)), "")
    after = folded[len(begins) : len(begins) + 1]
    return bool(begins) and (not after.isalnum() or bool(_DENSE.match(after)))


def _is_content(line: str) -> bool:
    """Steps, logs, code, pairs of name and value, sentences: nothing that a signature holds."""
    if _is_note(line):
        return False
    if is_postscript(line) or len(line) > SIGNATURE_WIDTH or looks_like_log(line) or _ITEM.match(line):
        return True
    found = _WORD.findall(line)
    is_order = len(found) > 1 and found[0].casefold() in words("orders")
    if _CONTACT.search(line):
        return is_order or _is_sentence(line)
    pair = _PAIR.match(line)
    if pair and not all(part in words("contact") for part in re.split(r"[\s/.|()]+", pair[1].casefold()) if part):
        return True
    if _CONTENT.search(line) or _is_sentence(line):
        return True
    small = [word for word in found if word[0].islower() and word.casefold() not in words("particles")]
    return len(small) >= 3 or is_order


def _is_sentence(line: str) -> bool:
    """Does the line end as a sentence of five words does? `Example Inc.` is a firm."""
    if not _SENTENCE.search(line.rstrip()):
        return False
    return line.rsplit(maxsplit=1)[-1].casefold().strip(".") not in words("job")


def _is_signature(tail: Sequence[str]) -> bool:
    """Is every line a name, a job, a firm, a number or an address, and the first of them a name?"""
    if not tail or len(tail) > 10 or any(_is_content(line) for line in tail):
        return False
    first = tail[0].strip(CLOSERS)
    begins = _is_name(first) or bool(_CONTACT.search(first)) or _is_sign_off(first)
    return begins and all(_is_part(line.strip(CLOSERS + "|")) for line in tail[1:])


def _tells_who(line: str) -> bool:
    """A name of several words, or more than a name."""
    bare = line.strip(CLOSERS)
    return _tells_more(bare) or (_is_name(bare) and (bool(_DENSE.search(bare)) or len(bare.split()) > 1))


def _tells_more(line: str) -> bool:
    """A number, an address, a job or a firm."""
    bare = line.strip(CLOSERS + "|")
    return bool(_CONTACT.search(bare) or _ADDRESS.fullmatch(bare)) or _is_job(bare)


def _is_note(line: str) -> bool:
    """Does the line ask not to print the mail?"""
    return len(line) < 200 and line.strip(CLOSERS + "|").casefold().startswith(starts("note"))


def _is_job(line: str) -> bool:
    if _DENSE_LINE.fullmatch(line) and any(word in line for word in words("job_wide")):
        return True
    return any(word.casefold().strip(".,") in words("job") for word in line.split())


def _is_part(line: str) -> bool:
    return (
        not line
        or _is_name(line)
        or bool(_CONTACT.search(line))
        or bool(_ADDRESS.fullmatch(line))
        or _is_sign_off(line)
        or is_sent_from(line)
        or _is_job(line)
        or _is_note(line)
    )


def _is_sign_off(line: str) -> bool:
    folded = line.casefold()
    return folded in phrases("signoff") or folded in phrases("thanks")


def _is_name(text: str) -> bool:
    """Few words, each with a capital where the script has them; no order such as "Open Settings"."""
    bare = text.strip(CLOSERS)
    if _DENSE.search(bare):
        step = _is_sign_off(bare) or any(word in bare for word in words("orders_wide"))
        return not step and bool(_DENSE_NAME.fullmatch(bare))
    found = _WORD.findall(bare)
    if not found or not _NAME.fullmatch(bare) or found[0].casefold().strip(".") in words("orders"):
        return False
    return (
        all(not word[0].islower() or word.casefold() in words("particles") for word in found)
        and not found[0][0].islower()
    )
