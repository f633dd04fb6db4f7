"""Texts that another program broke: what is repaired, what is told, and what is left alone."""

import pytest

from retriever.case.mojibake import is_damaged, mended

SOUND = (
    "Der Drücker fällt aus – „Größe“ 5 €",
    "NÃO IMPRIMIR EM SÃO PAULO",
    "Принтер не печатает, ошибка № 5",
    "プリンターで紙詰まり、エラーＥ－０５",
    "打印机卡纸，提示 E-05（第 2 次）",
    "الطابعة لا تعمل: الخطأ ٥",
    "프린터에 용지가 걸렸습니다",
    "Ångström, naïve, piñata, Škoda, İstanbul, ţară",
)


@pytest.mark.parametrize("text", SOUND)
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_what_was_read_wrong_is_put_right(text: str, encoding: str) -> None:
    """UTF-8 that was read as Latin-1 or as Windows wrote it is again what was written."""
    broken = "".join(_read_as(byte, encoding) for byte in text.encode())

    assert mended(f"first line\n{broken}") == f"first line\n{text}"


def _read_as(byte: int, encoding: str) -> str:
    try:
        return bytes([byte]).decode(encoding)
    except UnicodeDecodeError:  # the five bytes that cp1252 lacks, which browsers read as Latin-1
        return chr(byte)


@pytest.mark.parametrize("text", [*SOUND, "", "plain", "line\n\nline é", "漢(han)字 and A(b)c(d)"])
def test_a_sound_text_is_itself(text: str) -> None:
    """Nothing of a text that reads well is touched, and nothing of it is called lost."""
    assert mended(text) == text
    assert not is_damaged(text)


def test_readings_behind_han_characters_go() -> None:
    """A converter put a reading behind each character; a bracket here and there is the author's."""
    assert mended("退(tui)款(kuan)单(dan) 不见了") == "退款单 不见了"
    assert mended("订（dìng）单（dān）号（hào）") == "订单号"
    assert mended("漢(han)字(zi)") == "漢(han)字(zi)"


@pytest.mark.parametrize("text", ["the caf\ufffd is closed", "锟斤拷锟斤拷"])
def test_what_is_lost_is_told(text: str) -> None:
    """No repair brings it back."""
    assert mended(text) == text
    assert is_damaged(text)


@pytest.mark.parametrize(
    "text",
    [
        "Exported names show Ã¶ instead of ö since Monday",
        "Statt Größe steht GrÃ¶ÃŸe im Ausdruck",
        'Im Betreff steht "Ã¼" bei jedem Umlaut',
        "Replies contain â€™ where an apostrophe should be",
        "вместо привет видно Ð¿Ñ€Ð¸Ð²ÐµÑ‚",
        "pláŠť do dažďa",
    ],
)
def test_what_tells_of_broken_characters_is_left_alone(text: str) -> None:
    """They are the symptom: repaired, the sentence would say nothing."""
    assert mended(text) == text


def test_lone_letters_that_are_words_are_repaired() -> None:
    """A broken word of one letter is put right like any other."""
    assert mended("Il faut aller Ã  la derniÃ¨re page") == "Il faut aller à la dernière page"
    assert mended("Isso nÃ£o Ã© possÃ­vel â€“ nem aqui") == "Isso não é possível – nem aqui"
