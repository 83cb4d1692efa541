"""Programs of the system that unpack what no reader here opens: run apart, on one file, into a private folder.

Only the main process may do this: workers start no program. What comes out is then surveyed like any other file. The
program gets the file's path, an empty folder to write in, and limits on time, memory and file size; where the kernel
can do that (Landlock) it reads nothing else of the user's and has no network. What it writes is
counted while it runs, and it is ended where a quota is hit. Links and devices that it made are not followed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from sousveil.acquire import scratch
from sousveil.acquire.keeper import kept
from sousveil.model import Limit
from sousveil.unpack.cage import cage
from sousveil.unpack.limits import Quotas
from sousveil.unpack.names import shown

SECONDS = 600.0
"""How long a program may take for one file."""
MEMORY = 4 << 30
"""Bytes of addresses that a program may take."""
_LOOK = 0.25
_GRACE = 5.0
"""Seconds for ending all that a program started."""
_MOST_REPORT = 256 << 20
_MOST_TOLD = 200
_MOST_RUN = 32
"""Files of one product that programs are run on."""


class Program(Struct, frozen=True):
    """A program and how it is called."""

    name: str
    arguments: tuple[str, ...]
    """`{file}`, `{folder}`, `{report}`, `{log}` and `{depth}` stand for what they say."""
    report: bool = False
    """Whether it writes a report of what it found, in unblob's form."""


UNBLOB = Program(
    "unblob",
    ("--extract-dir", "{folder}", "--report", "{report}", "--log", "{log}", "--depth", "{depth}", "{file}"),
    report=True,
)
INNOEXTRACT = Program("innoextract", ("--silent", "--extract", "--output-dir", "{folder}", "{file}"))


def available(program: Program) -> str | None:
    """Return where the program is, None where it is not installed. A folder of the user's own is not searched."""
    beside = Path(sys.executable).with_name(program.name)
    if beside.is_file() and os.access(beside, os.X_OK):
        return str(beside)
    return shutil.which(program.name)


def fitting(display: str, limits: Sequence[Limit]) -> Program | None:
    """Return the program that may open what these limits of a file say was not opened, None if none would."""
    for limit in limits:
        inside = limit.path == display or limit.path.startswith(f"{display}!/")
        if not inside or not limit.incomplete:
            continue
        if limit.reason == "unsupported" and "Inno Setup" in limit.detail and limit.path == display:
            return INNOEXTRACT
        if limit.reason == "unsupported" and limit.path == display and "further volume" not in limit.detail:
            return UNBLOB
        if limit.reason == "closed":
            return UNBLOB
    return None


class File(Struct, frozen=True):
    """A file that a program unpacked."""

    path: str
    """Where it lies, below the private folder."""
    name: str
    """As it is shown: its path below that folder."""


def run(
    program: Program, file: str, display: str, folder: Path, quotas: Quotas, seconds: float = SECONDS
) -> Iterator[File | Limit]:
    """Yield the files that a program unpacks from `file` into `folder`, which must be empty and nobody else's.

    What it did not open, and what ended it, are limits. The files last as long as the folder.
    """
    found = available(program)
    if found is None:
        yield Limit(display, "unsupported", f"{program.name} is not installed")
        return
    tree, report = folder / "files", folder / "report.json"
    tree.mkdir(mode=0o700)
    words = {
        "file": str(Path(file).absolute()), "folder": str(tree), "report": str(report), "log": str(folder / "log"),
        "depth": str(max(1, quotas.max_depth)),
    }  # fmt: skip
    command = [found, *(argument.format_map(words) for argument in program.arguments)]
    ended = _watched(command, folder, tree, quotas, seconds, cage(folder, file, _homes(found)))
    if ended:
        yield Limit(display, "quota" if "--max" in ended else "outside", f"{program.name}: {ended}")
    if program.report and report.is_file() and not report.is_symlink():
        yield from _unknown(report, display)
    yield from _files(tree, display, quotas)


def _homes(found: str) -> tuple[str, ...]:
    """Return where a program and what it needs lie: its folder, and that of the environment it was installed in."""
    real = Path(found).resolve()
    environment = real.parent.parent
    homes = [str(Path(found).parent), str(real.parent)]
    if (environment / "pyvenv.cfg").is_file():
        homes.append(str(environment))
    return tuple(homes)


def _watched(
    command: list[str], folder: Path, tree: Path, quotas: Quotas, seconds: float, enter: Callable[[], None] | None
) -> str:
    """Run a command to its end or to a limit. Return why it did not end well, empty if it did."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LC_ALL": "C",
    }

    def before() -> None:
        _cap()
        if enter is not None:
            enter()

    try:
        process = subprocess.Popen(  # noqa: S603 - a program of the system, found by its own name
            kept(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            start_new_session=True,
            preexec_fn=before if sys.platform != "win32" else None,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"could not be started: {error}"
    until = time.monotonic() + seconds
    why = ""
    try:
        while process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK)
            why = _over(tree, quotas)
            if not why and time.monotonic() > until:
                why = f"not finished in {seconds:.0f} s"
            if why:
                break
    finally:
        _end(process)
    if why:
        return why
    return "" if process.returncode == 0 else f"ended with status {process.returncode}"


def _cap() -> None:
    """Limit the program that is about to start; it inherits this to its own programs."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 64 << 30), (resource.RLIMIT_NOFILE, 1024)):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and all that it started: they are one session, but for those that left it."""
    if process.poll() is None and sys.platform == "linux":
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _over(tree: Path, quotas: Quotas) -> str:
    """Return which quota the files so far exceed."""
    size = 0
    for files, entry in enumerate(_walk(tree), 1):
        with contextlib.suppress(OSError):
            size += entry.stat(follow_symlinks=False).st_size
        if files > quotas.max_files:
            return f"--max-files {quotas.max_files}: more came out"
        if size > quotas.max_bytes:
            return f"--max-bytes {quotas.max_bytes}: more came out"
    return ""


def _walk(top: Path) -> Iterator[os.DirEntry[str]]:
    """Yield what lies below a folder, by name; folders that are links are not entered."""
    stack = [str(top)]
    while stack:
        try:
            with os.scandir(stack.pop()) as listing:
                entries = sorted(listing, key=lambda e: e.name)
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                stack.append(entry.path)
            else:
                yield entry


def _files(tree: Path, display: str, quotas: Quotas) -> Iterator[File | Limit]:
    count = links = 0
    for entry in _walk(tree):
        count += 1
        if count > quotas.max_files:
            yield Limit(display, "quota", f"--max-files {quotas.max_files}: more came out")
            return
        name = os.path.relpath(entry.path, tree)
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISREG(mode):
            with contextlib.suppress(OSError):
                Path(entry.path).chmod(0o600)
            yield File(entry.path, name)
            continue
        links += 1
        if links <= _MOST_TOLD:
            what = "link" if stat.S_ISLNK(mode) else "device"
            yield Limit(f"{display}!/{shown(name)}", what, "not followed", incomplete=False)


def _unknown(report: Path, display: str) -> Iterator[Limit]:
    """Yield a limit for each stretch that unblob's report calls unknown, and for what failed."""
    try:
        if report.stat().st_size > _MOST_REPORT:
            raise ValueError("too large")
        tasks: Any = json.loads(report.read_bytes())
        told = 0
        for task in tasks:
            where = Path(str(task.get("task", {}).get("path", ""))).name
            reports = [r for one in task.get("reports", ()) for r in (one, *one.get("extraction_reports", ()))]
            for limit in (_told(one, where, display) for one in reports):
                told += limit is not None
                if limit is not None and told <= _MOST_TOLD:
                    yield limit
        if told > _MOST_TOLD:
            yield Limit(display, "outside", f"{told - _MOST_TOLD} more stretches that are not known or failed")
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        yield Limit(display, "outside", f"the report could not be read: {error}")


def _told(one: dict[str, Any], where: str, display: str) -> Limit | None:
    kind = str(one.get("__typename__", ""))
    if kind == "UnknownChunkReport":
        start, size = int(one.get("start_offset", 0)), int(one.get("size", 0))
        entropy = one.get("randomness") or one.get("entropy") or {}
        mean = entropy.get("shannon", entropy).get("mean") if isinstance(entropy, dict) else None
        bits = f", entropy {float(mean) * 8 / 100:.2f} bits a byte" if isinstance(mean, int | float) else ""
        detail = f"{shown(where)}: bytes {start}-{start + size} ({size} bytes){bits}: of no format unblob knows"
        return Limit(display, "unknown", detail, incomplete=False)
    if one.get("severity") == "ERROR" or kind.endswith(("ErrorReport", "FailedReport")):
        text = one.get("extract_command") or one.get("exception") or one.get("command") or kind
        return Limit(display, "broken", f"{shown(where)}: {shown(str(text))}"[:200])
    return None


class Outside:
    """What programs run apart unpacked in one scan. Close it to remove that."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas
        self._folder: Path | None = None

    def files(self, inputs: Sequence[tuple[Path, str]], limits: Sequence[Limit]) -> Iterator[tuple[Path, str] | Limit]:
        """Yield path and address of what programs unpack from local files that limits say were not opened.

        `inputs` are the product's files and folders with their addresses. Nothing where no program is installed.
        """
        roots: dict[str, list[Limit]] = {}
        for limit in limits:
            if limit.incomplete and limit.reason in ("closed", "unsupported"):
                roots.setdefault(limit.path.partition("!/")[0], []).append(limit)
        done = 0
        for root, theirs in sorted(roots.items()):
            program, file = fitting(root, theirs), _local(root, inputs)
            if program is None or file is None or available(program) is None:
                continue
            if done >= _MOST_RUN:
                yield Limit(root, "cut", f"more than {_MOST_RUN} files for {program.name}: not given to it")
                continue
            done += 1
            if self._folder is None:
                self._folder = scratch.make()
            private = self._folder / str(done)
            private.mkdir(mode=0o700)
            for one in run(program, str(file), root, private, self._quotas):
                if isinstance(one, Limit):
                    yield one
                else:
                    yield Path(one.path), f"{root}!/[{program.name}]/{shown(one.name)}"

    def close(self) -> None:
        """Remove what was unpacked."""
        if self._folder is not None:
            scratch.remove(self._folder)
            self._folder = None


def _local(root: str, inputs: Sequence[tuple[Path, str]]) -> Path | None:
    """Return the regular file that has this address, None if none of the inputs or of what lies in them does."""
    for path, display in inputs:
        if root == display:
            found = path
        elif root.startswith(f"{display.rstrip('/')}/"):
            found = path / root[len(display.rstrip("/")) + 1 :]
        else:  # a folder's files are addressed from within it
            found = path / root
        if found.is_file() and not found.is_symlink():
            return found
    return None
