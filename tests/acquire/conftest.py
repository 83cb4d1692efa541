"""A home without the developer's own settings, and registries on the loopback interface."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

Answer = Callable[[BaseHTTPRequestHandler], None]


class Registry:
    """A web server on a free port of the loopback interface; paths answer what the test puts there."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.stopping = threading.Event()
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                self.close_connection = True
                answer = registry.answers.get(self.path)
                try:
                    if answer:
                        answer(self)
                    else:
                        self.send_error(404)
                except OSError:
                    pass  # the client went away, as it should from a bad server

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def put(self, path: str, body: bytes, content_type: str = "application/octet-stream", status: int = 200) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            handler.send_header("Content-Type", content_type)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer

    def raw(self, path: str, *pieces: bytes, pause: float = 0.0) -> None:
        """Send bytes as they are, `pause` seconds apart, and close."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            for piece in pieces:
                handler.wfile.write(piece)
                handler.wfile.flush()
                if self.stopping.wait(pause):
                    return
            handler.connection.shutdown(socket.SHUT_WR)

        self.answers[path] = answer

    def redirect(self, path: str, target: str) -> None:
        self.raw(path, f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())

    def pypi(self, name: str, files: dict[str, bytes], **changes: dict[str, object]) -> None:
        """Serve a project of the simple API; `changes` by file name, dots and dashes as they are."""
        entries = []
        for file, body in files.items():
            path = f"/files/{file}"
            self.put(path, body)
            entry: dict[str, object] = {
                "filename": file,
                "url": f"../../files/{file}",
                "hashes": {"sha256": hashlib.sha256(body).hexdigest()},
            }
            entry.update(changes.get(file, {}))
            entries.append(entry)
        page = json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": entries}).encode()
        self.put(f"/simple/{name}/", page, "application/vnd.pypi.simple.v1+json")

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@pytest.fixture
def registry() -> Iterator[Registry]:
    server = Registry()
    yield server
    server.close()


@pytest.fixture
def second_registry() -> Iterator[Registry]:
    server = Registry()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """Give the test a home, a cache and temporary files of its own; network tests keep the user's settings."""
    home = tmp_path / "home"
    (home / "tmp").mkdir(parents=True)
    monkeypatch.setenv("SOUSVEIL_CACHE", str(home / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(home / "tmp"))
    if request.node.get_closest_marker("network"):
        return home
    for name in list(os.environ):
        if name.lower().startswith(("pip_", "npm_config_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("NETRC", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(home / "none"))
    monkeypatch.setenv("npm_config_globalconfig", str(home / "no-npmrc"))
    (home / "project").mkdir()
    monkeypatch.chdir(home / "project")
    (home / "pip.conf").write_text("[global]\nno-index = true\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(home / "pip.conf"))  # read last: the machine's own cannot add to it
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", " ")
    monkeypatch.setenv("PIP_FIND_LINKS", " ")
    return home


@pytest.fixture
def pip_index(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry that pip is configured for."""
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("PIP_INDEX_URL", f"{registry.url}/simple/")
    return registry


@pytest.fixture
def npm_registry(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry that npm is configured for."""
    monkeypatch.setenv("npm_config_registry", f"{registry.url}/")
    return registry


@pytest.fixture
def leftovers(own_home: Path) -> Callable[[], list[Path]]:
    """A function that returns part files and temporary folders that were left behind."""

    def found() -> list[Path]:
        return [*own_home.rglob("*.part"), *(own_home / "tmp").iterdir()]

    return found
