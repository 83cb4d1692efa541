"""A signing key of the test's own, a case with a few events, and a time-stamp authority on loopback."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sousveil.evidence.case import Case

sys.path.insert(0, str(Path(__file__).parent))
from site_on_loopback import Site

_CONFIG = """\
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""
_EXTENSIONS = "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\n"


def no_passphrase(new: bool) -> bytes:
    return b""


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "key" / "signing-key.pem"
    monkeypatch.setenv("SOUSVEIL_KEY", str(path))
    monkeypatch.delenv("SOUSVEIL_PASSPHRASE", raising=False)
    return path


@pytest.fixture
def case(key: Path, tmp_path: Path) -> Case:
    made = Case.new(tmp_path / "case", "a made-up product", no_passphrase)
    product = tmp_path / "product.bin"
    for i in range(6):
        product.write_bytes(bytes([i]) * (1000 + i))
        made.record("acquired", {"of": f"part {i}"}, [made.keep(f"part-{i}.bin", product)])
    made.record("noted", {"text": "asked the vendor"})
    return made


class Authority:
    """A time-stamp authority on loopback, by openssl."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.roots = folder / "root.pem"
        self.up = True
        self._make()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not outer.up:
                    self.send_error(503)
                    return
                answer = outer.reply(body)
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/tsa"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def _make(self) -> None:
        self.folder.mkdir(parents=True)
        (self.folder / "serial").write_text("01\n")
        (self.folder / "tsa.cnf").write_text(_CONFIG.format(folder=self.folder))
        (self.folder / "ext.cnf").write_text(_EXTENSIONS)
        self._run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem",
                  "-days", "30", "-subj", "/CN=Made-up root")  # fmt: skip
        self._run("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr",
                  "-subj", "/CN=Made-up authority")  # fmt: skip
        self._run("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
                  "-days", "20", "-extfile", "ext.cnf", "-out", "tsa.pem")  # fmt: skip

    def reply(self, query: bytes) -> bytes:
        (self.folder / "q.tsq").write_bytes(query)
        self._run("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q.tsq", "-inkey", "tsa.key", "-signer",
                  "tsa.pem", "-out", "a.tsr")  # fmt: skip
        return (self.folder / "a.tsr").read_bytes()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    made = Authority(tmp_path / "authority")
    yield made
    made.close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()
