"""What is known about models worth choosing: prompts, sizes, licences and when to take which. Data, no code.

A model without a card works too: its own config files then say everything.
"""

from dataclasses import dataclass

BUILTIN = "builtin"
DEEP = "deep"
NAMES = (BUILTIN, DEEP)
"""Models that come with a package: nothing else goes by these names."""

# A question and a case both describe a problem, so e5's authors advise `query: ` on both sides.
_E5_PROMPT = "query: "
_QWEN_PROMPT = "Instruct: Given a customer's problem, retrieve resolved cases about the same problem\nQuery:"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model: `dims` is the full length, `matryoshka` the shorter lengths it was trained for."""

    hub_id: str
    dims: int
    max_tokens: int
    licence: str
    choose_when: str
    parameters_millions: float
    query_prompt: str = ""
    case_prompt: str = ""
    matryoshka: tuple[int, ...] = ()
    needs_remote_code: bool = False
    languages: tuple[str, ...] = ()
    """Base languages it was made for (`en`); empty for many."""

    @property
    def short_name(self) -> str:
        """The hub id without its owner."""
        return self.hub_id.rsplit("/", 1)[-1]


DEEP_CARD = ModelCard(
    DEEP,
    384,
    512,
    "MIT",
    "rewording and questions across languages matter and nothing may be downloaded: multilingual-e5-small.",
    118,
    query_prompt="query: ",
    case_prompt="passage: ",
)

CARDS: tuple[ModelCard, ...] = (
    ModelCard(
        BUILTIN, 256, 0, "Apache-2.0", "nothing may be downloaded, or speed matters most: about 0.1 ms a question.", 0
    ),
    DEEP_CARD,
    ModelCard(
        "intfloat/multilingual-e5-small",
        384,
        512,
        "MIT",
        "a safe multilingual transformer on a CPU; the best cross-language figures of its size.",
        118,
        query_prompt=_E5_PROMPT,
        case_prompt=_E5_PROMPT,
    ),
    ModelCard(
        "intfloat/multilingual-e5-base",
        768,
        512,
        "MIT",
        "a little more quality than e5-small is worth three times its time.",
        278,
        query_prompt=_E5_PROMPT,
        case_prompt=_E5_PROMPT,
    ),
    ModelCard(
        "intfloat/multilingual-e5-large",
        1024,
        512,
        "MIT",
        "a GPU is at hand and the e5 family is already in use; otherwise bge-m3 is better at the same size.",
        560,
        query_prompt=_E5_PROMPT,
        case_prompt=_E5_PROMPT,
    ),
    ModelCard(
        "BAAI/bge-m3",
        1024,
        8192,
        "MIT",
        "a GPU is at hand: the usual multilingual choice, strong across languages, long texts, no prompts.",
        568,
    ),
    ModelCard(
        "ibm-granite/granite-embedding-97m-multilingual-r2",
        384,
        8192,
        "Apache-2.0",
        "on 2 CPU cores: the best quality for its time among multilingual models, long texts, no prompts.",
        97,
    ),
    ModelCard(
        "ibm-granite/granite-embedding-311m-multilingual-r2",
        768,
        8192,
        "Apache-2.0",
        "more quality than the 97m is wanted and a GPU or many cores are there; vectors may be shortened.",
        312,
        matryoshka=(512, 384, 256, 128),
    ),
    ModelCard(
        "hotchpotch/bekko-embedding-v1-a8m",
        384,
        8192,
        "MIT",
        "the fastest multilingual transformer on a CPU: 8 million active parameters.",
        106,
        query_prompt="query: ",
        case_prompt="passage: ",
        matryoshka=(256, 128, 64),
    ),
    ModelCard(
        "hotchpotch/bekko-embedding-v1-a25m",
        384,
        8192,
        "MIT",
        "on 2 CPU cores beside granite-97m: better on Chinese and Japanese, short vectors possible.",
        123,
        query_prompt="query: ",
        case_prompt="passage: ",
        matryoshka=(256, 128, 64),
    ),
    ModelCard(
        "Snowflake/snowflake-arctic-embed-m-v2.0",
        768,
        8192,
        "Apache-2.0",
        "not at all here: it needs code from its repository; take the l size instead.",
        305,
        query_prompt="query: ",
        matryoshka=(256,),
        needs_remote_code=True,
    ),
    ModelCard(
        "Snowflake/snowflake-arctic-embed-l-v2.0",
        1024,
        8192,
        "Apache-2.0",
        "a GPU is at hand and most text is English or European; 256 dimensions keep nearly all quality.",
        568,
        query_prompt="query: ",
        matryoshka=(256,),
    ),
    ModelCard(
        "Alibaba-NLP/gte-multilingual-base",
        768,
        8192,
        "Apache-2.0",
        "not at all here: it needs code from its repository; granite-311m-r2 is of the same size.",
        305,
        needs_remote_code=True,
    ),
    ModelCard(
        "Qwen/Qwen3-Embedding-0.6B",
        1024,
        32768,
        "Apache-2.0",
        "a GPU is at hand and rewording matters most, on Chinese above all; the prompt can carry the task.",
        596,
        query_prompt=_QWEN_PROMPT,
        matryoshka=(768, 512, 256, 128, 64, 32),
    ),
    ModelCard(
        "google/embeddinggemma-300m",
        768,
        2048,
        "Gemma",
        "quality of a large model at a middling size, if the Gemma licence suits you (it is not open source).",
        308,
        query_prompt="task: search result | query: ",
        case_prompt="title: none | text: ",
        matryoshka=(512, 256, 128),
    ),
    ModelCard(
        "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        384,
        128,
        "Apache-2.0",
        "an existing installation uses it; newer models of its size are clearly better.",
        118,
    ),
    ModelCard(
        "sentence-transformers/LaBSE",
        768,
        256,
        "Apache-2.0",
        "finding translations of the same sentence; weak on reworded problems.",
        471,
    ),
    ModelCard(
        "sentence-transformers/all-MiniLM-L6-v2",
        384,
        256,
        "Apache-2.0",
        "everything is English: small, fast and good at rewording there.",
        22.7,
        languages=("en",),
    ),
)


def find_card(name: str) -> ModelCard | None:
    """The card of a hub id, a short name or a folder of that name, in any case of letters; None if unknown."""
    wanted = name.rstrip("/").lower()
    last = wanted.rsplit("/", 1)[-1]
    for card in CARDS:
        if wanted == card.hub_id.lower() or (card.hub_id not in NAMES and last == card.short_name.lower()):
            return card
    return None
