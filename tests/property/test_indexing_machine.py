"""Store, delta, snapshots and a running server's view, driven at random against a plain dict."""

import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from index.snapshots import Snapshots
from index.text.tokenise import tokens
from retriever.indexing.live import Indexing
from retriever.indexing.rebuild import rebuild
from retriever.store import open_store
from tests.support.builders import WordEncoder, make_case

ENCODER = WordEncoder(16)
IDS = st.sampled_from([f"c{n}" for n in range(8)])
WORDS = st.sampled_from(["printer", "refund", "login", "motor", "customs", "invoice"])


class IndexFollowsStore(RuleBasedStateMachine):
    """Whatever happens in whatever order: what is acknowledged is found, what is deleted is not, starts succeed."""

    def __init__(self) -> None:
        """Begin with an empty library and one running server."""
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = open_store(self.folder / "library.sqlite3")
        self.root = self.folder / "index"
        self.model: dict[str, str] = {}

    @initialize()
    def start(self) -> None:
        """Start the server."""
        self.indexing = Indexing(self.store, ENCODER, self.root)
        self.indexing.open()

    @rule(id=IDS, words=st.lists(WORDS, min_size=1, max_size=3), published=st.booleans())
    def put(self, id: str, words: list[str], published: bool) -> None:
        """Write a case; drafts count as not there."""
        text = " ".join(words)
        self.store.cases.upsert([make_case(id, text, status="published" if published else "draft")])
        self.model.pop(id, None)
        if published:
            self.model[id] = text
        self.indexing.catch_up()

    @rule(id=IDS)
    def delete(self, id: str) -> None:
        """Delete a case if it is there, whatever its state."""
        if self.store.cases.find(id) is not None:
            self.store.cases.delete(id)
            self.model.pop(id, None)
            self.indexing.catch_up()

    @rule(force=st.booleans())
    def rebuild_index(self, force: bool) -> None:
        """Another process rebuilds; the server takes the snapshot at its next look."""
        rebuild(self.store, ENCODER, self.root, force=force)
        self.indexing.poll()

    @rule()
    def roll_back(self) -> None:
        """An operator goes back one snapshot."""
        snapshots = Snapshots(self.root)
        current = snapshots.current_name()
        if current and any(name < current for name in snapshots.names()):
            with snapshots.build_lock():
                snapshots.rollback()
            self.indexing.poll()

    @rule()
    def restart(self) -> None:
        """The server starts again."""
        self.start()

    @rule()
    def lose_the_index(self) -> None:
        """The whole index folder is gone; a restart serves everything from the store."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.start()

    @invariant()
    def the_view_holds_exactly_the_library(self) -> None:
        """Keys in the view are those of published cases, and each case finds itself by its text and by its words."""
        if not hasattr(self, "indexing"):
            return
        view = self.indexing.view()
        keys = {self.store.cases.get(id).key: text for id, text in self.model.items()}
        assert set(view.facets.keys) == set(keys)
        for key, text in keys.items():
            hits = view.vectors.search(ENCODER.encode_query([text])[0], len(keys))
            assert key in hits.keys
            assert key in view.words.search(tokens(text), len(keys)).keys

    def teardown(self) -> None:
        """Remove the library."""
        self.store.close()
        shutil.rmtree(self.folder)


TestIndexFollowsStore = IndexFollowsStore.TestCase
TestIndexFollowsStore.settings = settings(
    max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
