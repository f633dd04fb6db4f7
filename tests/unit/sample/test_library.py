"""The sample library is what the README says it is: complete, consistent, and labelled."""

from collections import Counter
from datetime import date, timedelta

import pytest

from retriever.case.language_tags import base_language
from retriever.case.validity import is_expired
from retriever.domain import Case, Status
from retriever.evaluation.labelled import LabelledSet
from retriever.sample.library import load_sample_cases, load_sample_questions

CASE_LANGUAGES = {"zh-Hans", "zh-Hant", "en", "es", "de", "fr", "ja"}
QUESTION_LANGUAGES = CASE_LANGUAGES | {"ko", "pt", "ru", "ar"}


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    """Every sample case by id."""
    return {case.id: case for case in load_sample_cases()}


@pytest.fixture(scope="module")
def labelled() -> LabelledSet:
    """The questions."""
    return load_sample_questions()


def test_there_are_enough_cases(cases: dict[str, Case]) -> None:
    """At least 240 cases, ids unique, in all seven languages."""
    assert len(cases) == len(load_sample_cases()) >= 240
    assert {case.language for case in cases.values()} == CASE_LANGUAGES


def test_every_case_is_full(cases: dict[str, Case]) -> None:
    """Each case says what a good case says."""
    for case in cases.values():
        assert case.title and case.diagnosis and case.prevention and case.product and case.industry, case.id
        assert len(case.steps) >= 3 and case.category.count("/") >= 1 and case.tags and case.outcome.summary, case.id


@pytest.mark.parametrize("day", [date(2026, 11, 28), date(2027, 3, 1), date(2031, 12, 31)])
def test_dates_move_with_the_day(day: date) -> None:
    """On any day the newest case is some days old, few reviews are due and none is late, and no case has expired."""
    cases = load_sample_cases(day)
    live = [case for case in cases if case.status is Status.PUBLISHED]
    due = [case.review_due_on for case in live]

    assert 0 <= (day - max(date.fromisoformat(case.resolved_at[:10]) for case in cases)).days < 7
    assert 1 <= sum(when < day.isoformat() for when in due) <= len(live) // 10
    assert (day - timedelta(days=14)).isoformat() <= min(due) <= max(due) <= (day + timedelta(days=380)).isoformat()
    assert not [case.id for case in live if is_expired(case, day)]
    assert all(case.opened_at <= case.resolved_at for case in cases)


def test_weekdays_and_times_of_day_stay() -> None:
    """Only whole weeks lie between two days of loading."""
    here, there = load_sample_cases(date(2026, 11, 28)), load_sample_cases(date(2028, 2, 29))

    weekdays = [[date.fromisoformat(case.opened_at[:10]).weekday() for case in cases] for cases in (here, there)]
    assert weekdays[0] == weekdays[1]
    assert [case.opened_at[10:] for case in here] == [case.opened_at[10:] for case in there]


def test_superseded_cases_name_their_successor(cases: dict[str, Case]) -> None:
    """A historical case points to a live one."""
    old = [case for case in cases.values() if case.status is Status.HISTORICAL]
    assert len(old) >= 10
    for case in old:
        assert cases[case.superseded_by].status is Status.PUBLISHED, case.id


def test_there_are_enough_questions(labelled: LabelledSet) -> None:
    """At least 400 labelled questions in eleven languages, at least 60 of them without an answer."""
    everything = (*labelled.questions, *labelled.out_of_scope)
    assert len({question.id for question in everything}) == len(everything) >= 400 and len(labelled.out_of_scope) >= 60
    assert {question.language for question in everything} == QUESTION_LANGUAGES
    assert min(Counter(question.language for question in everything).values()) >= 20


def test_labels_point_at_cases(cases: dict[str, Case], labelled: LabelledSet) -> None:
    """Every judged case exists, grades are 1 or 2, and each question has a full answer."""
    for question, judged in labelled.qrels.items():
        assert set(judged) <= set(cases), question
        assert set(judged.values()) <= {1, 2} and max(judged.values()) == 2, question


def test_most_questions_cross_languages(cases: dict[str, Case], labelled: LabelledSet) -> None:
    """At least half of the questions are answered only in another language."""
    crossing = 0
    for question in labelled.questions:
        best = [name for name, grade in labelled.qrels[question.id].items() if grade == 2]
        spoken = {base_language(cases[name].language) for name in best}
        crossing += base_language(question.language) not in spoken

    assert crossing * 2 >= len(labelled.questions)
