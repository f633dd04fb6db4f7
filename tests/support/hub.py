"""A model hub on this machine: the few requests that the hub's client makes, answered from folders."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def running_hub(models: dict[str, Path]) -> Iterator[tuple[str, list[str]]]:
    """The address of a hub that offers these folders under their ids, and the paths asked for so far."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_HEAD(self) -> None:
            """The same answer without its body."""
            self._answer(body=False)

        def do_GET(self) -> None:
            """Facts about a repository, its list of files, or a file."""
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = unquote(urlsplit(self.path).path)
            asked.append(path)
            content = _content_of(path, models)
            self.send_response(200 if content is not None else 404)
            self.send_header("Content-Length", str(len(content or b"")))
            self.send_header("ETag", f'"{hashlib.sha256(content or b"").hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            if body and content is not None:
                self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


def _content_of(path: str, models: dict[str, Path]) -> bytes | None:
    for hub_id, folder in models.items():
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        if path in (f"/api/models/{hub_id}", f"/api/models/{hub_id}/revision/main"):
            siblings = [{"rfilename": file.relative_to(folder).as_posix()} for file in files]
            return json.dumps({"id": hub_id, "sha": COMMIT, "siblings": siblings}).encode()
        if path == f"/api/models/{hub_id}/tree/{COMMIT}":
            return json.dumps([_entry(file, folder) for file in files]).encode()
        wanted = path.removeprefix(f"/{hub_id}/resolve/{COMMIT}/")
        if wanted != path and (folder / wanted) in files:
            return (folder / wanted).read_bytes()
    return None


def _entry(file: Path, folder: Path) -> dict[str, object]:
    name = hashlib.sha1(file.read_bytes()).hexdigest()  # noqa: S324  the hub names blobs so
    return {"type": "file", "path": file.relative_to(folder).as_posix(), "size": file.stat().st_size, "oid": name}
