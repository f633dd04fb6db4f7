"""A name that is found in one text of a case goes from all of them; everyday words stay."""

from dataclasses import replace

import pytest

from retriever.domain import Query
from retriever.masking import mask_case, mask_query, mask_text
from tests.support.builders import make_case
from tests.support.examples import pairs

AGAIN = r"""
Müller wartet\nFrau Müller ruft an, MÜLLER sagt => [PERSON_1] wartet\nFrau [PERSON_1] ruft an, [PERSON_1] sagt
клиент Иванов Иван звонил. Иванов просит => клиент [PERSON_1] звонил. [PERSON_2] просит
Ayşe Hanım aradı, Ayşe bekliyor => [PERSON_1] Hanım aradı, [PERSON_1] bekliyor
customer Priya Sharma called, priya sharma waits => customer [PERSON_1] called, [PERSON_1] waits
客户张伟明来电，张伟明说打不开 => 客户[PERSON_1]来电，[PERSON_1]说打不开
고객 김민수 씨 문의, 김민수 재문의 => 고객 [PERSON_1] 씨 문의, [PERSON_1] 재문의
לקוח: מר דוד כהן, דוד כהן ממתין => לקוח: מר [PERSON_1], [PERSON_1] ממתין
"""
ONCE = r"""
Mr. Brown called, Brown paper jams => Mr. [PERSON_1] called, Brown paper jams
Frau Achternbusch, ein Achternbusch, das achternbusch => Frau [PERSON_1], ein Achternbusch, das achternbusch
Herr Schneider fragt, Schneider Electric => Herr [PERSON_1] fragt, Schneider Electric
Herr Drucker fragt, Drucker druckt nicht => Herr [PERSON_1] fragt, Drucker druckt nicht
王先生来电，国王说 => [PERSON_1]先生来电，国王说
Frau Müller fragt, müller.exe und Müllerei => Frau [PERSON_1] fragt, müller.exe und Müllerei
Mr. Li called, Li-Ion battery => Mr. [PERSON_1] called, Li-Ion battery
"""


@pytest.mark.parametrize(("text", "masked"), pairs(AGAIN))
def test_a_name_goes_wherever_it_stands_again(text: str, masked: str) -> None:
    """Alone, in capitals, before the words that told it."""
    assert mask_text(text).text == masked
    assert mask_text(masked).text == masked


@pytest.mark.parametrize(("text", "masked"), pairs(ONCE))
def test_everyday_words_and_parts_of_words_stay(text: str, masked: str) -> None:
    """What is listed as a word, is written small in the same text, or is the name of a maker, too."""
    assert mask_text(text).text == masked


def test_a_name_goes_from_all_texts_of_a_case() -> None:
    """Title and steps have no word that tells it; product and tags are left to their own rules."""
    case = replace(
        make_case("c1", "Frau Müller kommt nicht rein", solution="Müller freigeschaltet"),
        title="Passwort Müller",
        steps=("Müller anrufen",),
        product="Müller",
    )

    masked, spans = mask_case(case)

    assert (masked.title, masked.problem) == ("Passwort [PERSON_1]", "Frau [PERSON_1] kommt nicht rein")
    assert (masked.solution, masked.steps) == ("[PERSON_1] freigeschaltet", ("[PERSON_1] anrufen",))
    assert masked.product == "Müller"
    assert spans["title"][0].rule == "echoed_name"


def test_a_name_goes_from_the_title_of_a_question() -> None:
    """As it would from a case."""
    assert mask_query(Query(title="Müller", problem="Frau Müller wartet")).title == "[PERSON_1]"
