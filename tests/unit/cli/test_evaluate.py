"""evaluate: sets, runs made elsewhere, the library itself, comparison and gate."""

import json
from pathlib import Path
from typing import Any

import pytest

from retriever.store import EventKind, LoggedQuery, open_store
from tests.support.cli import Run

TEXTS = {"a 1": "the printer shows error E-05", "b/2": "退款还没有到账", "c": "mein Passwort wurde abgelehnt"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three documents, two of them asked for in their own words."""
    found = tmp_path / "toy"
    (found / "qrels").mkdir(parents=True)
    rows = [json.dumps({"_id": id, "title": "", "text": text}) for id, text in TEXTS.items()]
    (found / "corpus.jsonl").write_text("\n".join(rows), encoding="utf-8")
    asked = [json.dumps({"_id": f"q-{id}", "text": TEXTS[id]}) for id in ("a 1", "b/2")]
    (found / "queries.jsonl").write_text("\n".join(asked), encoding="utf-8")
    (found / "qrels" / "test.tsv").write_text("q\td\tscore\nq-a 1\ta 1\t1\nq-b/2\tb/2\t1\n", encoding="utf-8")
    return found


def one_set(file: str) -> dict[str, Any]:
    """The only set of a saved result."""
    (found,) = json.loads(Path(file).read_text(encoding="utf-8"))["sets"]
    return dict(found)


def test_both_arms_are_measured_on_a_labelled_set(run: Run, folder: Path) -> None:
    """Questions that repeat their documents are answered perfectly by the model alone and by the search."""
    for arm in ("dense", "search"):
        ran = run("evaluate", "--data", folder, "--arm", arm, "--out", f"{arm}.json")

        measured = one_set(f"{arm}.json")
        assert ran.code == 0
        assert (measured["questions"], measured["means"]["recall@1"]) == (2, 1.0)
    assert not Path("lib").exists()


def test_a_set_may_ask_with_its_own_documents(run: Run, folder: Path) -> None:
    """The question's own document is left out, so another one comes first."""
    (folder / "queries.jsonl").write_text('{"_id": "c", "text": "mein Passwort wurde abgelehnt"}', encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text("c\tc\t1\nc\ta 1\t1\n", encoding="utf-8")

    ran = run("evaluate", "--data", folder, "--out", "r.json")

    (row,) = one_set("r.json")["details"]["questions"].values()
    assert ran.code == 0
    assert "c" not in row[1]


def test_the_gate_of_ci(run: Run, folder: Path) -> None:
    """A run like its baseline passes; a worse one is exit 1, after the results are written."""
    run("evaluate", "--data", folder, "--out", "good.json")
    (folder / "qrels" / "test.tsv").write_text("q-a 1\tc\t1\nq-b/2\tb/2\t1\n", encoding="utf-8")
    gate = ("--baseline", "good.json", "--fail-if", "mrr@10 < -0.5")

    worse = run("evaluate", "--data", folder, *gate, "--out", "bad.json", "--html", "bad.html", "--json")
    same = run("evaluate", "--data", folder, "--baseline", "bad.json", "--fail-if", "mrr@10 < -0.5")

    assert (worse.code, same.code) == (1, 0)
    assert "toy: mrr@10 changed by" in worse.err
    assert json.loads(worse.out)["broken_rules"]
    assert "Against the baseline" in Path("bad.html").read_text(encoding="utf-8")
    assert "mrr@10" in same.out


def test_a_run_made_elsewhere_is_measured_without_a_search(run: Run) -> None:
    """TREC judgements and a TREC run; questions without judgement are named on stderr."""
    Path("qrels").write_text("q1 0 d1 1\nq2 0 d2 1\n", encoding="utf-8")
    Path("run").write_text("q1 Q0 d1 1 2.0 me\nq3 Q0 d1 1 2.0 me\n", encoding="utf-8")

    ran = run("evaluate", "--qrels", "qrels", "--run", "run", "--json")

    (measured,) = json.loads(ran.out)["sets"]
    assert (ran.code, measured["questions"], measured["means"]["mrr@10"]) == (0, 2, 0.5)
    assert "1 questions of the run have no judgement, such as q3" in ran.err


def test_a_written_run_measures_the_same(run: Run, folder: Path) -> None:
    """What --save-run writes can be measured by anybody's trec_eval."""
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "Passwort"}', encoding="utf-8")
    (folder / "corpus.jsonl").write_text(
        '{"_id": "c", "text": "mein Passwort"}\n{"_id": "d", "text": "退款"}', encoding="utf-8"
    )
    (folder / "qrels" / "test.tsv").write_text("q\tc\t1\n", encoding="utf-8")
    Path("qrels").write_text("q 0 c 1\n", encoding="utf-8")

    run("evaluate", "--data", folder, "--save-run", "run", "--out", "one.json")
    run("evaluate", "--qrels", "qrels", "--run", "run", "--out", "two.json")

    assert one_set("one.json")["means"]["ndcg@10"] == one_set("two.json")["means"]["ndcg@10"] == 1.0


def test_the_library_answers_its_own_questions(library: Run) -> None:
    """A judgements file is asked of the library itself, which does not change."""
    row = {"id": "q1", "text": "the printer shows error E-05", "relevant": ["P-1"]}
    Path("own.jsonl").write_text(json.dumps(row), encoding="utf-8")
    before = Path("lib/library.sqlite3").read_bytes()

    ran = library("evaluate", "--judgements", "own.jsonl", "--out", "r.json")

    measured = one_set("r.json")
    assert (ran.code, measured["name"], measured["means"]["recall@1"]) == (0, "own", 1.0)
    assert Path("lib/library.sqlite3").read_bytes() == before


def test_feedback_is_a_labelled_set(library: Run) -> None:
    """Logged questions with what people did are measured like any other."""
    with open_store(Path("lib/library.sqlite3")) as store:
        store.events.log_queries([LoggedQuery("one", "2026-01-01T00:00:00Z", text="退款还没有到账")])
        store.events.log(EventKind.SOLVED, "R-1", query_id="one")

    ran = library("evaluate", "--feedback", "--out", "r.json")

    assert (ran.code, one_set("r.json")["means"]["recall@1"]) == (0, 1.0)


def test_which_library_is_measured_is_said(library: Run) -> None:
    """Without a flag one's own where people judged its answers, else the sample; `--of-sample` says which."""
    assert "the sample library" in library("evaluate", "--sample", "3").err

    with open_store(Path("lib/library.sqlite3")) as store:
        store.events.log_queries([LoggedQuery("one", "2026-01-01T00:00:00Z", text="退款还没有到账")])
        store.events.log(EventKind.SOLVED, "R-1", query_id="one")

    assert "its own questions" in library("evaluate").err
    assert "the sample library" in library("evaluate", "--of-sample", "--sample", "3").err


def test_the_split_by_time_says_what_it_left_out(run: Run, folder: Path) -> None:
    """A question whose answer came later is not asked."""
    for name, day in (("corpus", "2026-02-01"), ("queries", "2026-01-01")):
        file = folder / f"{name}.jsonl"
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        for number, row in enumerate(rows):
            row["metadata"] = {"date": "2026-01-01" if name == "corpus" and number == 0 else day}
        file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    ran = run("evaluate", "--data", folder, "--temporal", "--out", "r.json")

    assert (ran.code, one_set("r.json")["questions"]) == (0, 1)
    assert "toy: 1 questions had no answer yet" in ran.err


@pytest.mark.parametrize(
    "argv",
    [
        ("--fail-if", "ndcg@10 < 0"),
        ("--qrels", "x"),
        ("--run", "x"),
        ("--qrels", "x", "--run", "x", "--feedback"),
        ("--judgements", "x", "--feedback"),
        ("--judgements", "x", "--data", "y"),
        ("--baseline", "missing.json"),
    ],
)
def test_what_does_not_belong_together_is_refused(run: Run, argv: tuple[str, ...]) -> None:
    """One line on stderr, exit 1, and no work done before."""
    ran = run("evaluate", *argv)

    assert ran.code == 1
    assert ran.err.startswith("similar-cases: ")
