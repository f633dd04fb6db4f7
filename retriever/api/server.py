"""Runs the application under uvicorn: one process, or several that share the port and each open the library."""

import ctypes
import gc
import json
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from uvicorn.supervisors import Multiprocess

from retriever.api.app import create_app
from retriever.api.connections import BoundedProtocol
from retriever.api.security.gate import MAKE_A_KEY
from retriever.api.security.locality import is_loopback
from retriever.api.shared_metrics import count_together, shared_folder
from retriever.config import ENV_PREFIX, Settings
from retriever.errors import InvalidSettings, Unavailable
from retriever.telemetry import configure_logging
from retriever.wiring.library import (
    MODEL_SETTINGS,
    load_library_settings,
    model_of_library,
    open_library,
    with_library_model,
)
from retriever.wiring.service import open_service

BACKLOG = 2_048
HEALTHCHECK_SECONDS = 60
"""A worker that is silent for so long is started again; one that compiles its loops on a busy machine must not be."""
KEEP_ALIVE_SECONDS = 30
SWITCH_SECONDS = 0.0002
"""How long a searching thread may keep the interpreter while the event loop waits for it (Python's default is 5 ms)."""
MALLOC_ARENAS = 2
"""Pools of memory that all threads share. With one for each thread, as glibc has it, every pool keeps what the longest
text ever needed on its thread: under hostile load the process grew by 5 % in three minutes, with two by 1 %."""
_M_ARENA_MAX = -8  # glibc's name for that setting, of <malloc.h>


def serve(settings: Settings, *, announce: Callable[[str], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then let requests in progress end. Raises Unavailable when the port is taken.

    `announce` gets the address as soon as connections are accepted; with port 0 it names the port that was free.
    """
    check_exposure(settings)
    listener = _listen(settings.host, settings.port)
    try:
        if announce is not None:
            announce(_address(listener))
        if settings.workers > 1:
            export_settings(settings)
            config = _config("retriever.api.server:app_from_environment", settings, factory=True)
            with shared_folder(settings.data_dir, settings.workers):
                Multiprocess(config, sockets=[listener]).run()
        else:
            _tune()
            app = create_app(lambda: open_service(settings), settings)
            uvicorn.Server(_config(app, settings)).run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # uvicorn has shut down in order and passes the signal on
    finally:
        listener.close()


def check_exposure(settings: Settings) -> None:
    """Other machines may only reach a library that has API keys. Raises InvalidSettings."""
    if is_loopback(settings.host):
        return
    if settings.database_path.exists():
        with open_library(settings) as store:
            if store.keys.all():
                return
    raise InvalidSettings(
        f"host {settings.host} lets other machines in, and there is no API key; {MAKE_A_KEY}, or use host 127.0.0.1."
    )


def app_from_environment() -> FastAPI:
    """The application of one worker process; its settings come from the environment alone."""
    settings = load_library_settings()
    configure_logging(settings.log_level)
    _follow_parent()
    _tune()
    count_together()
    return create_app(lambda: open_service(settings), settings)


def export_settings(settings: Settings) -> None:
    """Write settings into the environment, where worker processes find them.

    A model that is the library's own is left out: a worker that starts later takes what the library has by then.
    """
    own = model_of_library(settings) is not None and with_library_model(settings) is settings
    for name, value in settings.model_dump().items():
        if value is not None and not (own and name in MODEL_SETTINGS):
            os.environ[ENV_PREFIX + name.upper()] = _exported(value)


def _exported(value: object) -> str:
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=_exported)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _config(app: FastAPI | str, settings: Settings, *, factory: bool = False) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=factory,
        workers=settings.workers,
        host=settings.host,
        port=settings.port,
        http=BoundedProtocol,
        access_log=False,
        log_config=None,
        ws="none",
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_worker_healthcheck=HEALTHCHECK_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(settings.request_timeout) + 5,
    )


def _follow_parent() -> None:
    """End this worker when the process that started it is gone: nobody else would, and the port would stay taken."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="similar-cases-parent", daemon=True).start()


def _tune() -> None:
    sys.setswitchinterval(SWITCH_SECONDS)
    with suppress(AttributeError, OSError):  # another C library has no such setting
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, MALLOC_ARENAS)
    # What is imported by now stays: later collections need not look at it.
    gc.freeze()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise Unavailable(f"cannot listen on {host} port {port}: {error.strerror or error}.") from error
    listener.set_inheritable(True)
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
