"""What people call languages, and the one tag of each."""

import pytest

from retriever.case.format import case_from_dict
from retriever.case.language_tags import near_languages, normalise_language, wanted_language, wider_tags


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("EN_us", "en"),
        ("zh", "zh"),
        ("chinese", "zh"),
        ("中文", "zh"),
        ("zh-CN", "zh-Hans"),
        ("zh_SG", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-hant-cn", "zh-Hant"),
        ("zh_Hans_CN", "zh-Hans"),
        ("Chinese (Simplified)", "zh-Hans"),
        ("Chinese - Traditional", "zh-Hant"),
        ("简体中文", "zh-Hans"),
        ("繁體中文", "zh-Hant"),
        ("中文（繁體）", "zh-Hant"),
        ("pt-BR", "pt"),
        ("pt_BR.UTF-8", "pt"),
        ("Português (Brasil)", "pt"),
        ("sr-latn-RS", "sr-Latn"),
        ("es-419", "es"),
        ("English (US)", "en"),
        ("ENGLISCH", "en"),
        ("英语", "en"),
        ("Deutsch", "de"),
        ("German (formal)", "de"),
        ("allemand", "de"),
        ("德语", "de"),
        ("deu", "de"),
        ("ger", "de"),
        ("日本語", "ja"),
        ("jp", "ja"),
        ("한국어", "ko"),
        ("ไทย", "th"),
        ("tiếng Việt", "vi"),
        ("русский", "ru"),
        ("nb-NO", "no"),
        ("Norsk bokmål", "no"),
        ("iw", "he"),
        ("fil", "tl"),
        ("tl", "tl"),
        ("und", "und"),
        ("unknown", "und"),
        ("n/a", "und"),
    ],
)
def test_a_language_has_one_tag(name: str, tag: str) -> None:
    """Codes of two and three letters, locales, names in many languages; the tag itself stays as it is."""
    assert normalise_language(name) == tag
    assert normalise_language(tag) == tag


@pytest.mark.parametrize("name", ["", " ", "xx", "Germn", "!!", "x" * 10_000])
def test_what_is_no_language_is_told(name: str) -> None:
    """By what was given, shortened, and what may have been meant."""
    with pytest.raises(ValueError, match="expected a language such as") as error:
        normalise_language(name)
    assert len(str(error.value)) < 250
    assert ("did you mean German (de)?" in str(error.value)) is (name == "Germn")


def test_a_filter_may_name_what_no_case_has() -> None:
    """It stays as it was given, for the answer to name it."""
    assert wanted_language("Brazilian") == "pt"
    assert wanted_language(" Germn ") == "Germn"
    assert near_languages("Portugues") == ("Portuguese (pt)",)


def test_a_tag_includes_the_wider_ones() -> None:
    """So that a filter on zh finds both scripts."""
    assert wider_tags("zh-Hant") == ("zh", "zh-Hant")
    assert wider_tags("de") == ("de",)


def test_a_case_may_name_its_language_in_words() -> None:
    """However it comes: file, request or command line."""
    assert case_from_dict({"id": "a", "problem": "p", "solution": "s", "language": "Español"}).language == "es"
