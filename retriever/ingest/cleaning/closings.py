"""Does a sentence only say that a ticket is over, or not yet?

Over: thanks, closed, no answer came, please rate us, I am away. Judged by its words: in one language, each must be one
that such sentences consist of, and one of the text must speak of the end. Not yet: we look into it, it was escalated,
send us a screenshot. Then one of the sentence must put off or ask back. So a new wording is known without being listed,
and one word of substance ("replaced", 重启) keeps the text.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from index.text.folding import fold
from retriever.ingest.cleaning.wordlists import MARKS, words

SENTENCE_LIMIT = 400
_NAME_WORDS = 3
_URL = re.compile(r"(?:https?://|www\.)[^\s<>]{1,500}", re.IGNORECASE)
_SIGN = rf"[^\W_{MARKS}]|[{MARKS}]"
_TOKEN = re.compile(f"(?:{_SIGN})+")
_ENTRY = re.compile(rf"(?:{_SIGN})+\*?")
_LAST = re.compile(r" \(([^()]*)\)([?*])$")
_NUMBER = re.compile(r"\d{1,12}|[a-z]{0,6}\d{5,12}")
_DENSE = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_HIRAGANA = re.compile("[\u3041-\u309f]+")
_SCRIPTS = tuple(
    (language, re.compile(letters))
    for language, letters in (("ko", "[\uac00-\ud7af]"), ("th", "[\u0e00-\u0e7f]"), ("ja", "[\u3041-\u30fa]"))
)
_HONOURED = re.compile(
    "[\u3400-\u9fff]{1,3}(?:先生|女士|小姐|老师|经理)|[\u3400-\u9fff\u30a1-\u30fa]{1,8}(?:様|さん)"
    "|[\uac00-\ud7af]{2,4} ?님"
)


@dataclass(frozen=True, slots=True)
class _Spaced:
    """A language that writes spaces: single words and stems are looked up, phrases found by a pattern."""

    known: frozenset[str]
    stems: tuple[str, ...]
    core: frozenset[str]
    core_stems: tuple[str, ...]
    filler: frozenset[str]
    filler_stems: tuple[str, ...]
    phrases: re.Pattern[str]
    others: re.Pattern[str]


def only_closes(sentences: Sequence[str], *, but: Callable[[str], bool]) -> bool:
    """Do all sentences only say that it is over, or not yet? Those that `but` knows do; one must speak of it."""
    links = _asks_to_rate(" ".join(sentences))
    before, speaks = "", False
    for sentence in sentences:
        if but(sentence):
            speaks = True
        else:
            core = _cores(sentence, before=before, links=links)
            if core is None:
                return False
            speaks = speaks or core > 0
        before = _last_word(sentence) or before
    return speaks


def _cores(sentence: str, *, before: str, links: bool) -> int | None:
    """How many words of the sentence speak of the end; None where one word says something else."""
    if len(sentence) > SENTENCE_LIMIT:
        return None
    text = _URL.sub(" " if links else " url ", sentence)
    if _DENSE.search(text):
        return _dense_cores(text)
    tokens = _TOKEN.findall(text)
    folded = [fold(token) for token in tokens]
    unnamed = [word for word, named in zip(folded, _names(tokens, folded, fold(before)), strict=True) if not named]
    # Both ways: behind "Thanks." stand names, and also "Could you ...".
    counts = [_most_cores([word for word in said if not _NUMBER.fullmatch(word)]) for said in (unnamed, folded)]
    return max((count for count in counts if count is not None), default=None)


def _most_cores(said: list[str]) -> int | None:
    counts = [count for language in _spaced() if (count := _spaced_cores(said, language)) is not None]
    counts += [count for language in _putting_off() if (count := _spaced_cores(said, language))]
    return max(counts, default=None)


def _asks_to_rate(text: str) -> bool:
    """Does the text ask for an opinion, so that its links lead to a questionnaire?"""
    folded = fold(text)
    return any(stem in folded for stem in _ratings())


def _last_word(sentence: str) -> str:
    """The last word of a sentence; empty where there is none."""
    found = _TOKEN.findall(sentence)
    return found[-1] if found else ""


def _names(tokens: list[str], folded: list[str], before: str) -> list[bool]:
    """Which words are the name of somebody spoken to: capitals behind a polite word."""
    polite = _polite()
    named: list[bool] = []
    spoken_to = 0
    for place, token in enumerate(tokens):
        above = folded[place - 1] if place else before
        spoken_to = _NAME_WORDS if above in polite else spoken_to - 1
        is_name = spoken_to > 0 and token[0].isupper() and folded[place] not in words("orders")
        named.append(is_name)
        spoken_to = spoken_to if is_name else 0
    return named


def _spaced_cores(said: list[str], language: _Spaced) -> int | None:
    if not all(word in language.known or word.startswith(language.stems) for word in said):
        return None
    rest, found = language.phrases.subn(" ", " ".join(said))
    for word in language.others.sub(" ", rest).split():
        if word in language.core or word.startswith(language.core_stems):
            found += 1
        elif word not in language.filler and not word.startswith(language.filler_stems):
            return None
    return found


def _dense_cores(text: str) -> int | None:
    rest = fold(_HONOURED.sub(" ", text))
    language = next((name for name, script in _SCRIPTS if script.search(rest)), "zh")
    ends = _left_of(rest, language, "closings")
    return ends or _left_of(rest, language, "holding") or ends


def _left_of(text: str, language: str, tables: str) -> int | None:
    """How many words of the core were taken out; None where more is left than fillers."""
    core, filler = _dense(language, tables)
    rest, found = core.subn(" ", text)
    rest = filler.sub(" ", rest)
    if language == "ja":
        rest = _HIRAGANA.sub(" ", rest)
    left = (word for word in _TOKEN.findall(rest) if not _NUMBER.fullmatch(word))
    return found if all(word in _spaced()[0].filler for word in left) else None


@cache
def _data(name: str) -> dict[str, Any]:
    text = resources.files("retriever.ingest.cleaning").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _polite() -> frozenset[str]:
    return frozenset(fold(_data("closings")["polite"]).split())


@cache
def _ratings() -> tuple[str, ...]:
    return tuple(fold(_data("closings")["rating"]).split())


@cache
def _spaced() -> tuple[_Spaced, ...]:
    return tuple(
        _read(fold(table["core"]), fold(table["filler"]), fold(table.get("also", "")))
        for table in _data("closings").values()
        if isinstance(table, dict) and ";" in table["core"]
    )


@cache
def _putting_off() -> tuple[_Spaced, ...]:
    """The tables of what puts off, beside which all that speaks of the end may stand."""
    closings = _data("closings")
    return tuple(
        _read(
            fold(table["core"]),
            fold(f"{table['filler']} {closings[name]['filler']}"),
            fold(f"{closings[name]['core']};{closings[name].get('also', '')}"),
        )
        for name, table in _data("holding").items()
        if ";" in table["core"]
    )


def _read(core: str, filler: str, also: str) -> _Spaced:
    entries = [entry.strip() for entry in core.split(";") if entry.strip()]
    others = [entry.strip() for entry in also.split(";") if entry.strip()]
    single = [entry for entry in entries if _ENTRY.fullmatch(entry)]
    every = _ENTRY.findall(f"{core} {filler} {also}")
    known, stems = _split(every)
    cores, core_stems = _split(single)
    fillers, filler_stems = _split(filler.split())
    longer = [entry for entry in entries if entry not in single]
    return _Spaced(known, stems, cores, core_stems, fillers, filler_stems, _pattern(longer), _pattern(others))


def _split(entries: list[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Whole words, and the beginnings of others."""
    stems = tuple({entry.rstrip("*") for entry in entries if entry.endswith("*")})
    return frozenset(entry for entry in entries if not entry.endswith("*")), stems


def _pattern(entries: list[str]) -> re.Pattern[str]:
    """Any of the phrases as whole words, the longest first; nothing where there is none."""
    if not entries:
        return re.compile(r"(?!)")
    ordered = (_LAST.sub(_with_blank, entry) for entry in sorted(entries, key=len, reverse=True))
    parts = (re.sub(r"(?<=\w)\*", r"\\w{0,20}", entry) for entry in ordered)
    return re.compile(rf"(?<!\S)(?:{'|'.join(parts)})(?!\S)".replace(")*", "){0,3}"))


def _with_blank(last: re.Match[str]) -> str:
    """Words at the end that may be missing: so may the blank before them."""
    inner = "|".join(word.strip() for word in last[1].split("|"))
    return f"(?: (?:{inner})){last[2]}"


@cache
def _dense(language: str, tables: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A language whose words are taken out wherever they stand: what ends or puts off, and what stands beside it."""
    table, closings = _data(tables)[language], _data("closings")[language]
    beside = f"{table['filler']} {closings['filler']} {closings['core'] if table is not closings else ''}"
    return _taken_out(fold(table["core"]).split()), _taken_out(fold(beside).split())


def _taken_out(entries: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(set(entries), key=len, reverse=True))).replace("_", " ?"))
