"""The page of a result: whole, closed to the network, and safe against what questions and ids hold."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from retriever.evaluation.compare import compare
from retriever.evaluation.confidence import Judged, reliability
from retriever.evaluation.labelled import Document, LabelledQuestion, LabelledSet
from retriever.evaluation.metrics import as_run, measure
from retriever.evaluation.page import render_page
from retriever.evaluation.plots import heat_map, latency_plot, recall_plot, reliability_plot
from retriever.evaluation.results import build_report
from retriever.evaluation.runner import Evaluation
from retriever.evaluation.slices import intervals_of, slice_questions

EVIL = "<script>alert('x')</script>"
VOID = {"meta", "br", "link"}


def evaluated(ranked: list[str]) -> Evaluation:
    """Two questions, with everything that a search leaves behind."""
    labelled = LabelledSet(
        "toy & co",
        (Document(EVIL, "", "x", "en"),),
        (LabelledQuestion("q<1>", EVIL, "zh"), LabelledQuestion("q2", "x", "en")),
        {"q<1>": {EVIL: 1}, "q2": {EVIL: 1}},
    )
    scores = measure(labelled.qrels, as_run({"q<1>": ranked, "q2": ranked}))
    return Evaluation(
        labelled.name,
        2,
        scores,
        intervals_of(scores),
        {"q<1>": ranked, "q2": ranked},
        {"words": scores},
        slice_questions(labelled, scores, {"words": scores}),
        reliability([Judged(0.7, True, True, True, True)]),
        {"search": {"p50": 1.0, "p95": 2.0, "p99": 3.0}},
    )


@pytest.fixture(scope="module")
def page() -> str:
    """The page of a run compared with a worse one."""
    before, after = (build_report("m", "f", "search", [evaluated(ids)]) for ids in (["other", EVIL], [EVIL]))
    return render_page(after, compare(before, after), {"toy & co/q<1>": EVIL})


class Balanced(HTMLParser):
    """Fails on a tag that is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it."""
        if tag not in VOID and tag not in ("line", "rect", "circle", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that it closes the last one."""
        if self.open and tag == self.open[-1]:
            self.open.pop()
        else:
            assert tag in ("line", "rect", "circle", "polyline"), (tag, self.open)


def test_every_tag_is_closed(page: str) -> None:
    """The page is well formed."""
    parser = Balanced()
    parser.feed(page)

    assert parser.open == []


def test_texts_and_ids_are_escaped(page: str) -> None:
    """A question cannot bring a script into the page."""
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    """One file: no address, no script, and a policy that forbids both."""
    assert not re.search(r"https?://|src=|url\(|@import", page)
    assert "default-src 'none'" in page


def test_the_page_shows_what_was_measured(page: str) -> None:
    """Tables, both rankings of what changed, and one drawing each."""
    for wanted in ("zh → en", "Questions that changed most", "before", "expected calibration error", "p50 / p99"):
        assert wanted in page
    assert page.count("<svg") == 4
    assert "prefers-color-scheme: dark" in page


def test_drawings_are_xml_and_hold_their_numbers() -> None:
    """Each parses, and says its values in words for those who cannot see it."""
    drawings = {
        "0.90": latency_plot({"search": {"p50": 0.9, "p95": 1.0, "p99": 2.0}}),
        "zh → en: 71.0 (12 questions)": heat_map({("zh", "en"): (0.71, 12), ("en", "zh"): (0.5, 1)}),
        "search, 5 results: 80.0 %": recall_plot({"search": [(1, 0.5), (5, 0.8)]}),
        "4 questions, 75 % sure, 50 % right": reliability_plot([{"count": 4, "confidence": 0.75, "right": 0.5}]),
    }

    for said, drawing in drawings.items():
        assert said in "".join(ElementTree.fromstring(drawing).itertext())  # noqa: S314  our own


def test_a_page_without_texts_shows_ids() -> None:
    """Runs made elsewhere have no texts."""
    report = build_report("m", "f", "run", [evaluated([EVIL])])

    assert "q&lt;1&gt;" not in render_page(report, None, {})
    assert "Against the baseline" not in render_page(report, None, {})


def test_cells_of_few_questions_are_pale_and_well_formed() -> None:
    """Below ten questions one more right answer would change the cell a lot."""
    drawing = heat_map({("zh", "en"): (0.7, 9), ("en", "en"): (0.7, 10)})

    pale = [group for group in ElementTree.fromstring(drawing).iter("g") if group.get("class") == "few"]  # noqa: S314
    assert ["zh → en" in "".join(group.itertext()) for group in pale] == [True]
