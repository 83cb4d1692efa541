"""What the kills need: a made-up vendor's site, authorities, a key and folders of their own."""

from __future__ import annotations

import http.server
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "evidence"))
from authority_on_loopback import Authority

from sousveil.evidence.case import Case


def silent(new: bool) -> bytes:
    """Give no passphrase."""
    return b""


class Vendor:
    """A made-up vendor's site on loopback: pages with parts, downloads, all a little slow."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = outer.answers.get(self.path, (404, "text/html", b"not here"))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for at in range(0, len(body), 1 << 16):
                    time.sleep(0.001)
                    self.wfile.write(body[at : at + (1 << 16)])

            def log_message(self, *_: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass  # those who ask are killed

        self._server = Server(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def page(self, path: str, text: str, parts: int = 0) -> None:
        pictures = "".join(f'<img src="{path}-{i}.png">' for i in range(parts))
        self.answers[path] = (200, "text/html", f"<title>{text}</title>\n<p>{text}\n{pictures}\n".encode())
        for i in range(parts):
            self.answers[f"{path}-{i}.png"] = (200, "image/png", b"\x89PNG" + f"{text} {i} ".encode() * 300)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Bench:
    """The folders, servers and environment of a run."""

    def __init__(self, scratch: Path, seed: int) -> None:
        self.scratch = scratch
        self.choose = random.Random(seed)
        self.temporary = scratch / "tmp"
        self.temporary.mkdir()
        self.key = scratch / "key" / "signing-key.pem"
        self.env = {
            **os.environ, "SOUSVEIL_KEY": str(self.key), "TMPDIR": str(self.temporary), "PATH": self._without_browser(),
            "XDG_CACHE_HOME": str(scratch / "cache"),
        }  # fmt: skip
        os.environ["SOUSVEIL_KEY"] = str(self.key)
        self.vendor = Vendor()
        self.authorities = [Authority(scratch / f"authority-{i}") for i in range(2)]
        self.roots = b"".join(a.roots.read_bytes() for a in self.authorities)
        self.case = Case.new(scratch / "first", "kills", silent)
        self.key_bytes = self.key.read_bytes()

    def _without_browser(self) -> str:
        """Return a PATH with openssl and no browser: Chromium's own start would take most of an export's time."""
        folder = self.scratch / "bin"
        folder.mkdir()
        for name in ("openssl", "sh", "jq", "base64", "sha256sum"):
            if found := shutil.which(name):
                (folder / name).symlink_to(found)
        return str(folder)

    def start(
        self, words: list[str], *, browser: bool = False, env: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        env = {**self.env, **({"PATH": os.environ["PATH"]} if browser else {}), **(env or {})}
        return subprocess.Popen(
            [sys.executable, "-m", "sousveil", *words], env=env, cwd=self.scratch, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def close(self) -> None:
        self.vendor.close()
        for authority in self.authorities:
            authority.close()
