"""Tokens: what two spellings of one thing must share, in every script, and where in the text it stands."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.text.folding import fold, fold_with_offsets
from index.text.tokenise import CODE_MARK, PREFIX_MARK, codes, spans, tokens

TEXTS = (
    "Fehler E-05 / e05 beim Gerät AX-200/B v3.2.1, HTTP 429 und ORA-00942, 0x80070057!",
    "ＥＳＰ－０５ 退款什麼時候到賬？ Wi-Fi 连不上",
    "ダウンロードできません。ｶﾞｽ",
    "메일을 다 비울까 e\u0301 각",
    "ไม่สามารถเข้าสู่ระบบได้",
    "مُحَمَّد أحمد الطابعة ١٢٣",
    "Straße İstanbul ﬁle ½ ㎏ \x00 🙂👍🏽 हिन्दी में",
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Error E-05 shown", "the display says e05"),
        ("ORA-00942", "ora00942"),
        ("AX-200/B", "ax200b"),
        ("0X80070057", "0x80070057"),
        ("firmware v3.2.1", "3.2.1"),
        ("HTTP 429", "http-429"),
        ("Ｅ－０５", "E05"),
        ("错误代码：5003", "error 5003"),
        ("E\u201105", "E-05"),
    ],
)
def test_a_code_meets_its_other_spellings(one: str, other: str) -> None:
    """Hyphen, case, width or prefix do not keep two spellings of a code apart."""
    shared = set(tokens(one)) & set(tokens(other))
    assert any(token.startswith(CODE_MARK) for token in shared)


@pytest.mark.parametrize(("one", "other"), [("E-05", "E-06"), ("3.2.1", "32.1"), ("3.2.1", "3.2.10"), ("A-1", "A-11")])
def test_different_codes_stay_apart(one: str, other: str) -> None:
    """Codes that differ in a digit or in where the dots stand share no code token."""
    assert not {t for t in tokens(one) if t[0] == CODE_MARK} & {t for t in tokens(other) if t[0] == CODE_MARK}


SPELLINGS = (
    ("wifi", "Wi-Fi", "wi fi", "WI\u2011FI", "Wi\u2013Fi", "wi_fi"),
    ("esim", "e-SIM", "e SIM", "eSIM"),
    ("email", "e-mail", "E-Mail", "e mail", "e\u2010mail"),
    ("login", "log-in", "log in"),
    ("setup", "set-up", "set up"),
    ("username", "user name", "user-name", "user_name"),
    ("hotspot", "hot spot", "hot-spot"),
    ("webshop", "Web-Shop", "Web Shop"),
    ("weekend", "week-end", "week end"),
    ("вайфай", "вай-фай", "вай фай"),
)


@pytest.mark.parametrize("spellings", SPELLINGS, ids=lambda one: one[0])
def test_one_word_in_two_or_with_a_hyphen_is_one_word(spellings: tuple[str, ...]) -> None:
    """Every spelling gives the token of the one word, both ways, so each finds each of the others."""
    one_word = tokens(spellings[0])[0]
    assert all(one_word in tokens(f"das {spelling} heute") for spelling in spellings)


@pytest.mark.parametrize("spellings", [("wifi", "Wi-Fi"), ("email", "e-mail"), ("login", "log-in"), ("esim", "e-sim")])
def test_a_word_with_a_hyphen_has_all_that_it_has_without(spellings: tuple[str, str]) -> None:
    """Its first letters too, so a question with the one word shares as much with either spelling."""
    assert set(tokens(spellings[0])) <= set(tokens(spellings[1]))


@pytest.mark.parametrize(
    "text", ["the app", "is it", "problem in", "my phone", "der Preis", "le client", "photographs exhibition"]
)
def test_words_that_only_stand_together_are_not_one(text: str) -> None:
    """An article, a preposition or a long word joins nothing: it would only make the index larger."""
    assert len({token for token in tokens(text) if not token.endswith(PREFIX_MARK)}) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wifi慢", {"wifi", "慢"}),
        ("e-mail受信できない", {"email", "受信"}),
        ("VPN连不上", {"vpn", "不上"}),
        ("앱app오류", {"app", "오류"}),
    ],
)
def test_latin_words_are_cut_from_scripts_without_spaces(text: str, words: set[str]) -> None:
    """No space is needed between a Latin word and Chinese, Japanese or Korean."""
    assert words <= set(tokens(text))


def test_codes_count_double_and_only_codes_carry_the_mark() -> None:
    """A code is emitted twice, and no other token begins with the mark, whatever the text contains."""
    assert tokens("Error ORA-00942").count("#ora00942") == 2
    assert not any(token.startswith(CODE_MARK) for token in tokens("#hashtag # 404 C# plain words 退款"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Gerät", "gerat"),
        ("STRASSE", "Straße"),
        ("cards", "card"),
        ("ordering", "ordered"),
        ("Rechnungen", "Rechnung"),
        ("возврата", "возврат"),
        ("ёлка", "елка"),
        ("退款什麼時候到賬", "退款什么时候到账"),
        ("ｶﾞｽ", "ガス"),
        ("Ｗｉ－Ｆｉ", "wi-fi"),
        ("الطابعة", "الطابعه"),
        ("مُحَمَّد أحمد", "محمد احمد"),
        ("١٢٣", "123"),
        ("메일을", "메일이"),
        ("ระบบล่ม", "เข้าสู่ระบบ"),
        ("हिन्दी", "हिन्दी में"),
        ("connexion à l'imprimante", "imprimante"),
    ],
)
def test_spellings_and_inflections_share_a_token(one: str, other: str) -> None:
    """Accent, case, width, script variant and common endings do not keep two words apart."""
    assert set(tokens(one)) & set(tokens(other))


def test_text_without_spaces_gives_pairs() -> None:
    """Chinese and Japanese runs become overlapping pairs; a lone character stays."""
    assert tokens("退款失败") == ["退款", "款失", "失败"]
    assert tokens("门") == ["门"]
    assert tokens("메일") == ["^메", "메일"]


@pytest.mark.parametrize("text", ["", " \n\t", "?!…。、", "🙂👍🏽", "\x00\u200b\ufeff"])
def test_text_without_words_gives_no_tokens(text: str) -> None:
    """Blank, punctuation, emoji and invisible characters give nothing."""
    assert tokens(text) == []
    assert spans(text) == []
    assert codes(text) == []


@pytest.mark.parametrize("text", TEXTS)
def test_spans_give_the_same_tokens_with_true_offsets(text: str) -> None:
    """Spans repeat `tokens` one by one, inside the text, and cover text that gives the token again."""
    found = spans(text)
    assert [token for token, _, _ in found] == tokens(text)
    for token, start, end in found:
        assert 0 <= start < end <= len(text)
        if token[0] not in "#^" and token[-1] != "~":
            assert token in tokens(text[start:end])


def test_offsets_point_into_the_text_as_given() -> None:
    """Composed, wide and expanding characters before a word do not shift its offsets."""
    text = "ﬁle ｶﾞｽ e\u0301a Straße ＯＲＡ－００９４２"
    places = {token: text[start:end] for token, start, end in spans(text)}
    assert places["file"] == "ﬁle"
    assert places["ガス"] == "ｶﾞｽ"
    assert places["#ora00942"] == "ＯＲＡ－００９４２"
    assert places["stra~"] == "Straße"


def test_codes_tell_original_and_normalised_spelling() -> None:
    """Each code is listed once per place, as written and as matched."""
    found = [(code.text, code.normalised) for code in codes("E-05, AX-200/B, v3.2.1")]
    assert found == [("E-05", "e05"), ("AX-200/B", "ax200b"), ("v3.2.1", "3.2.1")]
    assert [code.normalised for code in codes("HTTP 429")] == ["429", "http429"]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_folds_alike_with_and_without_offsets(text: str) -> None:
    """Folding piece by piece, as offsets need it, gives what folding at once gives; offsets ascend to the length."""
    folded, offsets = fold_with_offsets(text)
    assert folded == fold(text)
    assert len(offsets) == len(folded) + 1
    assert offsets == sorted(offsets)
    assert offsets[-1] == len(text)
    assert [token for token, _, _ in spans(text)] == tokens(text)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="eE\u0301\u0323\u1100\u1161\u11a8가ｶﾞﾊﾟｱ\u3099か각ﾡￂ\u0d46\u0d3e\u1025\u102eΣσ", max_size=12))
def test_characters_that_combine_fold_alike_too(text: str) -> None:
    """Marks, jamo and half-width sound marks join the same way piece by piece."""
    assert fold_with_offsets(text)[0] == fold(text)


def test_plain_text_never_loads_the_chinese_tables() -> None:
    """Only text with Chinese characters pays for OpenCC."""
    program = (
        "import sys; from index.text.tokenise import tokens; tokens('Gerät E-05 ガス');"
        "assert 'opencc' not in sys.modules; tokens('退款'); assert 'opencc' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
