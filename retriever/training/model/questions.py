"""English in the shape of a support desk, made from interface strings: the teacher says what each one means.

Parallel text is full of labels and sentences but poor in questions and complaints. Any English text can be labelled
by the teacher, so short strings are set into frames that customers use; nothing here comes from an evaluation set.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retriever.training.model.pairs import ParallelCorpus

ACTION_FRAMES = (
    "how do i {}",
    "How can I {}?",
    "how to {}",
    "What is the best way to {}?",
    "is it possible to {}",
    "Can I {}?",
    "could you {} please",
    "please {}",
    "I want to {}",
    "i would like to {}",
    "i need to {}",
    "I am trying to {}",
    "i cannot {}",
    "I can't {}",
    "unable to {}",
    "It won't let me {}.",
    "the app does not let me {}",
    "Why can't I {}?",
    "Why do I have to {}?",
    "what happens if i {}",
    "Where do I go to {}?",
    "who can {}",
    "When should I {}?",
    "help me {}",
    "I forgot to {}",
    "error when i try to {}",
    "Every time I {} it fails.",
    "steps to {}",
    "do i have to pay to {}",
    "How long will it take to {}?",
)
THING_FRAMES = (
    "what is {}",
    "What does {} mean?",
    "where is my {}",
    "Where can I find the {}?",
    "why is my {} not working",
    "my {} is not working",
    "The {} does not work anymore.",
    "{} is broken",
    "{} not working",
    "problem with {}",
    "I have a question about {}",
    "tell me about {}",
    "the {} is wrong",
    "my {} is missing",
    "I still have not received my {}.",
    "i lost my {}",
    "The {} was rejected, why?",
    "how does {} work",
    "How much is the {}?",
    "Is there a fee for {}?",
    "how long does {} take",
    "do you have {}",
    "can i get a {}",
    "i need a new {}",
    "How do I get {}?",
    "How do I use {}?",
    "how can i change my {}",
    "where do i see {}",
    "I want a refund for {}.",
    "the {} is too slow",
    "Can I use {} abroad?",
    "what are the options for {}",
    "difference between {} and {}",
    "{} instead of {}",
    "{} or {}?",
    "I see {} but I expected {}.",
)
OPENERS = (
    "hi,",
    "hello",
    "Hi there!",
    "good morning,",
    "dear team,",
    "quick question:",
    "sorry,",
    "hey",
    "urgent:",
    "ok so",
)
ACTIONS = """
    accept activate add adjust allow apply approve assign attach block book buy call cancel change charge check
    choose claim clear close configure confirm connect contact continue convert copy create customize deactivate
    delete deliver deposit disable disconnect download duplicate edit enable enter export extend extract find
    fix get give import increase insert install link list load lock log make manage merge modify mount move open
    order organize pair pause pay pick place play post prevent print process pull purchase push put read receive
    record recover redeem reduce refresh refund register remove rename renew repair replace reply report request
    reset resize resolve restart restore resume retrieve return save scan schedule search select send set share
    ship show sign skip sort split start stop submit subscribe switch sync synchronize test track transfer turn
    uninstall unlock unsubscribe update upgrade upload use validate verify view withdraw write
"""


@dataclass(frozen=True, slots=True)
class MadeConfig:
    """How much English to make; `sources` are the pair sources whose strings fill the frames."""

    questions: int
    passages: int
    sources: tuple[str, ...]
    passage_sources: tuple[str, ...]
    seed: int


def build_made_english(corpus: ParallelCorpus, config: MadeConfig) -> list[str]:
    """Questions and complaints from interface strings, then passages of 2 to 4 texts with a title-like first line."""
    rng = np.random.default_rng(config.seed)
    questions = make_questions(_texts_of(corpus, config.sources), config.questions, rng)
    passages = make_passages(corpus, config, rng)
    known = set(corpus.english)
    return [text for text in dict.fromkeys(questions + passages) if text not in known]


def make_questions(strings: list[str], count: int, rng: np.random.Generator) -> list[str]:
    """Set short strings into frames: an action where the string begins with a known verb, else a thing."""
    short = [text.rstrip(".:!?… ") for text in strings if 1 <= len(text.split()) <= 7 and len(text) <= 60]
    verbs = frozenset(ACTIONS.split())
    actions = [text for text in short if text.split()[0].lower() in verbs and len(text.split()) > 1]
    things = [text for text in short if len(text.split()) <= 4 and text.split()[0].lower() not in verbs]
    made = []
    for number in range(count):
        frames, fillers = (ACTION_FRAMES, actions) if number % 2 else (THING_FRAMES, things)
        if not fillers:
            continue
        frame = frames[rng.integers(len(frames))]
        filled = [_lower_first(fillers[rng.integers(len(fillers))]) for _ in range(frame.count("{}"))]
        text = frame.format(*filled)
        if rng.random() < 0.1:
            text = f"{OPENERS[rng.integers(len(OPENERS))]} {text}"
        made.append(text)
    return made


def make_passages(corpus: ParallelCorpus, config: MadeConfig, rng: np.random.Generator) -> list[str]:
    """Join 2 to 4 neighbouring texts of one source into something as long as a case."""
    allowed = [number for number, name in enumerate(corpus.sources) if name in config.passage_sources]
    rows = np.flatnonzero(np.isin(corpus.english_source, allowed))
    made = []
    for _ in range(config.passages):
        first = int(rng.integers(max(1, len(rows) - 4)))
        chosen = [i for i in rows[first : first + 1 + int(rng.integers(1, 4))]]
        parts = [corpus.english[i] for i in chosen if corpus.english_source[i] == corpus.english_source[chosen[0]]]
        joint = "\n" if len(parts[0]) < 60 else " "
        made.append((parts[0] + joint + " ".join(parts[1:])).strip()[:600])
    return made


def _texts_of(corpus: ParallelCorpus, names: tuple[str, ...]) -> list[str]:
    numbers: NDArray[np.int64] = np.array([i for i, name in enumerate(corpus.sources) if name in names])
    return [corpus.english[i] for i in np.flatnonzero(np.isin(corpus.english_source, numbers))]


def _lower_first(text: str) -> str:
    """Lower the first letter unless the word looks like a name or an abbreviation."""
    return text if text[:2].isupper() or (len(text) > 1 and text[1].isupper()) else text[:1].lower() + text[1:]
