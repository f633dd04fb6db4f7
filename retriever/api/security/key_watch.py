"""Keeps the keys in memory up to date, in a thread that does nothing else: a revoked key must not work for long."""

import threading
import time
from contextlib import suppress
from traceback import format_exc

import structlog

from retriever.api.security.keyring import KeyRing
from retriever.errors import Locked, SimilarCasesError
from retriever.store import Store

log = structlog.get_logger()

KEYS_SECONDS = 0.25
"""How often the keys are read again: a revoked key is refused within a second, whatever else is being done."""
KEYS_PATIENCE = 10.0
"""Seconds for which the keys that are known still count while others keep the library locked."""


class KeyWatch:
    """The keys of an open library, read again and again. Nobody gets in while they cannot be relied on."""

    def __init__(self, store: Store) -> None:
        """Read the keys once; `start` goes on. Raises what reading the library raises."""
        self._store = store
        self._ring = KeyRing(store.keys)
        self._read_at = time.monotonic()
        self.trouble = ""
        """Why the keys cannot be relied on; empty when they can."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="similar-cases-keys", daemon=True)

    @property
    def ring(self) -> KeyRing | None:
        """The keys, None while they cannot be relied on: the library is gone, replaced, or cannot be read."""
        return None if self.trouble else self._ring

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and note the last uses of keys. Blocks."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._note_uses(at_once=True)

    def _run(self) -> None:
        while not self._stop.wait(KEYS_SECONDS):
            trouble = self._read()
            if trouble != self.trouble:
                log.error("keys_not_read", reason=trouble) if trouble else log.info("keys_read_again")
            self.trouble = trouble
            self._note_uses()

    def _read(self) -> str:
        """Read the keys; why that could not be done."""
        try:
            self._store.check_in_place()
            self._ring.refresh()
        except Locked as error:
            return str(error) if time.monotonic() - self._read_at > KEYS_PATIENCE else self.trouble
        except SimilarCasesError as error:
            return str(error)
        except Exception as error:
            # A thread that died of it would leave every key as it is for ever.
            log.error("keys_not_read", traceback=format_exc())
            return f"the keys cannot be read ({type(error).__name__}); the log says more"
        self._read_at = time.monotonic()
        return ""

    def _note_uses(self, *, at_once: bool = False) -> None:
        """Nothing to worry about when that fails: a full disk, for one, is no reason to let nobody in."""
        with suppress(SimilarCasesError):
            self._ring.write_uses(at_once=at_once)
