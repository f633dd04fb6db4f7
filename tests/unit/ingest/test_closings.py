"""A comment that only says that a ticket is over is no solution; one word of substance makes it an answer."""

import tomllib
from pathlib import Path

import pytest

from retriever.ingest.cleaning.substance import says_nothing
from retriever.ingest.sources.ticket import choose_answer

SUPPORT = Path(__file__).parents[2] / "support"
SAMPLES = tomllib.loads((SUPPORT / "closing_samples.toml").read_text(encoding="utf-8"))
PUT_OFF = tomllib.loads((SUPPORT / "holding_samples.toml").read_text(encoding="utf-8"))
CLOSINGS = [text for texts in SAMPLES["closings"].values() for text in texts]
ANSWERS = [text for texts in SAMPLES["answers"].values() for text in texts]
LOOKALIKES = tomllib.loads((SUPPORT / "answers_like_closings.toml").read_text(encoding="utf-8"))
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


@pytest.mark.parametrize("holding", PUT_OFF["holding"])
def test_the_comment_before_one_that_puts_off_is_the_solution(holding: str) -> None:
    """It is looked into, handed on, or the customer is asked back: in twenty-five languages."""
    assert says_nothing(holding)
    assert choose_answer([holding, SOLVED]) == SOLVED
    assert choose_answer([f"{holding}\n{SOLVED}"]) == f"{holding}\n{SOLVED}"


@pytest.mark.parametrize("answer", PUT_OFF["answers"])
def test_an_answer_in_the_words_of_one_that_puts_off_is_kept(answer: str) -> None:
    """Telling the customer to check or to send is a step, and so is a workaround beside the promise."""
    assert not says_nothing(answer)


def test_what_may_be_asked_for_says_something_beside_a_closing() -> None:
    """Screenshots, versions and colleagues are nothing in a sentence that puts off alone."""
    assert says_nothing("Thanks. Could you send us the log files?")
    assert not says_nothing("Thanks. The log files.")


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


@pytest.mark.parametrize("answer", ["10-4", "7021645199", "The status is 4."])
def test_a_number_speaks_of_no_end(answer: str) -> None:
    """No phrase of the tables may be empty, or whatever has no other words would be one."""
    assert not says_nothing(answer)


@pytest.mark.parametrize("answer", [text for texts in LOOKALIKES.values() for text in texts])
def test_a_step_or_a_cause_in_polite_words_is_an_answer(answer: str) -> None:
    """A lost solution is worse than a kept pleasantry: capitals are no names, what is closed or sent may be a thing."""
    assert not says_nothing(answer)


@pytest.mark.parametrize(
    "closing",
    ["Thanks Anna!", "Hello Mr. Smith,\nthank you. Closed.", "Danke, Frau Meier.", "Hi Priyanka,\nclosing this now.",
     "Thanks.\nMarta Nowak", "Closed.\nKind regards\nAnna Öztürk-Lang", "Merci, monsieur Dupont.", "Thanks, Anna B.",
     "Спасибо, Анна!", "Hola Juan, cerramos el ticket.", "Sehr gerne, Herr Weiß!"],
)  # fmt: skip
def test_a_name_closes_the_clause_of_a_greeting_or_signs(closing: str) -> None:
    """Any word behind a greeting or a title; behind thanks and below the text one that people bear."""
    assert says_nothing(closing)


@pytest.mark.parametrize("text", ["Can you send the log files", "Welche Version", "Μπορείτε να μας στείλετε έκδοση"])
def test_what_is_asked_for_stands_in_a_question(text: str) -> None:
    """Without its mark the same words tell what can be done."""
    assert says_nothing(f"{text}{';' if 'έ' in text else '?'}")
    assert not says_nothing(f"{text}.")


@pytest.mark.parametrize(
    ("about_the_ticket", "about_a_thing"),
    [("Your ticket is in progress.", "The download is in progress."),
     ("Ihr Ticket wurde übergeben.", "Das Telefon wurde übergeben."),
     ("Votre demande est en cours.", "L'appel est en cours."), ("工单处理中", "更新处理中")],
)  # fmt: skip
def test_only_a_ticket_is_put_off_by_being_in_progress(about_the_ticket: str, about_a_thing: str) -> None:
    """A phrase that fits things as well needs the ticket beside it."""
    assert says_nothing(about_the_ticket)
    assert not says_nothing(about_a_thing)


@pytest.mark.parametrize(
    "closing",
    ["Ticket closed by the customer.", "I was not able to reach you by phone. Closing.", "Closing this call.",
     "Closing the call as agreed with the user.", "User is on leave, closing the ticket.", "Llamada cerrada.",
     "Ticket closed automatically after 5 days without response.", "This ticket will be closed on Friday.",
     "Service request closed.", "Resolved by our team.", "Wir schließen das Ticket, da keine Rückmeldung kam.",
     "工单已关闭", "本件終了いたします", "티켓을 종료하겠습니다",
     "Customer confirmed via email.", "The ticket will be closed in 3 days."],
)  # fmt: skip
def test_a_ticket_that_is_closed_tells_nothing(closing: str) -> None:
    """Beside the words that tell something of a service, a mail or an absence."""
    assert says_nothing(closing)
