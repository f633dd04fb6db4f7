"""Greetings and the like ask nothing; everything that could be a problem does."""

import pytest

from retriever.sample.library import load_sample_questions
from retriever.search.smalltalk import asks_nothing

LATIN = (
    *("hello", "Hi there!", "Good morning :)", "thank you very much", "please help me", "test", "ok"),
    *("hey, anyone here?", "Guten Tag", "Hallo, ich habe eine Frage", "¡Hola! Buenos días", "Bonjour, s'il vous plaît"),
)
OTHERS = (
    *(
        "你好",
        "您好，请问在吗？",
        "謝謝",
        "有人吗",
        "请帮帮我",
        "早上好！",
        "好的谢谢",
        "こんにちは",
        "ありがとうございます",
    ),
    *("안녕하세요", "Здравствуйте!", "مرحبا", "สวัสดี", "...", "???", "😀😀", "", "  \n"),
)
SUBSTANCE = (
    "refund",
    "printer",
    "E-05",
    "404",
    "退款",
    "你好，退款什么时候到账",
    "打印机卡纸",
    "hello, no sound",
    "返金",
    "환불",
    "hi VPN",
)


@pytest.mark.parametrize("text", [*LATIN, *OTHERS])
def test_small_talk_asks_nothing(text: str) -> None:
    """In the languages of the desks, with any punctuation."""
    assert asks_nothing(text)


@pytest.mark.parametrize("text", SUBSTANCE)
def test_a_single_word_of_substance_is_a_question(text: str) -> None:
    """Also after a greeting."""
    assert not asks_nothing(text)


def test_no_sample_question_is_taken_for_small_talk() -> None:
    """Neither the answerable nor the out-of-scope ones but greetings."""
    assert [question.text for question in load_sample_questions().questions if asks_nothing(question.text)] == []
