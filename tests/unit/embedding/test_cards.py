"""The cards of named models."""

import pytest

from retriever.embedding.cards import BUILTIN, CARDS, find_card

NAMED = {
    # hub id: (dims, tokens, question prompt, case prompt)
    "intfloat/multilingual-e5-small": (384, 512, "query: ", "query: "),
    "intfloat/multilingual-e5-base": (768, 512, "query: ", "query: "),
    "intfloat/multilingual-e5-large": (1024, 512, "query: ", "query: "),
    "BAAI/bge-m3": (1024, 8192, "", ""),
    "ibm-granite/granite-embedding-97m-multilingual-r2": (384, 8192, "", ""),
    "ibm-granite/granite-embedding-311m-multilingual-r2": (768, 8192, "", ""),
    "hotchpotch/bekko-embedding-v1-a8m": (384, 8192, "query: ", "passage: "),
    "hotchpotch/bekko-embedding-v1-a25m": (384, 8192, "query: ", "passage: "),
    "Snowflake/snowflake-arctic-embed-m-v2.0": (768, 8192, "query: ", ""),
    "Snowflake/snowflake-arctic-embed-l-v2.0": (1024, 8192, "query: ", ""),
    "Alibaba-NLP/gte-multilingual-base": (768, 8192, "", ""),
    "google/embeddinggemma-300m": (768, 2048, "task: search result | query: ", "title: none | text: "),
    "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2": (384, 128, "", ""),
    "sentence-transformers/LaBSE": (768, 256, "", ""),
}


@pytest.mark.parametrize("hub_id", NAMED)
def test_named_models_have_frozen_cards(hub_id: str) -> None:
    """Each model that people ask for keeps its lengths and prompts, whatever happens on the hub."""
    card = find_card(hub_id)

    assert card is not None
    assert (card.dims, card.max_tokens, card.query_prompt, card.case_prompt) == NAMED[hub_id]


def test_an_instruction_goes_before_questions_only() -> None:
    """Qwen3 is told its task before a question and gets cases as they are."""
    card = find_card("Qwen/Qwen3-Embedding-0.6B")

    assert card is not None
    assert card.query_prompt.startswith("Instruct: ")
    assert card.query_prompt.endswith("\nQuery:")
    assert (card.case_prompt, card.dims, card.max_tokens) == ("", 1024, 32768)


def test_every_card_says_licence_and_when_to_choose_it() -> None:
    """No card leaves the reader without a licence or advice, and shorter lengths are shorter, longest first."""
    for card in CARDS:
        assert card.licence, card.hub_id
        assert card.choose_when.endswith("."), card.hub_id
        assert list(card.matryoshka) == sorted(card.matryoshka, reverse=True)
        assert card.parameters_millions > 0 or card.hub_id == BUILTIN
