"""The day in November 2020, played through by one person with the command line, and checked by a stranger."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from witnesses_on_loopback import HEIGHT, Calendar, Log

from sousveil.demo import sdk

PAGE = """<!DOCTYPE html><html><head><title>NightjarVision SDK</title><link rel="stylesheet" href="/style.css"></head>
<body><div id="cookies">We use cookies. <button>Accept</button></div><h1>NetSDK {version}</h1><img src="/logo.png">
<p>For partners: <a href="/download">download the SDK</a></p></body></html>"""
HOME = "<!DOCTYPE html><title>NightjarVision</title><h1>Welcome</h1>"
NEWS = "<!DOCTYPE html><title>News</title><p>Nightjar Vision opens a new office.</p>"


class Vendor:
    """A made-up vendor's site on loopback; the test changes what it answers."""

    def __init__(self, archive: bytes) -> None:
        self.answers: dict[str, tuple[int, str, bytes]] = {
            "/": (200, "text/html; charset=utf-8", HOME.encode()),
            "/sdk": (200, "text/html; charset=utf-8", PAGE.format(version="3.2").encode()),
            "/news": (200, "text/html; charset=utf-8", NEWS.encode()),
            "/style.css": (200, "text/css", b"h1{color:#123}"),
            "/logo.png": (200, "image/png", b"\x89PNG made up"),
            "/download": (302, "text/html", b"/files/NetSDK.zip"),
            "/files/NetSDK.zip": (200, "application/zip", archive),
        }
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = outer.answers.get(self.path, (404, "text/html", b"<h1>Not found</h1>"))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", body.decode())
                    body = b""
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[Vendor]:
    made = Vendor(sdk.write(tmp_path).read_bytes())
    yield made
    made.close()


@pytest.fixture
def others() -> Iterator[tuple[Calendar, Log]]:
    made = Calendar(), Log()
    yield made
    for one in made:
        one.close()


def test_the_day_is_played_through_and_checked_by_a_stranger(
    vendor: Vendor, authority, others: tuple[Calendar, Log], tmp_path: Path
) -> None:
    calendar, public = others
    for program in ("jq", "base64", "sha256sum"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    # Printing is tested elsewhere; here it would need a browser.
    bare = {"PATH": os.path.dirname(shutil.which("openssl") or ""), "HOME": str(tmp_path / "home")}
    env = {
        **bare,
        "SOUSVEIL_AUTHORITIES": authority.url,
        "SOUSVEIL_CALENDARS": calendar.url,
        "SOUSVEIL_LOGS": public.url,
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
    case = str(tmp_path / "case")

    def sousveil(*words: str, code: int = 0) -> str:
        run = subprocess.run([sys.executable, "-m", "sousveil", *words], capture_output=True, text=True, env=env,
                             cwd=tmp_path)  # fmt: skip
        assert run.returncode == code, (words, run.stdout, run.stderr)
        return run.stdout

    page, download = f"{vendor.base}/sdk", f"{vendor.base}/download"
    private = ("--allow-private", "127.0.0.0/8")
    said = sousveil("case", "new", case, "--title", "NightjarVision NetSDK 3.2")
    assert "a case is begun" in said
    assert (tmp_path / "home" / ".config" / "sousveil" / "signing-key.pem").exists()

    assert (
        "refused"
        in subprocess.run(
            [sys.executable, "-m", "sousveil", "acquire", page, "--case", case], capture_output=True, text=True, env=env
        ).stdout
    )
    acquired = sousveil("acquire", page, download, "--case", case, *private)
    assert f"{download} -> {vendor.base}/files/NetSDK.zip  200" in acquired
    zipped = next(
        line.split()[0]
        for line in sousveil("case", "files", "--case", case).splitlines()
        if line.endswith("/NetSDK.zip")
    )
    kept = tmp_path / "case" / "objects" / zipped[:2] / zipped
    assert kept.read_bytes()[:2] == b"DH"

    assert f"To scan it: sousveil scan {zipped[:16]} --case {case}" in acquired
    said = sousveil("scan", zipped[:16], "--case", case, "-q", code=1)
    assert said.startswith("PROFILES  NetSDK.zip\n")
    words = " ".join(said.split())
    assert f"object {zipped} of the case in {case}, from {vendor.base}/files/NetSDK.zip, since 20" in words
    assert "127.0.0.1/NetSDK.zip!/include/nj_event.h:17" in said
    assert "维族(新疆)" in said
    sousveil("watch", "add", page, download, "--case", case)
    assert "present" in sousveil("watch", "run", "--case", case, *private)
    sousveil("case", "note", "asked the vendor by mail", "--case", case)
    sousveil("case", "question", "What is NJ_NATION_UYGUR for?", "--of", "press office", "--case", case)

    log = tmp_path / "notices.jsonl"
    watch = ("watch", "run", "--case", case, *private, "--json", str(log))
    del vendor.answers["/files/NetSDK.zip"]
    vendor.answers["/sdk"] = (200, "text/html; charset=utf-8", PAGE.format(version="3.3").encode())
    said = sousveil(*watch)
    lines = said.splitlines()
    assert lines[0] == f"GONE         {download}: it answers 404" and lines[1].startswith("             between 20")
    assert lines[2] == f"CHANGED      {page}: it holds something else (2 lines differ)" and len(lines) == 4
    del vendor.answers["/sdk"]
    assert f"GONE         {page}: it answers 404" in sousveil(*watch)
    vendor.answers["/sdk"] = (302, "text/html", b"/")
    led = f'moved        {page}\n             it leads to {vendor.base}/ now, "NightjarVision"; not so at 20'
    assert led in sousveil(*watch)
    vendor.answers["/sdk"] = (429, "text/html", b"slow down")
    assert f"refused      {page}\n             it answers 429: this reader is not let in" in sousveil(*watch)
    vendor.close()
    said = sousveil(*watch)
    assert said.count("unreachable") == 2 and "GONE" not in said
    notices = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(n["event"], n["url"]) for n in notices] == [("gone", download), ("changed", page), ("gone", page)]
    assert all(n["last_seen"] < n["first_missed"] for n in notices)
    said = sousveil("watch", "log", "--case", case)
    assert said.count("gone  ") == 2 and said.count("changed") == 1 and said.count("between") == 7
    states = [line.split()[0] for line in said.splitlines() if line[0] != " "]
    assert states == ["gone", "changed", "gone", "moved", "refused", "unreachable", "unreachable"]

    said = sousveil("case", "seal", "--case", case)
    assert said.splitlines()[1:] == [f"stamped: {authority.url}", f"promised: {calendar.url}", f"entered: {public.url}"]
    calendar.mined = True
    assert f"in a block: {calendar.url}" in sousveil("case", "seal", "--case", case)
    (tmp_path / "headers.txt").write_text(f"{HEIGHT} {calendar.header.hex()}\n")
    (tmp_path / "log.pem").write_bytes(public.pem)
    trusted = ("--roots", str(authority.roots), "--headers", "headers.txt", "--log-keys", "log.pem")
    assert "open" not in sousveil("verify", case, *trusted)
    said = sousveil("case", "show", "--case", case)
    assert "asked the vendor by mail" in said and "verdict: profiles" in said
    assert "WRONG" not in sousveil("verify", case, "--roots", str(authority.roots))
    sousveil("case", "export", "bag", "export", "--case", case)

    # Months later, a stranger, in an empty folder, without sousveil and without its maker.
    folder = tmp_path / "stranger" / "copy"
    shutil.copytree(tmp_path / "export", folder)
    shutil.rmtree(tmp_path / "case")
    shutil.rmtree(tmp_path / "home")
    check = ["sh", "copy/verify.sh", str(authority.roots)]
    run = subprocess.run(check, capture_output=True, text=True, env=bare, cwd=folder.parent)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "All holds." in run.stdout and "by an authority in" in run.stdout
    one = folder / "data" / "objects" / zipped[:2] / zipped
    one.chmod(0o644)
    data = bytearray(one.read_bytes())
    data[len(data) // 2] ^= 1
    one.write_bytes(data)
    run = subprocess.run(check, capture_output=True, text=True, env=bare, cwd=folder.parent)
    assert run.returncode == 1 and zipped in run.stdout
