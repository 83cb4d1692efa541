"""``sousveil doctor``: what is there, what is missing, what each missing part costs, and how to get it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

import click
from msgspec import Struct

from sousveil.acquire.wording import shown, shown_url
from sousveil.cli.amounts import spoken
from sousveil.cli.app import HELP_OPTIONS
from sousveil.cli.case import WITNESSES
from sousveil.cli.start import FOUND
from sousveil.report.words import joined

_GRAMMARS = {
    "c": "C",
    "cpp": "C++",
    "objc": "Objective-C",
    "java": "Java",
    "kotlin": "Kotlin",
    "c-sharp": "C#",
    "python": "Python",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "go": "Go",
    "rust": "Rust",
    "swift": "Swift",
    "php": "PHP",
    "ruby": "Ruby",
    "sql": "SQL",
    "html": "HTML and Vue",
}
_ARCHIVES = "7z, rar, cab, iso, deb, rpm, cpio, zstd and lz4"
_REINSTALL = "scripts/install, or pip install sousveil again"
_LITTLE_ROOM = 2 << 30


class State(StrEnum):
    """How a part is."""

    OK = "ok"
    MISSING = "missing"
    ABSENT = "extra"
    """Not there, and nothing that was promised fails."""
    ESSENTIAL = "MISSING"


class Part(Struct, frozen=True):
    """One line of the doctor's list."""

    name: str
    state: State
    detail: str
    cost: str = ""
    """What does not work without it."""
    remedy: str = ""


@click.command(short_help="What is installed, what is missing, what it costs.", context_settings=HELP_OPTIONS)
def command() -> None:
    """Say what is installed, what is missing, what each missing part costs, and how to get it.

    Nothing is fetched and no registry is asked. Exits with 1 if a part is missing without which nothing can be
    scanned.

    \b
    Example:
      sousveil doctor
    """
    parts = list(examine())
    wide = max(len(p.name) for p in parts)
    for part in parts:
        start = f"{part.state:<8} {part.name:<{wide}}  "
        print(textwrap.fill(part.detail, 80, initial_indent=start, subsequent_indent=" " * len(start)))
        for label, text in (("without it", part.cost), ("to get it", part.remedy)):
            if text:
                print(textwrap.fill(f"{label}: {text}", 80, initial_indent=" " * 11, subsequent_indent=" " * 13))
    essential = [p for p in parts if p.state is State.ESSENTIAL]
    optional = [p for p in parts if p.state is State.MISSING]
    extra = [p.name for p in parts if p.state is State.ABSENT]
    print()
    if essential:
        print(f"sousveil cannot work: {', '.join(p.name for p in essential)} missing.")
    elif optional:
        print(f"sousveil works. Missing, as said above: {', '.join(p.name for p in optional)}.")
    else:
        print("sousveil works, and nothing that it needs is missing.")
    if extra and not essential:
        print(textwrap.fill(f"Could be added, as said above: {joined(extra)}.", 80))
    raise SystemExit(FOUND if essential else 0)


def examine() -> Iterator[Part]:
    """Yield every part, looked at now. Nothing here may fail: a part that breaks is a part that is missing."""
    yield _python()
    yield _library("hyperscan", _hyperscan, "files cannot be matched", essential=True)
    yield _library("lexicon", _lexicon, "nothing can be recognised", essential=True)
    yield _library("rules", _rules, "nothing can be judged", essential=True)
    yield _library("libarchive", _libarchive, f"{_ARCHIVES} stay closed, each a limit")
    yield _library("tree-sitter", lambda: _version("tree-sitter"), "source code cannot be read", essential=True)
    yield from _grammars()
    yield from _registries()
    yield _cache()
    yield _room()
    yield from _sandbox()
    yield from _optional()
    yield _terminal()


def _python() -> Part:
    ok = sys.version_info >= (3, 11)
    detail = f"{platform.python_version()} ({platform.machine()} {platform.system()}), {os.cpu_count()} cores"
    return Part(
        "python",
        State.OK if ok else State.ESSENTIAL,
        detail,
        "" if ok else "sousveil cannot run",
        "" if ok else "Python 3.11 or newer",
    )


def _library(name: str, look: Callable[[], str], cost: str, *, essential: bool = False) -> Part:
    try:
        return Part(name, State.OK, look())
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a part, it is missing and said so
        state = State.ESSENTIAL if essential else State.MISSING
        return Part(name, state, shown(f"{type(error).__name__}: {error}", 120), cost, _REINSTALL)


def _version(distribution: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return "version unknown"


def _hyperscan() -> str:
    import hyperscan

    database = hyperscan.Database()
    database.compile(expressions=[b"a+b"], ids=[0], elements=1, flags=[0])
    return _version("hyperscan")


def _lexicon() -> str:
    from sousveil.match.lexicon import load

    lexicon = load()
    return f"{len(lexicon.concepts)} concepts, {len(lexicon.entries):,} spellings"


def _rules() -> str:
    from sousveil.judge.rules import load_rules

    return f"{len(load_rules())} built in"


def _libarchive() -> str:
    from sousveil.unpack.native import version

    return f"{version().split()[1]}: opens {_ARCHIVES}"


def _grammars() -> Iterator[Part]:
    """Yield one part for all grammars that work, and one for each that does not."""
    parts = [
        _library(f"grammar {name}", lambda name=name: _grammar(name), f"{language} is not read")  # type: ignore[misc]
        for name, language in _GRAMMARS.items()
    ]
    working = [name for name, part in zip(_GRAMMARS.values(), parts, strict=True) if part.state is State.OK]
    if working:
        yield Part("grammars", State.OK, ", ".join(working))
    yield from (part for part in parts if part.state is not State.OK)


def _grammar(name: str) -> str:
    from sousveil.read.source.tree import parse

    parse(b"a", name)
    return _version(f"tree-sitter-{name}")


def _registries() -> Iterator[Part]:
    yield _registry("pip settings", _pip, "pypi: products cannot be fetched", "mend the file named")
    yield _registry("npm settings", _npm, "npm: products cannot be fetched", "mend the file named")
    tools = [t for t in ("apt-get", "apt-cache") if not shutil.which(t)]
    yield Part(
        "apt",
        State.MISSING if tools else State.OK,
        f"{', '.join(tools)} not found" if tools else f"{shutil.which('apt-get')}",
        "deb: products cannot be fetched; .deb files you have are scanned all the same" if tools else "",
        "a Debian or Ubuntu machine, or download the .deb and name the file" if tools else "",
    )


def _registry(name: str, look: Callable[[], str], cost: str, remedy: str) -> Part:
    try:
        return Part(name, State.OK, look())
    except Exception as error:  # noqa: BLE001 - settings of another program, broken in any way
        return Part(name, State.MISSING, shown(str(error), 200), cost, remedy)


def _pip() -> str:
    from sousveil.acquire.pip_config import read

    config = read(None)
    own = [shown_url(i) for i in config.indexes if i]
    more = f" and {len(config.indexes) - 1} more" if len(config.indexes) > 1 else ""
    return ("pip's default index" if len(own) < len(config.indexes) or not own else own[0]) + more


def _npm() -> str:
    from sousveil.acquire.npm_config import read

    registry = read(None).registry("")
    return shown_url(registry) if registry else "npm's default registry"


def _cache() -> Part:
    from sousveil.acquire.cache import default_root

    root = default_root()
    size = sum(f.stat().st_size for f in root.rglob("*") if f.is_file()) if root.is_dir() else 0
    where = root
    while not where.exists() and where != where.parent:
        where = where.parent
    if os.access(where, os.W_OK | os.X_OK):
        return Part("cache", State.OK, f"{shown(str(root))}, {spoken(size)}")
    return Part(
        "cache",
        State.MISSING,
        f"{shown(str(root))} cannot be written",
        "packages are fetched and the lexicon is compiled anew in every run, about a second",
        "SOUSVEIL_CACHE=/a/folder/you/can/write",
    )


def _room() -> Part:
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    if free >= _LITTLE_ROOM:
        return Part("temporary room", State.OK, f"{shown(str(folder))}, {spoken(free)} free")
    return Part(
        "temporary room",
        State.MISSING,
        f"{shown(str(folder))}, {spoken(free)} free",
        "large archives may not fit while they are read",
        "TMPDIR=/a/folder/with/room",
    )


def _sandbox() -> Iterator[Part]:
    """What readers of a product's bytes are locked down by, layer by layer."""
    from sousveil.work.confine import layers

    costs = {
        "landlock": "a flaw in a reader could open files that you may open",
        "seccomp": "a flaw in a reader could use the network and start programs",
        "rlimits": "a hostile file may take much memory until its time is up",
    }
    remedy = "Linux 5.13 or newer on x86-64 or arm64, outside of containers that forbid it"
    for layer in layers():
        name = f"sandbox: {layer.name}"
        if layer.there:
            yield Part(name, State.OK, layer.detail)
        else:
            yield Part(name, State.MISSING, layer.detail, costs[layer.name], remedy)


def _optional() -> Iterator[Part]:
    """Extras and programs of the system that something more is done with; none is needed to scan."""
    from importlib.util import find_spec

    from sousveil.evidence.paper import browser, undrawn
    from sousveil.unpack.outside import INNOEXTRACT, UNBLOB, available

    pip = f"{shown(sys.executable)} -m pip install"

    def part(name: str, found: str, missing: str, cost: str, remedy: str) -> Part:
        return Part(name, State.OK, found) if found else Part(name, State.ABSENT, missing, cost, remedy)

    def programs(*names: str) -> str:
        return "" if any(shutil.which(n) is None for n in names) else ", ".join(names)

    there = all(find_spec(m) for m in ("rapidocr", "onnxruntime"))
    yield part(
        "ocr",
        "rapidocr" if there else "",
        "not installed",
        "text in pictures and scanned pages is not read, each a limit",
        f"{pip} rapidocr onnxruntime",
    )
    yield part(
        "unblob",
        available(UNBLOB) or "",
        "not found",
        "firmware in wrappers that nothing here knows stays closed, each a limit",
        f"{pip} unblob; `unblob --show-external-dependencies` names programs that it needs itself",
    )
    yield part(
        "innoextract",
        available(INNOEXTRACT) or "",
        "not found",
        "Inno Setup installers stay closed, each a limit",
        "apt-get install innoextract",
    )
    yield part(
        "browser",
        browser(),
        "no Chromium or Chrome found",
        "no acquire --browser (a page as its script makes it), and a case is exported as HTML without a PDF",
        "apt-get install chromium",
    )
    yield part(
        "fonts",
        "" if undrawn("维") else "signs of Chinese are drawn, or fontconfig cannot say",
        "no font here has the signs of Chinese",
        "a case's PDF, and the picture of a captured page, show boxes instead of them",
        "apt-get install fonts-noto-cjk",
    )
    yield part(
        "notices",
        "apprise" if find_spec("apprise") else "",
        "apprise is not installed",
        "watch --notify sends nothing; standard output, a file or a command get its notices all the same",
        f"{pip} apprise",
    )
    named = {"authorities": 0, "calendars": 0, "logs": 0}
    for one, variable in zip(named, WITNESSES, strict=True):
        named[one] = len(os.environ.get(variable, "").split())
    yield part(
        "witnesses",
        ", ".join(f"{count} {one}" for one, count in named.items() if count),
        "no time-stamp authority, calendar or log is named",
        "case seal stamps nothing by itself: times in a case are this machine's own",
        f"name them for good, addresses with blanks between: {', '.join(WITNESSES)}",
    )
    yield part(
        "openssl, jq",
        programs("openssl", "jq"),
        f"{joined([n for n in ('openssl', 'jq') if shutil.which(n) is None])} not found",
        "an export's verify.sh cannot run here; sousveil verify can, but for time stamps that only openssl reads",
        "apt-get install openssl jq",
    )


def _terminal() -> Part:
    from sousveil.cli.terminal import is_terminal, wants_colour, width

    if not is_terminal(sys.stdout):
        detail = "none (a pipe or file)"
    else:
        detail = f"{width(sys.stdout)} columns, colour {'on' if wants_colour(sys.stdout) else 'off'}"
    return Part("terminal", State.OK, f"{detail}, {sys.stdout.encoding}")
