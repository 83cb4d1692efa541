"""A calendar (OpenTimestamps) and a log (Rekor) on loopback, made up; each sees what it is sent and nothing else."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import struct
import threading
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sousveil.evidence import ots

HEIGHT = 812_345


class _Server:
    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self.up = True
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def _do(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                outer.asked.append((self.path, body))
                status, answer = outer.reply(self.path, body) if outer.up else (503, b"")
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = _do

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def reply(self, path: str, body: bytes) -> tuple[int, bytes]:
        raise NotImplementedError

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Calendar(_Server):
    """Promises, and once ``mined`` gives the way to a block."""

    def __init__(self) -> None:
        super().__init__()
        self.mined = False
        self.salt = b"made-up-calendar"
        self.header = b""

    def promised(self, digest: bytes) -> bytes:
        return hashlib.sha256(digest + self.salt).digest()

    def reply(self, path: str, body: bytes) -> tuple[int, bytes]:
        if path == "/digest":
            node = ots.Node(self.promised(body), [ots.promise("https://calendar.example")])
            node = ots.Node(digest_and_salt := body + self.salt, [], [(b"\x08", node)])
            step = b"\xf0" + ots.number(len(self.salt)) + self.salt
            return 200, ots.Node(body, [], [(step, node)]).written() if digest_and_salt else b""
        if not self.mined:
            return 404, b"Pending confirmation in Bitcoin blockchain"
        message = bytes.fromhex(path.rpartition("/")[2])
        side = b"\x07" * 32
        root = hashlib.sha256(hashlib.sha256(message + side).digest()).digest()
        self.header = mined(root)
        tree = ots.Node(root, [ots.block(HEIGHT)])
        tree = ots.Node(b"", [], [(b"\x08", tree)])
        tree = ots.Node(b"", [], [(b"\x08", tree)])
        return 200, ots.Node(message, [], [(b"\xf0" + ots.number(32) + side, tree)]).written()


def mined(root: bytes) -> bytes:
    """Return a header over a Merkle root whose work, the least there is, was done."""
    for nonce in range(1 << 20):
        header = struct.pack("<i32s32sIII", 1, bytes(32), root, 1_790_000_000, 0x207FFFFF, nonce)
        if hashlib.sha256(hashlib.sha256(header).digest()).digest()[-1] < 0x7F:
            return header
    raise AssertionError("no header was found")


def tree_root(leaves: list[bytes]) -> bytes:
    """Return the root of a log's tree, by its definition (RFC 9162, 2.1.1)."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_root(leaves[:k]) + tree_root(leaves[k:])).digest()


def tree_path(index: int, leaves: list[bytes]) -> Iterator[bytes]:
    """Yield an entry's path in a log's tree, by its definition (RFC 9162, 2.1.3.1)."""
    if len(leaves) == 1:
        return
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        yield from tree_path(index, leaves[:k])
        yield tree_root(leaves[k:])
    else:
        yield from tree_path(index - k, leaves[k:])
        yield tree_root(leaves[:k])


class Log(_Server):
    """A log with some entries of others."""

    def __init__(self) -> None:
        super().__init__()
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.leaves = [b'{"kind":"other","n":%d}' % n for n in range(11)]
        public = self.key.public_key()
        self.pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.id = hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data, ec.ECDSA(SHA256()))

    def reply(self, path: str, body: bytes) -> tuple[int, bytes]:
        if path != "/api/v1/log/entries":
            return 404, b""
        entry = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()
        self.leaves.append(entry)
        index, size = len(self.leaves) - 1, len(self.leaves)
        promise = {"body": base64.b64encode(entry).decode(), "integratedTime": 1_790_000_000, "logID": self.id,
                   "logIndex": index + 500}  # fmt: skip
        note = f"log.example - 1\n{size}\n{base64.b64encode(tree_root(self.leaves)).decode()}\n"
        signed = base64.b64encode(bytes.fromhex(self.id)[:4] + self.sign(note.encode())).decode()
        answer = {
            **promise,
            "verification": {
                "inclusionProof": {
                    "checkpoint": f"{note}\n\u2014 log.example {signed}\n",
                    "hashes": [h.hex() for h in tree_path(index, self.leaves)],
                    "logIndex": index,
                    "rootHash": tree_root(self.leaves).hex(),
                    "treeSize": size,
                },
                "signedEntryTimestamp": base64.b64encode(
                    self.sign(json.dumps(promise, sort_keys=True, separators=(",", ":")).encode())
                ).decode(),
            },
        }
        return 201, json.dumps({"24296fb24b8ad77a" + "0" * 64: answer}).encode()
