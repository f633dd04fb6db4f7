"""Cases are centred by language, and have the same scores after a restart, a rebuild of the same and a roll back."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index.snapshots import Snapshots
from index.types import FloatMatrix
from index.view import View
from retriever.indexing.live import Indexing
from retriever.indexing.rebuild import rebuild
from retriever.store import Store, open_store
from tests.support.builders import WordEncoder, make_case

ENCODER = WordEncoder(32)
LANGUAGES = ("en", "de", "zh-Hans", "zh-Hant", "")
KEYS = np.arange(1, 41)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Forty cases in several languages, in no index yet."""
    with open_store(tmp_path / "library.sqlite3") as opened:
        for n in range(40):
            language = LANGUAGES[n % len(LANGUAGES)]
            opened.cases.upsert([make_case(f"c{n}", f"word{n} {language} printer{n % 7}", language=language)])
        yield opened


def serve(store: Store) -> View:
    """The view of a process that starts now."""
    indexing = Indexing(store, ENCODER, store.path.parent / "index")
    indexing.open()
    return indexing.view()


def scores(view: View, group: str = "en") -> list[float]:
    """Of every case for one question."""
    question = view.vectors.question(ENCODER.encode_query(["printer3 zh en"])[0], group)
    return [float(score) for score in view.vectors.scores(question, KEYS)]


def raw(store: Store) -> FloatMatrix:
    """The vectors of all cases, not centred."""
    rebuild(store, ENCODER, store.path.parent / "index")
    return np.array(serve(store).base.vectors.vectors)


def test_the_group_of_a_case_is_its_language_in_whatever_script(store: Store) -> None:
    """Cases whose language nobody knows are a group like any other."""
    rebuild(store, ENCODER, store.path.parent / "index")
    vectors = serve(store).base.vectors

    assert vectors.centring.groups == ("de", "en", "und", "zh")
    assert vectors.groups[:6].tolist() == ["en", "de", "zh", "zh", "und", "en"]


def test_before_the_first_snapshot_nothing_is_taken_away(store: Store) -> None:
    """Of a model of which nothing is known: scores are those of the vectors as they are."""
    question = ENCODER.encode_query(["printer3 zh en"])[0]

    assert scores(serve(store)) == np.vecdot(raw(store), question).tolist()


def test_a_restart_gives_the_same_scores(store: Store) -> None:
    """Also of cases that came after the snapshot."""
    rebuild(store, ENCODER, store.path.parent / "index")
    store.cases.upsert([make_case("c3", "another printer3", language="fr")])
    before = scores(serve(store))

    assert scores(serve(store)) == before
    assert before[3] > 0.1


def test_a_changed_case_has_one_score_before_and_after_it_is_changed_back(store: Store) -> None:
    """In the delta it is centred by the means of the snapshot."""
    rebuild(store, ENCODER, store.path.parent / "index")
    before = scores(serve(store))
    store.cases.upsert([make_case("c8", "something else", language="de")])
    changed = scores(serve(store))
    store.cases.upsert([make_case("c8", "word8 zh-Hant printer1", language="zh-Hant")])

    assert changed[8] != before[8]
    assert len(serve(store).delta) == 1
    assert scores(serve(store)) == before


def test_a_roll_back_gives_the_scores_of_then(store: Store) -> None:
    """The means belong to the snapshot."""
    rebuild(store, ENCODER, store.path.parent / "index")
    before = scores(serve(store), "de")
    store.cases.upsert([make_case("c50", "word50 printer3 de", language="de")])
    rebuild(store, ENCODER, store.path.parent / "index")
    after = scores(serve(store), "de")
    store.cases.delete("c50")
    Snapshots(store.path.parent / "index").rollback()

    assert after != before
    assert scores(serve(store), "de") == before
