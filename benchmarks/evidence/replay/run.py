"""A captured page in ReplayWeb.page: are styles, pictures and scripts there?

    .venv/bin/python benchmarks/evidence/replay/run.py NODE_MODULES REPLAYWEBPAGE OUT [--browser]

NODE_MODULES holds playwright-core, REPLAYWEBPAGE is the unpacked npm package of that name (AGPL: used for this
measurement, no part of sousveil); OUT gets the pictures. A made-up page on loopback is captured, exported and replayed
after its server has gone. Exit code 1 where something does not work.
"""

from __future__ import annotations

import http.server
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import zlib
from pathlib import Path


def png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """Return a picture of one colour."""
    rows = (b"\0" + bytes(colour) * width) * height

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>NightjarVision NetSDK 3.2</title>
<link rel="stylesheet" href="/style.css?v=3"></head><body><div id="banner"></div><h1>NetSDK 3.2 维族(新疆)</h1>
<p><img src="/logo.png" alt="logo"> <img src="/wide.png" srcset="/wide.png 1x, /wide2.png 2x" alt="wide"></p>
<p id="by-script">the script did not run</p><p id="by-fetch">nothing was fetched</p>
<p><a href="/download">download the SDK</a></p><script src="/page.js"></script></body></html>"""
STYLE = '@import "/more.css"; h1 { color: rgb(10, 120, 60) } body { font-family: sans-serif; margin: 2em }'
MORE = "#banner { height: 60px; background: url(banner.png) repeat-x }"
SCRIPT = """document.querySelector("#by-script").textContent = "the script ran";
fetch("/versions.json?page=1").then((a) => a.json()).then((v) => {
  document.querySelector("#by-fetch").textContent = "fetched: " + v.versions.join(", ") });"""
ANSWERS = {
    "/sdk": ("text/html; charset=utf-8", PAGE.encode()),
    "/style.css?v=3": ("text/css", STYLE.encode()),
    "/more.css": ("text/css", MORE.encode()),
    "/banner.png": ("image/png", png(40, 60, (200, 60, 40))),
    "/logo.png": ("image/png", png(120, 80, (30, 60, 160))),
    "/wide.png": ("image/png", png(300, 80, (220, 170, 30))),
    "/wide2.png": ("image/png", png(600, 160, (220, 170, 30))),
    "/page.js": ("text/javascript", SCRIPT.encode()),
    "/versions.json?page=1": ("application/json", b'{"versions": ["3.1", "3.2"]}'),
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, body = ANSWERS.get(self.path, ("text/plain", b"not here"))
        packed = zlib.compressobj(6, zlib.DEFLATED, 31)
        gzipped = kind.startswith("text/") and "gzip" in self.headers.get("Accept-Encoding", "")
        body = packed.compress(body) + packed.flush() if gzipped else body
        self.send_response(200 if self.path in ANSWERS else 404)
        self.send_header("Content-Type", kind)
        if gzipped:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def main() -> int:
    modules, viewer, out = sys.argv[1:4]
    browser = [word for word in sys.argv[4:] if word == "--browser"]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = f"http://127.0.0.1:{server.server_port}/sdk"
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "SOUSVEIL_KEY": f"{folder}/key.pem"}

        def sousveil(*words: str) -> None:
            subprocess.run([sys.executable, "-m", "sousveil", *words], env=env, cwd=folder, check=True)

        sousveil("case", "new", "case")
        sousveil("acquire", page, "--case", "case", "--allow-private", "127.0.0.0/8", *browser)
        sousveil("case", "export", "bag", "bag", "--case", "case")
        server.shutdown()
        server.server_close()
        picture = Path(out) / f"replayed{'-browser' if browser else ''}.png"
        look = Path(__file__).with_name("look.mjs")
        words = ["node", str(look), f"{folder}/bag/data/capture.wacz", page, str(picture), modules, viewer]
        said = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE, timeout=120).stdout)
    print(json.dumps(said, ensure_ascii=False, indent=1))
    good = {
        "title": said["title"] == "NightjarVision NetSDK 3.2",
        "styles": said["colour"] == "rgb(10, 120, 60)",
        "background of an imported style": said["background"] == 'url("',
        "pictures": [width for _, width in said["pictures"]] == [120, 300],
        "script": said["script"] == "the script ran",
        # What a script loads is captured by --browser alone.
        "what the script fetched": said["fetched"] == "fetched: 3.1, 3.2" if browser else True,
    }
    print({what: "works" if works else "DOES NOT WORK" for what, works in good.items()})
    return 0 if all(good.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
