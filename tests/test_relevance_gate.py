"""The built-in model and the ranking on the sample library: a change that makes answers worse fails here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retriever.case_format import case_from_dict
from retriever.config import Settings
from retriever.evaluation.formats import iter_sample_cases, load_sample_questions
from retriever.evaluation.runner import Evaluation, evaluate_search
from retriever.rebuild import rebuild
from retriever.service import open_encoder, open_service
from retriever.store import open_store


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluation]:
    """The sample library, rebuilt and asked every sample question."""
    settings = Settings(data_dir=Path(tmp_path_factory.mktemp("gate")))
    with open_store(settings.database_path) as store:
        store.upsert_cases([case_from_dict(row) for row in iter_sample_cases()])
        rebuild(store, open_encoder(settings), settings.index_dir)
    languages = {row["id"]: row["language"] for row in iter_sample_cases()}
    with open_service(settings) as service:
        yield evaluate_search(load_sample_questions(), service.find_similar, languages=languages)


# Floors: the committed result (benchmarks/results/sample.json) less one point, so that only a real loss fails.
@pytest.mark.parametrize(("name", "floor"), [("same language", 0.94), ("cross language", 0.69)])
def test_ranking_holds(evaluation: Evaluation, name: str, floor: float) -> None:
    """nDCG@10 of same- and cross-language questions stays where it was."""
    found = next(part for part in evaluation.slices if part.name == name)

    assert found.means["ndcg@10"] >= floor


def test_abstention_holds(evaluation: Evaluation) -> None:
    """Most questions without an answer are told so, and most with one are answered."""
    assert evaluation.abstention["abstained_out_of_scope"] >= 0.75
    assert evaluation.abstention["answered"] >= 0.75
