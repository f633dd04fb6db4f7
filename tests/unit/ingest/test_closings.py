"""A comment that only says that a ticket is over is no solution; one word of substance makes it an answer."""

import tomllib
from pathlib import Path

import pytest

from retriever.ingest.cleaning.substance import says_nothing
from retriever.ingest.sources.ticket import choose_answer

SAMPLES = tomllib.loads((Path(__file__).parents[2] / "support" / "closing_samples.toml").read_text(encoding="utf-8"))
CLOSINGS = [text for texts in SAMPLES["closings"].values() for text in texts]
ANSWERS = [text for texts in SAMPLES["answers"].values() for text in texts]
SOLVED = "Turn off blank page removal in the profile and choose the feeder as paper source."


@pytest.mark.parametrize("closing", CLOSINGS)
def test_the_comment_before_a_closing_is_the_solution(closing: str) -> None:
    """Thanks, no answer, ratings, absence, bots: in whatever words, of thirty-six languages."""
    assert says_nothing(closing)
    assert choose_answer([closing, SOLVED]) == SOLVED


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_in_the_words_of_a_closing_is_kept(answer: str) -> None:
    """Closing a window, a tray or a session is a step; a cause beside the thanks is one too."""
    assert not says_nothing(answer)


@pytest.mark.parametrize("closing", ["Glad it works now!", "Das Ticket wird geschlossen.", "工单已关闭，谢谢！"])
def test_a_closing_with_a_solution_is_one(closing: str) -> None:
    """Before and behind it, and nothing of it is cut."""
    assert choose_answer([f"{closing}\n{SOLVED}"]) == f"{closing}\n{SOLVED}"
    assert choose_answer([f"{SOLVED} {closing}"]) == f"{SOLVED} {closing}"


def test_a_name_is_spoken_to_behind_a_polite_word_only() -> None:
    """Elsewhere a word with a capital is a thing."""
    assert says_nothing("You're welcome, Marta Nowak! Closing this now.")
    assert says_nothing("Gern geschehen, Frau Öztürk-Lang. Ticket geschlossen.")
    assert not says_nothing("Closing Outlook solved it.")
    assert not says_nothing("Thanks. Restart Outlook.")


def test_a_link_is_nothing_beside_a_request_to_rate() -> None:
    """Elsewhere it may lead to the solution."""
    assert says_nothing("Please rate our support:\nhttps://rate.example.org/7")
    assert not says_nothing("Resolved, thanks.\nhttps://kb.example.org/7")
