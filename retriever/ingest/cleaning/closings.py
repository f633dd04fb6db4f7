"""Does a sentence only say that a ticket is over, or not yet?

Over: thanks, closed, no answer came, please rate us, I am away. Judged by its words: in one language, each must be one
that such sentences consist of, and one of the text must speak of the end. Not yet: we look into it, it was escalated,
send us a screenshot. Then one of the sentence must put off or ask back. So a new wording is known without being listed,
and one word of substance ("replaced", 重启) keeps the text.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from index.text.folding import fold
from retriever.ingest.cleaning.wordlists import MARKS, words
from retriever.masking.wordlists import names

SENTENCE_LIMIT = 400
_NAME_WORDS = 3
_URL = re.compile(r"(?:https?://|www\.)[^\s<>]{1,500}", re.IGNORECASE)
_SIGN = rf"[^\W_{MARKS}]|[{MARKS}]"
_TOKEN = re.compile(f"(?:{_SIGN})+")
_NAME = re.compile(rf"(?:{_SIGN})+(?:[-'’](?:{_SIGN})+)*")
_CLAUSE_END = re.compile("([,!:;()–—])")
_ENTRY = re.compile(rf"(?:{_SIGN})+\*?")
_LAST = re.compile(r" \(([^()]*)\)([?*])$")
_NUMBER = re.compile(r"\d{1,12}|[a-z]{0,6}\d{5,12}")
_DENSE = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_HIRAGANA = re.compile("[\u3041-\u309f]+")
_SCRIPTS = tuple(
    (language, re.compile(letters))
    for language, letters in (("ko", "[\uac00-\ud7af]"), ("th", "[\u0e00-\u0e7f]"), ("ja", "[\u3041-\u30fa]"))
)
_KINDS = ("core", "vague", "wants", "asks")
_ASKED = ("?", "؟", "\u037e")
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
    held: "_Held | None" = None


@dataclass(frozen=True, slots=True)
class _Held:
    """What makes a sentence of a language put off: we work on it, it was handed on, something is asked for."""

    core: re.Pattern[str]
    vague: re.Pattern[str]
    wants: re.Pattern[str]
    asks: re.Pattern[str]

    def puts_off(self, text: str, *, asked: bool, others: "_Others") -> bool:
        """A thing may only be what is asked for; "in progress" may be a download, so a ticket must stand beside."""
        if others.new.search(text):
            return False
        if self.wants.search(text) or (asked and self.asks.search(text)):
            return not others.third.search(text)
        if others.things.search(text):
            return False
        return bool(self.core.search(text) or (self.vague.search(text) and others.ticket.search(text)))


@dataclass(frozen=True, slots=True)
class _Others:
    """Words of all languages that decide what a sentence that seems to put off is about."""

    things: re.Pattern[str]
    ticket: re.Pattern[str]
    third: re.Pattern[str]
    new: re.Pattern[str]


def only_closes(sentences: Sequence[str], *, but: Callable[[str], bool]) -> bool:
    """Do all sentences only say that it is over, or not yet? Those that `but` knows do; one must speak of it."""
    links = _asks_to_rate(" ".join(sentences))
    before, speaks = "", False
    for place, sentence in enumerate(sentences, 1):
        if but(sentence):
            speaks = True
        else:
            core = _cores(sentence, before=before, links=links, last=place == len(sentences))
            if core is None:
                return False
            speaks = speaks or core > 0
        before = _last_word(sentence) or before
    return speaks


def _cores(sentence: str, *, before: str, links: bool, last: bool) -> int | None:
    """How many words of the sentence speak of the end; None where one word says something else."""
    if len(sentence) > SENTENCE_LIMIT:
        return None
    text = _URL.sub(" " if links else " url ", sentence)
    if _DENSE.search(text):
        return _dense_cores(text)
    folded = [fold(token) for token in _TOKEN.findall(text)]
    unnamed = [fold(token) for token in _TOKEN.findall(_without_names(text, before=fold(before), last=last))]
    asked = text.rstrip().endswith(_ASKED)
    # Both ways: behind "Thanks" stand names, and also "Could you ...".
    counts = [
        _most_cores([word for word in said if not _NUMBER.fullmatch(word)], asked=asked) for said in (unnamed, folded)
    ]
    known = [count for count in counts if count is not None]
    return None if not known or _tells().search(" ".join(folded)) else max(known)


def _most_cores(said: list[str], *, asked: bool) -> int | None:
    counts = [count for language in _spaced() if (count := _spaced_cores(said, language)) is not None]
    text = " ".join(said)
    counts += [
        count
        for language in _putting_off()
        if (count := _spaced_cores(said, language))
        and language.held
        and language.held.puts_off(text, asked=asked, others=_others())
    ]
    return max(counts, default=None)


def _asks_to_rate(text: str) -> bool:
    """Does the text ask for an opinion, so that its links lead to a questionnaire?"""
    folded = fold(text)
    return any(stem in folded for stem in _ratings())


def _last_word(sentence: str) -> str:
    """The last word of a sentence; empty where there is none."""
    found = _TOKEN.findall(sentence)
    return found[-1] if found else ""


def _without_names(text: str, *, before: str, last: bool) -> str:
    """The sentence without who is spoken to, and without who signs in the last line.

    A name stands directly behind a greeting, a title or thanks, and the clause ends with it: else it is what was done.
    """
    kept: list[str] = []
    above, gap = before, "sign" if last else "."
    parts = _CLAUSE_END.split(text)
    for clause, end in zip(parts[::2], [*parts[1::2], ""], strict=True):
        tokens = _NAME.findall(clause)
        for place in range(max(0, len(tokens) - _NAME_WORDS - 1), len(tokens)):
            speaks_to = (fold(tokens[place - 1]), " ") if place else (above, gap)
            if _is_name(tokens[place:], *speaks_to):
                del tokens[place:]
                break
        kept += tokens
        above, gap = fold(tokens[-1]) if tokens else "", end
    return " ".join(kept)


def _is_name(said: list[str], above: str, gap: str) -> bool:
    """Is it a name? Behind a greeting or a title it may be any word with a capital, elsewhere one that people bear."""
    titled = fold(said[0]) in _words_of("titles")
    name = said[1:] if titled else said
    if len(name) > _NAME_WORDS or not all(_is_capital(word) for word in name):
        return False
    behind_title = above in _words_of("titles") and gap in (" ", ".", "sign")
    polite = above in _words_of("greeting") | _words_of("polite") and gap in (" ", ",", "sign")
    if not (behind_title or polite):
        return False
    free = titled or behind_title or (gap == " " and above in _words_of("greeting"))
    return all(map(_is_borne, name[1:] if free else name))


def _is_capital(word: str) -> bool:
    return word[0].isupper() and fold(word) not in words("orders")


def _is_borne(word: str) -> bool:
    """Do people bear the name? An initial and the second half of a double name may be any."""
    first = word.partition("-")[0].casefold()
    return len(word) == 1 or (first in names("names") and first not in _words_of("brands"))


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
    if _tells_dense().search(rest):
        return None
    ends = _left_of(rest, language, "closings")
    if ends:
        return ends
    held = _left_of(rest, language, "holding")
    return held if held and _held_dense(language).puts_off(rest, asked=True, others=_others()) else ends


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
def _words_of(name: str) -> frozenset[str]:
    return frozenset(fold(_data("closings")[name]).split())


@cache
def _tells() -> re.Pattern[str]:
    """What says something though each of its words may stand in a closing."""
    return _phrases_of(_data("closings")["tells"])


@cache
def _tells_dense() -> re.Pattern[str]:
    return re.compile("|".join(fold(_data("closings")["tells_dense"]).split()))


@cache
def _others() -> _Others:
    table = _data("holding")
    return _Others(*(_beginnings(table[name]) for name in ("things", "ticket", "third", "new")))


def _beginnings(text: str) -> re.Pattern[str]:
    """Any of the words, `stem*` for any ending; words of scripts without spaces wherever they stand."""
    listed = fold(text).split()
    dense = [re.escape(word) for word in listed if _DENSE.search(word)]
    spaced = [re.escape(word.rstrip("*")) + (r"\w{0,20}" if word.endswith("*") else "") for word in listed]
    return re.compile(rf"(?<!\S)(?:{'|'.join(spaced)})(?!\S)|{'|'.join(dense)}")


def _phrases_of(text: str) -> re.Pattern[str]:
    return _pattern([entry.strip() for entry in fold(text).split(";") if entry.strip()])


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
        replace(
            _read(
                fold(";".join(table.get(kind, "") for kind in _KINDS)),
                fold(f"{table['filler']} {closings[name]['filler']}"),
                fold(f"{closings[name]['core']};{closings[name].get('also', '')}"),
            ),
            held=_Held(*(_phrases_of(table.get(kind, "")) for kind in _KINDS)),
        )
        for name, table in _data("holding").items()
        if isinstance(table, dict) and ";" in table["core"]
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
    core = " ".join(table.get(kind, "") for kind in _KINDS)
    return _taken_out(fold(core).split()), _taken_out(fold(beside).split())


@cache
def _held_dense(language: str) -> _Held:
    table = _data("holding")[language]
    return _Held(*(_taken_out(fold(table.get(kind, "")).split()) for kind in _KINDS))


def _taken_out(entries: list[str]) -> re.Pattern[str]:
    if not entries:
        return re.compile(r"(?!)")
    return re.compile("|".join(map(re.escape, sorted(set(entries), key=len, reverse=True))).replace("_", " ?"))
