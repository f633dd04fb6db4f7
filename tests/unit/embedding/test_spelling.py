"""One spelling of what is embedded: what people write in several ways is one text to a model."""

import pytest

from retriever.embedding.spelling import embedded_spelling, model_spelling, word_spelling
from tests.support.builders import make_case


@pytest.mark.parametrize(
    "variants",
    [
        ("email not delivered", "e-mail not delivered", "e mail not delivered", "e- mail not delivered"),
        ("wifi slow", "wi-fi slow", "wi fi slow", "wi\u2011fi slow", "wi\u2013fi slow", "wi_fi slow"),
        ("esim activation", "e-sim activation", "e sim activation"),
        ("online banking", "on-line banking"),
        ("login page", "log-in page", "log in page"),
        ("backup failed", "back-up failed", "back up failed"),
        ("database error", "data-base error", "data base error"),
        ("touch screen dead", "touch-screen dead"),
        ("SIM карта", "SIM-карта"),
        ("wifi 慢", "wifi慢"),
        ("VPN 连不上", "VPN连不上"),
        ("用 Excel 导出", "用Excel导出", "用 Excel导出"),
        ("PC 起動しない", "PC起動しない", "ＰＣ起動しない"),
        ("와이파이 wifi 안됨", "와이파이wifi안됨"),
        ("wifi ช้า", "wifiช้า"),
        ("роутер 坏了", "роутер坏了"),
        ("E05 报警", "E05报警"),
        ("esim 激活", "e-sim激活", "e sim激活"),
    ],
)
def test_variants_are_one_text(variants: tuple[str, ...]) -> None:
    """Hyphens, spaces and scripts that touch change nothing."""
    assert {model_spelling(text).lower() for text in variants} == {variants[0].lower()}


@pytest.mark.parametrize(
    "text",
    [
        "error on line 42",
        "it's old and I'm in",
        "l' or est cher",
        "not able to log out",
        "the car pet",
        "ORA-00942",
        "HX-200 / E-05",
        "3.2.1-rc",
        "snake_case",
        "打印机坏了",
        "프린터가 안 됩니다",
        "a - b",
        "a 5 b",
        "",
    ],
)
def test_what_is_no_variant_stays(text: str) -> None:
    """Codes, words of a sentence and texts of one script are as they were written."""
    assert model_spelling(text) == text


def test_words_keep_the_hyphens_that_join_nothing() -> None:
    """They are cut there, and joined, by the rules for words."""
    assert word_spelling("Touch-Screen of the E-Mail-Adresse") == "Touch-Screen of the EMail-Adresse"


def test_a_case_is_spelt_like_a_question() -> None:
    """Its vector and its pieces are of the same text as those of the question that repeats it."""
    case = make_case("c", "Wi-Fi慢", title="E-Mail", error_codes=["E-05"])

    assert embedded_spelling(case) == "EMail\nWiFi 慢\nE-05"
