"""Why a case matched: passages, counterparts and compared fields, in every script."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.text.folding import fold
from index.text.function_words import function_words
from retriever.case.language_tags import base_language
from retriever.domain import Case, Comparison, Explanation, Query, Span
from retriever.search.explain import COMPARED, LOOKED_AT, Explainer
from tests.support.builders import make_case


def explained(question: str | Query, case: Case, language: str = "") -> Explanation:
    """Why this case matches a question in this language."""
    query = Query(problem=question) if isinstance(question, str) else question
    return Explainer(query, language).explain([case])[0]


def marked(why: Explanation, field: str = "problem") -> list[str]:
    """The passages of one field."""
    return [passage.place.text for passage in why.passages if passage.place.field == field]


def pairs(why: Explanation) -> dict[str, str]:
    """Aligned phrases, question to case."""
    return {part.question.text: part.case.text for part in why.aligned}


def sliced(span: Span, text: str) -> tuple[str, str]:
    """What both kinds of offset cut out of a text."""
    units = text.encode("utf-16-le", "surrogatepass")[2 * span.utf16_start : 2 * span.utf16_end]
    return text[span.start : span.end], units.decode("utf-16-le", "surrogatepass")


def text_of(case: Case, span: Span) -> str:
    """The field that a span is in."""
    value = getattr(case, span.field)
    return str(value if span.item is None else value[span.item])


@pytest.mark.parametrize(
    ("question", "problem", "expected"),
    [
        ("the printer shows a paper jam", "paper jam reported, the tray is empty", "paper jam"),
        ("打印机卡纸怎么办", "昨天起打印机卡纸，托盘是空的", "打印机卡纸"),
        ("プリンターの紙詰まり", "新しいプリンターで紙詰まりが起きます", "プリンター"),
        ("เครื่องพิมพ์กระดาษติด", "เมื่อวานเครื่องพิมพ์กระดาษติดทุกหน้า", "เครื่องพิมพ์กระดาษติด"),
        ("환불이 안 됩니다", "카드 환불이 아직 안 됩니다", "환불"),
        ("Der Drucker zieht kein Papier", "Seit gestern zieht der Drucker kein Papier ein", "Drucker kein Papier"),
    ],
)
def test_shared_words_are_passages_in_every_script(question: str, problem: str, expected: str) -> None:
    """What both say in the same words is marked in the case, as it stands there."""
    why = explained(question, make_case(problem=problem, language=""))

    assert any(expected in passage for passage in marked(why)), marked(why)


@pytest.mark.parametrize(
    ("language", "question", "problem", "expected"),
    [
        ("en", "The scanner does not find a driver when I start it", "When it starts the scanner has no driver", None),
        ("de", "Warum kann ich nach dem Umzug nicht drucken", "Nach dem Umzug kann man nicht mehr drucken", None),
        ("fr", "Pourquoi je ne peux pas ouvrir la facture", "On ne peut pas ouvrir la facture", None),
        ("es", "No puedo abrir la factura de mi tienda", "Por qué no puedo abrir la factura", None),
        ("pt-BR", "Não consigo abrir a nota fiscal da minha loja", "Quando abrir a nota fiscal não consigo", None),
        ("pl", "Nie mogę otworzyć faktury, co z tym", "Nie mogę otworzyć faktury w sklepie", None),
        ("ru", "Почему я не могу открыть счёт на карту", "После этого не могу открыть счёт", None),
        ("tr", "Ben faturayı neden açamıyorum", "Neden bu faturayı açamıyorum", None),
        ("hi", "मैं बिल क्यों नहीं खोल सकता", "मैं बिल नहीं खोल सकता", None),
        ("zh-Hans", "为什么我的发票打不开了", "我的发票打不开，为什么", {"发票打不开"}),
        ("zh-Hant", "請問什麼時候可以退款", "什麼時候可以收到退款", None),
        ("ja", "プリンターが紙詰まりするのはなぜですか", "プリンターが紙詰まりになります", None),
        ("ko", "왜 환불이 안 되는지 그리고 언제", "그리고 언제 환불이 되나요", None),
        ("th", "ทำไมเครื่องพิมพ์ของฉันไม่ทำงาน", "เครื่องพิมพ์ของฉันไม่ทำงาน", None),
    ],
)
def test_function_words_and_single_letters_are_no_reason(
    language: str, question: str, problem: str, expected: set[str] | None
) -> None:
    """What two texts share beside articles, pronouns, particles and question words is why they match, and only that."""
    why = explained(question, make_case(problem=problem, solution="-", language=language), language)

    silent = function_words(base_language(language))
    assert why.words
    assert not {fold(word) for word in why.words} & silent
    assert all(len(word) > 1 for word in why.words)
    assert not {fold(passage) for passage in marked(why)} & silent
    assert expected is None or expected == set(why.words)


def test_a_word_that_is_only_a_function_word_elsewhere_stays() -> None:
    """`SIM` is a yes in Portuguese and `fare` a verb in Italian: in an English question both say something."""
    why = explained("SIM fare", make_case(problem="the SIM and the fare", solution="-", language="en"), "en")

    assert set(why.words) == {"SIM", "fare"}


@pytest.mark.parametrize(
    ("question", "shared"), [("my wifi is slow", "wifi"), ("my wi fi is slow", "wi fi"), ("wi-fi slow", "wi-fi")]
)
def test_a_word_in_two_is_one_reason(question: str, shared: str) -> None:
    """What is spelt in one word, in two or with a hyphen is shown as it was asked."""
    assert shared in explained(question, make_case(problem="the WiFi is slow", language="en"), "en").words


@pytest.mark.parametrize(
    ("question", "problem", "expected"),
    [
        ("Drucker kaputt", "打印机打印的颜色很浅", {"Drucker": "打印机"}),
        ("打印机一直离线", "Der Drucker ist seit gestern offline", {"打印机": "Drucker"}),
        ("プリンターが動かない", "the printer does not start", {"プリンター": "printer"}),
        ("退款什么时候到账", "the refund is still missing", {"退款": "refund"}),
        ("เครื่องพิมพ์เสีย", "the printer is broken", {"เครื่องพิมพ์": "printer"}),
    ],
)
def test_words_are_aligned_across_languages(question: str, problem: str, expected: dict[str, str]) -> None:
    """A word of the question is shown beside its counterpart in the case, which is a passage, too."""
    case = make_case(problem=problem, language="")

    why = explained(question, case)

    assert expected.items() <= pairs(why).items()
    assert all(0.45 <= part.similarity <= 1 for part in why.aligned)
    assert any(counterpart in passage for counterpart in expected.values() for passage in marked(why))


def test_neighbours_in_both_languages_are_one_phrase() -> None:
    """Words that follow each other on both sides are aligned together."""
    why = explained("le test réussit", make_case(problem="点测试却是成功的"))

    assert pairs(why) == {"test réussit": "测试却是成功"}


def test_articles_are_no_passages() -> None:
    """Words that say little mark nothing, alone."""
    why = explained("the on a of invoice", make_case(problem="the printer on a desk of the office", solution="on it"))

    assert marked(why) == []


def test_emoji_move_utf16_offsets_only() -> None:
    """Behind an emoji code points and UTF-16 units differ, and both cut out the passage."""
    case = make_case(problem="😀👍🏽 the refund is missing")

    place = next(passage.place for passage in explained("refund 🚀", case).passages)

    assert place.utf16_start > place.start
    assert sliced(place, case.problem) == (place.text, place.text)
    assert "refund" in place.text


def test_marks_are_not_cut_off() -> None:
    """A passage never ends before the accent or joiner of its last character."""
    case = Case(id="a", problem="le cafe\u0301 de\u0301borde", solution="nettoyer")

    places = [passage.place for passage in explained("cafe déborde", case).passages]

    assert [place.text for place in places] == ["cafe\u0301 de\u0301borde"]


def test_the_weightiest_words_of_a_long_question_are_compared() -> None:
    """Beyond the words that are compared the light ones are dropped, and equal words are still found."""
    filler = " ".join(f"wort{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(200))

    explainer = Explainer(Query(problem=f"{filler} invoice"), "en")
    why = explainer.explain([make_case(problem="the printer, an invoice")])[0]

    assert len(explainer._question.words) == len(explainer._question.vectors) == COMPARED
    assert "invoice" in why.words


def test_steps_are_numbered() -> None:
    """A passage in a list says in which of its entries."""
    case = make_case(problem="it stops", steps=["open the lid", "clean the rollers"], solution="see the steps")

    place = next(p.place for p in explained("dirty rollers", case).passages if p.place.field == "steps")

    assert (place.item, text_of(case, place)[place.start : place.end]) == (1, place.text)
    assert "rollers" in place.text


def test_weights_are_shares() -> None:
    """All passages of a short case add up to one, and a code weighs more than a word."""
    why = explained("printer E-05", make_case(problem="E-05 is on the display. The printer stops"))

    weights = {passage.place.text: passage.weight for passage in why.passages}
    assert sum(weights.values()) == pytest.approx(1, abs=0.01)
    assert weights["E-05"] > weights["printer"]
    assert why.codes == ("E-05",)


def test_masked_values_take_no_part() -> None:
    """A placeholder is no word, no passage and no counterpart; what stands behind it keeps its offsets."""
    case = make_case(problem="mail from [EMAIL_1] about the refund")

    why = explained("[EMAIL_1] refund email person", case)

    assert "EMAIL" not in " ".join([*marked(why), *why.words])
    place = next(passage.place for passage in why.passages if passage.place.text == "refund")
    assert sliced(place, case.problem) == ("refund", "refund")


def test_the_question_has_offsets_of_its_own() -> None:
    """Aligned phrases point into title, problem or code of the question as it was asked."""
    query = Query(title="Drucker", problem="😀 kein Papier")

    places = [part.question for part in explained(query, make_case(problem="printer, no paper")).aligned]

    assert {place.field for place in places} == {"title", "problem"}
    for place in places:
        assert sliced(place, getattr(query, place.field)) == (place.text, place.text)


@pytest.mark.parametrize(
    ("query", "more", "expected"),
    [
        (Query("stops", product="lx2"), {"product": "LX2"}, Comparison("product", True, ("lx2",), ("LX2",))),
        (Query("stops", product="LX3"), {"product": "LX2"}, Comparison("product", False, ("LX3",), ("LX2",))),
        (Query("my LX2 stops"), {"product": "LX2"}, Comparison("product", True, ("LX2",), ("LX2",))),
        (Query("since v8.4"), {"title": "Version 8.4.1"}, Comparison("version", True, ("8.4",), ("8.4.1",))),
        (Query("版本 15 闪退"), {"title": "版本 16 闪退"}, Comparison("version", False, ("15",), ("16",))),
        (Query("error e05"), {"error_codes": ["E-05"]}, Comparison("error_codes", True, ("e05",), ("E-05",))),
        (
            Query("ORA-00942"),
            {"title": "ora-00942 seen"},
            Comparison("error_codes", True, ("ORA-00942",), ("ora-00942",)),
        ),
        (Query("E-07"), {"error_codes": ["E-05"]}, Comparison("error_codes", False, ("E-07",), ("E-05",))),
    ],
)
def test_fields_are_compared_when_both_name_them(query: Query, more: dict[str, Any], expected: Comparison) -> None:
    """Product, version and error code agree or differ, each in its own spelling."""
    why = explained(query, make_case(**more))

    assert why.fields == (expected,)


@pytest.mark.parametrize("problem", ["since 24.12.2025", "it costs 12.50", "10 kg", "after 3 days"])
def test_other_numbers_are_no_versions(problem: str) -> None:
    """Dates, prices and amounts are not compared."""
    assert explained(problem, make_case(problem="version 3.1 from 01.02.2024", error_codes=["E-05"])).fields == ()


@pytest.mark.parametrize("problem", ["printer " * 2_000, "打印机卡纸" * 2_000, "E-05printer" * 2_000])
def test_long_texts_are_bounded(problem: str) -> None:
    """Only the beginning of a huge case is looked at, with white space in it or without."""
    case = make_case(problem=problem, solution="printer")

    places = [passage.place for passage in explained("printer 打印机 E-05", case).passages]

    assert places
    assert all(place.end <= LOOKED_AT and place.field == "problem" for place in places)


_LATIN = ["printer", "Drucker", "e\u0301cran", "E-05", "v8.4", "[EMAIL_1]", "ﬁle", "İ", "ß", " ", "\n"]
_OTHERS = ["打印机", "卡纸", "プリンター", "紙", "เครื่องพิมพ์", "กระดาษ", "환불", "한\u11a8", "，", "😀", "👨\u200d👩"]
_WORDS = st.sampled_from([*_LATIN, *_OTHERS])
_TEXTS = st.lists(_WORDS | st.text(max_size=8), max_size=12).map("".join)


@settings(max_examples=60, deadline=None)
@given(_TEXTS, _TEXTS, _TEXTS, st.lists(_TEXTS, max_size=2))
def test_both_offsets_cut_out_the_passage(question: str, title: str, problem: str, steps: list[str]) -> None:
    """Whatever the texts: offsets of both kinds give exactly the passage, and nothing masked is in it."""
    case = Case(id="a", title=title, problem=problem, solution="清洁 clean", steps=tuple(steps))

    why = explained(question, case)

    for place in [*(part.place for part in why.passages), *(part.case for part in why.aligned)]:
        assert place.text
        assert sliced(place, text_of(case, place)) == (place.text, place.text)
    for part in why.aligned:
        assert sliced(part.question, question) == (part.question.text, part.question.text)
