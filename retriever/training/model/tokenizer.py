"""The subword tokenizer: one Unigram vocabulary over all languages, whole words where they are frequent."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram
from tokenizers.trainers import UnigramTrainer

from retriever.training.model.pairs import ParallelCorpus

UNKNOWN = "[UNK]"


@dataclass(frozen=True, slots=True)
class TokenizerConfig:
    """How the vocabulary is learnt; `caps` are sentences per language, `dictionary_cap` glosses per language."""

    pieces: int
    piece_length: int
    rare_character: int
    default_cap: int
    dictionary_cap: int
    caps: Mapping[str, int]
    seed: int


def build_tokenizer(corpus: ParallelCorpus, config: TokenizerConfig) -> Tokenizer:
    """Learn the vocabulary from a sample balanced by language (minutes); id 0 is the unknown piece."""
    sample = sample_texts(corpus, config)
    tokenizer = open_blank_tokenizer()
    lines = drop_rare_characters([tokenizer.normalizer.normalize_str(text) for text in sample], config.rare_character)
    trainer = UnigramTrainer(
        vocab_size=config.pieces,
        max_piece_length=config.piece_length,
        special_tokens=[UNKNOWN],
        unk_token=UNKNOWN,
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer, length=len(lines))
    return tokenizer


def open_blank_tokenizer() -> Tokenizer:
    """Return the untrained pipeline: NFKC, lower case, one kind of space, no control or format characters.

    Punctuation and runs of digits stand alone, so that a product number is the same piece wherever it occurs; words of
    scripts without spaces are left to the vocabulary. Of several ways to say the same this one was the fastest.
    """
    tokenizer = Tokenizer(Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.BertNormalizer(
                clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=True
            ),
            # Arabic vowel marks vary from writer to writer and say nothing about the problem.
            normalizers.Replace(Regex(r"[\u0640\u064B-\u0652]"), ""),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False),
            pre_tokenizers.Punctuation("isolated"),
            pre_tokenizers.Digits(individual_digits=False),
        ]
    )
    return tokenizer


def sample_texts(corpus: ParallelCorpus, config: TokenizerConfig) -> list[str]:
    """Draw up to a language's cap of its sentences and up to `dictionary_cap` of its glosses, English included."""
    rng = np.random.default_rng(config.seed)
    is_dictionary = corpus.dictionary_mask()
    drawn: list[str] = []
    for language, texts, sources in _texts_by_language(corpus):
        gloss = is_dictionary[sources]
        for chosen, cap in (
            (np.flatnonzero(~gloss), config.caps.get(language, config.default_cap)),
            (np.flatnonzero(gloss), config.dictionary_cap),
        ):
            picked = rng.permutation(chosen)[:cap]
            drawn.extend(texts[i] for i in picked)
    return drawn


def _texts_by_language(corpus: ParallelCorpus) -> Iterator[tuple[str, list[str], np.ndarray]]:
    yield "en", corpus.english, corpus.english_source
    for language, pairs in corpus.languages.items():
        yield language, pairs.texts, pairs.sources


def drop_rare_characters(lines: list[str], minimum: int) -> list[str]:
    """Blank out characters seen fewer than `minimum` times: each one kept would cost a row of the table."""
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(line)
    rare = {ord(character): " " for character, count in counts.items() if count < minimum}
    return [line.translate(rare) for line in lines]
