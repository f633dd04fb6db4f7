"""Reading pairs, learning the vocabulary's input, and making English."""

import lzma
from pathlib import Path

import numpy as np
import pytest

from retriever.training.model.pairs import ParallelCorpus, load_corpus
from retriever.training.model.questions import ACTION_FRAMES, MadeConfig, build_made_english, make_questions
from retriever.training.model.tokenizer import TokenizerConfig, drop_rare_characters, open_blank_tokenizer, sample_texts

ROWS = {
    "de-en": [("Rechnung", "invoice", "dict-freedict"), ("Die Rechnung fehlt", "The invoice is missing", "shop")],
    "fr-en": [("facture", "invoice", "shop"), ("la facture manque", "The invoice is missing", "shop")],
    "lexicon_de-en": [("Zahlung", "payment", "x")],
}


def write_corpus(folder: Path) -> ParallelCorpus:
    """Write the rows above as .tsv.xz files and read them."""
    for stem, rows in ROWS.items():
        with lzma.open(folder / f"{stem}.tsv.xz", "wt", encoding="utf-8") as out:
            out.writelines("\t".join(row) + "\n" for row in rows)
    return load_corpus(folder)


def test_equal_english_sides_share_one_number(tmp_path: Path) -> None:
    """Pairs of all files point at unique English texts; a lexicon joins its language as a dictionary source."""
    corpus = write_corpus(tmp_path)
    assert corpus.english == ["invoice", "The invoice is missing", "payment"]
    assert corpus.languages["fr"].english.tolist() == [0, 1]
    assert corpus.languages["de"].texts == ["Rechnung", "Die Rechnung fehlt", "Zahlung"]
    assert corpus.dictionary_mask()[corpus.languages["de"].sources].tolist() == [True, False, True]
    assert sum(corpus.count_pairs().values()) == 5


def test_a_sentence_source_wins_over_a_dictionary(tmp_path: Path) -> None:
    """An English text that a dictionary and a shop both hold counts as the shop's."""
    corpus = write_corpus(tmp_path)
    assert corpus.sources[corpus.english_source[0]] == "shop"


def test_a_row_with_missing_fields_is_named(tmp_path: Path) -> None:
    """A file with a broken row fails with its name and line number."""
    with lzma.open(tmp_path / "it-en.tsv.xz", "wt", encoding="utf-8") as out:
        out.write("a\tb\tc\nonly one\n")
    with pytest.raises(ValueError, match=r"it-en\.tsv\.xz, line 2"):
        load_corpus(tmp_path)


def test_the_sample_keeps_to_its_caps(tmp_path: Path) -> None:
    """At most `cap` sentences and `dictionary_cap` glosses are drawn per language, the same ones for one seed."""
    corpus = write_corpus(tmp_path)
    config = TokenizerConfig(
        pieces=50, piece_length=8, rare_character=1, default_cap=1, dictionary_cap=1, caps={"en": 0}, seed=1
    )
    drawn = sample_texts(corpus, config)
    assert drawn == sample_texts(corpus, config)
    assert len(drawn) == 1 + 2 + 1  # one English gloss, a sentence and a gloss of German, a French sentence
    assert "The invoice is missing" not in drawn


def test_rare_characters_become_spaces() -> None:
    """A character seen fewer than the minimum is blanked out, all others stay."""
    assert drop_rare_characters(["aab", "ab"], 3) == ["aa ", "a "]


@pytest.mark.parametrize(
    ("left", "right"),
    [("Foo\nBar", "foo bar"), ("ＡＢＣ　１２", "abc 12"), ("می\u200cشود", "میشود"), ("a\0b", "ab"), ("مُحَمَّد", "محمد")],
)
def test_spellings_that_mean_the_same_are_cut_alike(left: str, right: str) -> None:
    """Case, width, kinds of space, control characters and Arabic vowel marks make no difference to the pieces."""
    tokenizer = open_blank_tokenizer()
    cuts = [
        [piece for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(text))]
        for text in (left, right)
    ]
    assert cuts[0] == cuts[1]


def test_digits_and_punctuation_stand_alone() -> None:
    """A product number is its own piece wherever it stands."""
    tokenizer = open_blank_tokenizer()
    cut = [piece for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str("esp8266-wifi (8266)")]
    assert cut == ["▁esp", "8266", "-", "wifi", "▁", "(", "8266", ")"]


def test_made_questions_fill_frames_with_strings_of_the_right_kind() -> None:
    """Actions go into action frames only; the same seed makes the same questions."""
    made = make_questions(["Cancel the order", "Delivery note", "x" * 99], 40, np.random.default_rng(6))
    assert made == make_questions(["Cancel the order", "Delivery note", "x" * 99], 40, np.random.default_rng(6))
    with_action = [text for text in made if "cancel the order" in text]
    assert len(with_action) == 20
    stems = [frame.partition("{")[0] for frame in ACTION_FRAMES]
    assert all(any(stem in text for stem in stems) for text in with_action)


def test_made_english_repeats_no_text_of_the_pairs(tmp_path: Path) -> None:
    """What is made is new and unique, so that each text has one teacher vector."""
    corpus = write_corpus(tmp_path)
    config = MadeConfig(questions=30, passages=10, sources=("shop",), passage_sources=("shop",), seed=1)
    made = build_made_english(corpus, config)
    assert made
    assert len(set(made)) == len(made)
    assert not set(made) & set(corpus.english)
