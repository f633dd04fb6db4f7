"""Why a case matched: what both sides share, what answers what in other words or another language, what differs.

Made from three comparisons: equal words and codes (`index.text.tokenise`), similarity of units
(`embedding.alignment.units`), and the fields that both sides name (`comparisons`). Masked values take no part, neither
as words nor as passages, nor do words that hold a sentence together and single letters (`telling`).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.text import tokenise
from index.types import FloatMatrix
from retriever.case.language_tags import base_language
from retriever.domain import AlignedPhrase, Case, Explanation, Match, Query
from retriever.embedding.alignment.units import TextRun, Unit, unit_cutter
from retriever.search.comparisons import compared
from retriever.search.passages import Field, Mark, field_of, passages_of, span_of
from retriever.search.telling import says_something, telling_part

ALIKE = 0.45
"""Cosine from which two units count as counterparts."""
LOOKED_AT = 4_000
"""Characters of a case, and of a question, that are explained; nearly every one is shorter."""
COMPARED = 64
"""Most words of a question that look for counterparts, the weightiest; equal words are found of all."""
PHRASES = 8
"""Most aligned phrases of one match."""
_NEAR = 2  # steps between words of the case within which neighbours in the question stay one phrase
_CODE_STRENGTH = 8.0
_NUMBER = re.compile(r"(?:http)?[0-9]+")
_DIGIT = re.compile(r"\d")

Ranges: TypeAlias = list[tuple[int, int]]
"""[start, end) of one text, ascending, none touching the next."""


@dataclass(frozen=True, slots=True, eq=False)
class ComparedText:
    """The fields of a question or a case as runs with their offsets, and the telling words of the shown ones.

    `words` holds (field, offset of its run, unit) in reading order; `vectors` theirs, one per row, and `telling`, (n,),
    whether each says something in the language of the text.
    """

    fields: Sequence[Field]
    runs: Sequence[Sequence[tuple[int, TextRun]]]
    words: Sequence[tuple[int, int, Unit]]
    vectors: FloatMatrix
    telling: NDArray[np.bool_]

    def place(self, word: int) -> tuple[int, int]:
        """Where a word begins and ends in its field."""
        _, at, unit = self.words[word]
        return at + unit.start, at + unit.end


@dataclass(frozen=True, slots=True)
class WordPair:
    """A word of the question and its counterpart in the case, by their places among the words of each."""

    asked: int
    found: int
    similarity: float


class Explainer:
    """One question, made ready to be held against its matches."""

    def __init__(self, query: Query, language: str) -> None:
        """Cut the question as it was searched: masked, where masking is on. `language` is the tag of its language."""
        self._query = query
        self._language = base_language(language)
        fields = _fields((("title", query.title), ("problem", query.problem)), "error_codes", query.error_codes)
        self._question = _weightiest(_compared_texts([fields], [len(fields)], [self._language])[0])
        self._tokens = [tokenise.spans(field.plain) for field in fields]
        self._codes = [code for field in fields for code in tokenise.codes(field.plain)]
        self._code_tokens = frozenset(tokenise.CODE_MARK + code.normalised for code in self._codes)
        # `error code 404` is a code for what stands before it, perhaps beyond white space: runs alone do not tell.
        self._named = any(_NUMBER.fullmatch(code.normalised) for code in self._codes)
        self._wanted = {token for found in self._tokens for token, _, _ in found}

    def explain(self, cases: Sequence[Case]) -> list[Explanation]:
        """Why each of these cases answers the question; together, because their words are looked up at once."""
        shown = [shown_fields(case) for case in cases]
        fields = [[*seen, *_kept_fields(case)] for case, seen in zip(cases, shown, strict=True)]
        texts = _compared_texts(fields, list(map(len, shown)), [base_language(case.language) for case in cases])
        return [self._explain(*pair) for pair in zip(cases, texts, strict=True)]

    def _explain(self, case: Case, text: ComparedText) -> Explanation:
        known, equal = self._equal(text)
        codes = self._case_codes(text)
        known.update(tokenise.CODE_MARK + code.normalised for found in codes for code in found)
        shared = [joined((a, b) for token, a, b in found if token in known) for found in self._tokens]
        cosines = self._question.vectors @ text.vectors.T * np.outer(self._question.telling, text.telling)
        return Explanation(
            words=self._shared_words(shared),
            codes=tuple(dict.fromkeys(c.text for c in self._codes if tokenise.CODE_MARK + c.normalised in known)),
            passages=passages_of(text.fields, self._marks(text, cosines, equal, codes)),
            aligned=self._aligned(text, cosines, shared),
            fields=compared(self._query, self._codes, case, codes),
        )

    def _shared_words(self, shared: Sequence[Ranges]) -> tuple[str, ...]:
        """The telling words among these ranges of the question."""
        found = (
            telling_part(field.text[a:b], self._language)
            for field, ranges in zip(self._question.fields, shared, strict=True)
            for a, b in ranges
        )
        return tuple(dict.fromkeys(filter(None, found)))

    def _equal(self, text: ComparedText) -> tuple[set[str], set[int]]:
        """The tokens of the question that the case has, and the words of the case that consist of them."""
        known: set[str] = set()
        equal: set[int] = set()
        wanted, place = self._wanted, 0
        for runs in text.runs:
            for _, run in runs:
                if not wanted.isdisjoint(run.tokens):
                    known |= wanted & run.tokens
                    ranges = joined((start, end) for token, start, end in run.spans if token in wanted)
                    equal.update(
                        number for number, unit in enumerate(run.units, place) if _inside(ranges, unit.start, unit.end)
                    )
                place += len(run.units)
        # Words of fields that are not shown are counted last and stand in no passage.
        return known, {number for number in equal if number < len(text.words) and text.telling[number]}

    def _case_codes(self, text: ComparedText) -> list[list[tokenise.Code]]:
        """The codes of each field, those at least that the question has too."""
        if not self._codes:
            return [[] for _ in text.fields]
        if self._named:
            return [tokenise.codes(field.plain) if _DIGIT.search(field.plain) else [] for field in text.fields]
        return [_codes_in(field, runs, self._code_tokens) for field, runs in zip(text.fields, text.runs, strict=True)]

    def _marks(
        self, text: ComparedText, cosines: FloatMatrix, equal: set[int], codes: Sequence[Sequence[tokenise.Code]]
    ) -> list[Mark]:
        """Every word of the case that the question has in the same or other words, in order."""
        alike = cosines.max(axis=0, initial=0.0).tolist()
        marks = []
        for place, likest in enumerate(alike):
            if likest >= ALIKE or place in equal:
                strength = text.words[place][2].weight * (1.0 if place in equal else likest)
                marks.append(Mark(text.words[place][0], *text.place(place), strength, place))
        wanted = {code.normalised for code in self._codes}
        shared = [(field, c) for field, found in enumerate(codes) for c in found if c.normalised in wanted]
        if shared:
            starts = [(field, at + unit.start) for field, at, unit in text.words]
            shown = max((field for field, _ in starts), default=-1)
            marks += [
                Mark(field, code.start, code.end, _CODE_STRENGTH, bisect_left(starts, (field, code.start)))
                for field, code in shared
                if field <= shown
            ]
            marks.sort(key=lambda mark: (mark.field, mark.start, -mark.end))
        return marks

    def _aligned(self, text: ComparedText, cosines: FloatMatrix, shared: Sequence[Ranges]) -> tuple[AlignedPhrase, ...]:
        """Counterparts of the question's words that the case has in other words."""
        asked = self._question
        if not cosines.size:
            return ()
        best = cosines.argmax(axis=1).tolist()
        pairs = [
            WordPair(word, counterpart, similarity)
            for word, (counterpart, similarity) in enumerate(zip(best, cosines.max(axis=1).tolist(), strict=True))
            if similarity >= ALIKE and not _inside(shared[asked.words[word][0]], *asked.place(word))
        ]
        groups = _grouped(pairs, asked, text)
        strongest = sorted(groups, key=lambda group: -sum(pair.similarity for pair in group))[:PHRASES]
        return tuple(_phrase(group, asked, text) for group in groups if group in strongest)


def explained(query: Query, language: str, matches: Sequence[Match]) -> tuple[Match, ...]:
    """The matches, each with its explanation; `language` is that of the question."""
    reasons = Explainer(query, language).explain([match.stored.case for match in matches])
    return tuple(replace(match, explanation=why) for match, why in zip(matches, reasons, strict=True))


def shown_fields(case: Case) -> list[Field]:
    """The texts of a case that an answer returns, as far as they are looked at."""
    return _fields((("title", case.title), ("problem", case.problem), ("solution", case.solution)), "steps", case.steps)


def joined(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Overlapping and touching ranges as one."""
    result: Ranges = []
    for start, end in sorted(ranges):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def _compared_texts(
    groups: Sequence[Sequence[Field]], shown: Sequence[int], languages: Sequence[str]
) -> list[ComparedText]:
    """The fields of several texts, cut together; words are taken of the first `shown` fields of each."""
    cut, memory = unit_cutter().cut([field.plain for group in groups for field in group])
    texts, first = [], 0
    for group, seen, language in zip(groups, shown, languages, strict=True):
        runs = cut[first : first + len(group)]
        first += len(group)
        words = [
            (field, at, unit) for field, found in enumerate(runs[:seen]) for at, run in found for unit in run.units
        ]
        said = (group[field].plain[at + unit.start : at + unit.end] for field, at, unit in words)
        telling = np.fromiter((says_something(word, language) for word in said), np.bool_, len(words))
        texts.append(ComparedText(group, runs, words, memory.vectors([unit for _, _, unit in words]), telling))
    return texts


def _weightiest(text: ComparedText) -> ComparedText:
    """The text with COMPARED words at most, which bounds what a long question costs."""
    if len(text.words) <= COMPARED:
        return text
    weights = [unit.weight * said for (_, _, unit), said in zip(text.words, text.telling.tolist(), strict=True)]
    kept = sorted(sorted(range(len(weights)), key=weights.__getitem__, reverse=True)[:COMPARED])
    words = [text.words[word] for word in kept]
    return replace(text, words=words, vectors=text.vectors[kept], telling=text.telling[kept])


def _fields(texts: Iterable[tuple[str, str]], name: str, items: Sequence[str]) -> list[Field]:
    """Those fields that hold text, until LOOKED_AT characters are reached."""
    fields, left = [], LOOKED_AT
    for field, item, text in [(n, None, text) for n, text in texts] + [(name, *pair) for pair in enumerate(items)]:
        if text and left > 0:
            fields.append(field_of(field, text, item=item, limit=left))
            left -= len(text)
    return fields


def _kept_fields(case: Case) -> list[Field]:
    """What is matched by words and not shown with every match."""
    listed = (("error_codes", "\n".join(case.error_codes)), ("tags", "\n".join(case.tags)))
    return _fields((("product", case.product), *listed, ("diagnosis", case.diagnosis)), "", ())


def _codes_in(field: Field, runs: Sequence[tuple[int, TextRun]], wanted: frozenset[str]) -> list[tokenise.Code]:
    found = (
        tokenise.Code(field.plain[at + start : at + end], token[len(tokenise.CODE_MARK) :], at + start, at + end)
        for at, run in runs
        if not wanted.isdisjoint(run.tokens)
        for token, start, end in run.spans
        if token in wanted
    )
    return list(dict.fromkeys(found))


def _inside(ranges: Ranges, start: int, end: int) -> bool:
    before = bisect_right(ranges, start, key=itemgetter(0)) - 1
    return before >= 0 and end <= ranges[before][1]


def _grouped(pairs: Sequence[WordPair], asked: ComparedText, text: ComparedText) -> list[list[WordPair]]:
    """Neighbours in the question whose counterparts are neighbours in the case, too, belong to one phrase."""
    groups: list[list[WordPair]] = []
    for pair in pairs:
        before = groups[-1][-1] if groups else None
        if before is not None and _neighbours(before, pair, asked, text):
            groups[-1].append(pair)
        else:
            groups.append([pair])
    return groups


def _neighbours(left: WordPair, right: WordPair, asked: ComparedText, text: ComparedText) -> bool:
    near = right.asked == left.asked + 1 and abs(right.found - left.found) <= _NEAR
    in_question = asked.words[left.asked][0] == asked.words[right.asked][0]
    return near and in_question and text.words[left.found][0] == text.words[right.found][0]


def _phrase(group: Sequence[WordPair], asked: ComparedText, text: ComparedText) -> AlignedPhrase:
    weights = [asked.words[pair.asked][2].weight for pair in group]
    similarity = sum(weight * pair.similarity for weight, pair in zip(weights, group, strict=True)) / sum(weights)
    return AlignedPhrase(
        question=span_of(*_around(asked, [pair.asked for pair in group])),
        case=span_of(*_around(text, [pair.found for pair in group])),
        similarity=round(min(similarity, 1.0), 3),
    )


def _around(text: ComparedText, words: Sequence[int]) -> tuple[Field, int, int]:
    """The field of these words, and the passage from the first to the last."""
    places = [text.place(word) for word in words]
    return text.fields[text.words[words[0]][0]], min(a for a, _ in places), max(b for _, b in places)
