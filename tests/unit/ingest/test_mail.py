"""Mails of many programs and languages: the earlier mail goes on evidence alone, and what a person wrote stays."""

import pytest

from retriever.ingest.cleaning.mail import clean_mail
from tests.support.mail_samples import REPLIES, SAMPLES, STAYING, headers, wrapped

HEADERS = dict(headers())
SAID = REPLIES["en"]


@pytest.mark.parametrize("said", REPLIES.values(), ids=REPLIES)
@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_the_earlier_mail_goes_whoever_announces_it(header: str, said: str) -> None:
    """With marks of quoting, without them, and where nothing stands below; a short answer in dense script is one."""
    for quoted in ("\n\nIt does not print.\nPlease help.", "\n> It does not print.\n> Please help.", ""):
        assert clean_mail(f"{said}\n\n{header}{quoted}") == said


@pytest.mark.parametrize("name", sorted(HEADERS.keys() - {"outlook mobile short", "notes short", "zendesk agent"}))
def test_the_earlier_mail_may_begin_directly_below_its_announcement(name: str) -> None:
    """Without a mark and an empty line; only a name beside a date, with no verb, is too little then."""
    assert clean_mail(f"{SAID}\n\n{HEADERS[name]}\nIt does not print.\nPlease help.") == SAID


@pytest.mark.parametrize("name", [name for name in SAMPLES["lines"] if name != "outlook mobile short"])
def test_a_broken_line_announces_as_a_whole_one(name: str) -> None:
    """Mail programs break lines; names, dates and addresses then stand on lines of their own."""
    for width in (45, 60, 76):
        assert clean_mail(f"{SAID}\n\n{wrapped(HEADERS[name], width)}\n\nIt does not print.") == SAID


DAYS = (
    "Anna Holm, le 3 mars 2026, a écrit :",
    "Am 3. März 2026 schrieb Anna Holm:",
    "Στις 3 Μαρτίου 2026, η Anna Holm έγραψε:",
    "Anna Holm, 3 Mart 2026 tarihinde şunu yazdı:",
)


@pytest.mark.parametrize("line", DAYS)
def test_a_day_without_time_announces_where_it_stands_alone(line: str) -> None:
    """Directly below or above other text it is a sentence, as it is where it names a firm's support."""
    assert clean_mail(f"{SAID}\n\n{line}\n\nIt does not print.") == SAID
    for text in (f"{SAID}\n\n{line}\nIt does not print.", f"{SAID}\n{line}\n\nIt does not print."):
        assert clean_mail(text) == text
    named = f"{SAID}\n\n{line.replace('Holm', 'Support')}\n\nIt does not print."
    assert clean_mail(named) == named


@pytest.mark.parametrize("name", SAMPLES["lines"])
def test_the_line_above_the_announcement_stays(name: str) -> None:
    """Also where no empty line separates them."""
    assert clean_mail(f"Restart it 2 times.\n{HEADERS[name]}\n\nIt does not print.") == "Restart it 2 times."


@pytest.mark.parametrize("ending", SAMPLES["endings"].values(), ids=SAMPLES["endings"])
def test_endings_go(ending: str) -> None:
    """Sign-offs, names, numbers, phones that advertise themselves, disclaimers."""
    assert clean_mail(f"{SAID}\n\n{ending}") == SAID


@pytest.mark.parametrize("beginning", SAMPLES["beginnings"].values(), ids=SAMPLES["beginnings"])
def test_greetings_go(beginning: str) -> None:
    """In every language, and the warning of a mail server."""
    assert clean_mail(f"{beginning}\n{SAID}") == SAID


@pytest.mark.parametrize("text", [*SAMPLES["lookalikes"].values(), *STAYING])
def test_what_only_looks_like_a_mail_stays(text: str) -> None:
    """First in a text, and below another paragraph."""
    assert clean_mail(text) == text.strip("\n")
    assert clean_mail(f"It began today.\n\n{text}") == f"It began today.\n\n{text}".strip("\n")


FRAMES = (*SAMPLES["endings"].values(), *SAMPLES["beginnings"].values(), *HEADERS.values())


@pytest.mark.parametrize("text", [*FRAMES, "> a\n> b", "FYI", "Thanks!"])
def test_no_text_is_emptied(text: str) -> None:
    """A text of nothing but a frame comes back rather than nothing."""
    assert clean_mail(text)


@pytest.mark.parametrize(
    "pointer", ["FYI", "See below.", "siehe unten", "见下", "Hi team,\n\nplease see below\n\nThanks\nEva"]
)
def test_a_pointer_is_followed(pointer: str) -> None:
    """Whoever writes nothing but "see below" says what stands there."""
    cleaned = clean_mail(f"{pointer}\n\n{HEADERS['outlook en']}\n\nThe label printer stops after one page.")

    assert "The label printer stops after one page." in cleaned
    assert "Sent:" not in cleaned


def test_a_short_answer_is_no_pointer() -> None:
    """However short it is, the mail of the customer does not become the answer."""
    assert clean_mail(f"Done.\n\n{HEADERS['gmail en']}\n> It does not print.\n> At all.") == "Done."


ANNOUNCED = [
    "Lösung vom Hersteller:", "The vendor answered:", "From the chat with the vendor:",
    "Voici la réponse du fournisseur :",
    "Respuesta del proveedor:", "Resposta do fornecedor:", "Risposta del fornitore:", "Antwoord van de leverancier:",
    "Odpowiedź producenta:", "Odpověď výrobce:", "Ответ производителя:", "Svar från leverantören:", "厂家回复如下：",
    "厂商的解决方法见下。",
    "メーカー回答は以下の通りです。", "제조사 답변은 아래와 같습니다.",
    "The vendor answered, see below.", "Antwort des Herstellers, siehe unten.",
    "Réponse du fournisseur, voir ci-dessous.", "Ответ производителя см. ниже.",
]  # fmt: skip
ON_PURPOSE = [
    "From: Cisco TAC <tac@example.com>\nSent: Monday, March 3, 2025 10:12 AM\nTo: me\nSubject: SR 4711",
    "Von: Cisco TAC <tac@example.com>\nGesendet: Montag, 3. März 2025 10:12\nAn: uns\nBetreff: SR 4711",
    "-----Original Message-----\nFrom: Cisco TAC <tac@example.com>\nSent: Monday, March 3, 2025 10:12 AM\n"
    "To: me\nSubject: SR 4711",
    "On 3 March 2025 at 10:12, Cisco TAC <tac@example.com> wrote:",
]


@pytest.mark.parametrize("block", ON_PURPOSE)
@pytest.mark.parametrize("announcement", ANNOUNCED)
def test_what_its_author_quotes_on_purpose_stays(announcement: str, block: str) -> None:
    """Across an empty line too; the same block below an answer of its own is the earlier mail."""
    for gap in ("\n", "\n\n"):
        assert "Upgrade to 17.9.4." in clean_mail(f"Solved.\n{announcement}{gap}{block}\n\nUpgrade to 17.9.4.")
    assert clean_mail(f"{SAID}\n\n{block}\n\nIt does not print.") == SAID


@pytest.mark.parametrize("left", ["Hi Anna,", "Guten Tag Frau Klein,", "Bonjour,"])
def test_a_greeting_alone_is_not_what_a_mail_says(left: str) -> None:
    """Where nothing else is left above the quoted mail, that is what the author hands on."""
    text = f"{left}\n\n{ON_PURPOSE[0]}\n\nUpgrade to 17.9.4."
    assert "Upgrade to 17.9.4." in clean_mail(text)
