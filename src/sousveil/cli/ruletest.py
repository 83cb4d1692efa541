"""Run rules on their own samples, read by the same pipeline as any product."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sousveil.cli.start import Refused

if TYPE_CHECKING:
    from sousveil.judge.features import Sited
    from sousveil.judge.rules import Sample


def problems(folder: Path | None) -> tuple[int, list[str]]:
    """Return how many rules were tested and what is wrong, a line each. Raise RuleError where a rule cannot be read.

    Without ``folder`` the built-in rules are tested, with it the rules there, judged together with the built-in ones.
    """
    from sousveil.judge.rules import load_rules
    from sousveil.judge.selftest import check
    from sousveil.match.lexicon import load

    built_in = {r.id for r in load_rules()}
    rules = load_rules((folder,) if folder else ())
    tested = [r for r in rules if folder is None or r.id not in built_in]
    samples = [s for r in tested for s in (r.file.example, r.file.near_miss)]
    read = _read(samples)
    tagger = load().tag
    wrong: list[str] = []
    for rule in tested:
        wrong += check(rule, rules, lambda file, data: read[file, data], tagger)
    return len(tested), wrong


def _read(samples: list[Sample]) -> dict[tuple[str, bytes], list[Sited]]:
    """Return the constructs of each sample, as a scan reads them. Each stands in a nameless folder of its own."""
    from msgspec.structs import replace

    from sousveil.acquire.scratch import scratch
    from sousveil.look import collect

    found: dict[tuple[str, bytes], list[Sited]] = {(s.file, s.text.encode()): [] for s in samples}
    places = dict(enumerate(found))
    with scratch() as top:
        for number, (file, data) in places.items():
            path = PurePosixPath(file)
            if path.is_absolute() or ".." in path.parts or not path.parts:
                raise Refused(f"a sample's file must be a path inside the made-up product, not {file!r}")
            target = top.joinpath(str(number), *path.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        for sited in collect(top).sited:
            number, file = _within(sited.artifact, top.name)
            found[places[number]].append(replace(sited, artifact=file))
    return found


def _within(artifact: str, top: str) -> tuple[int, str]:
    """Return a sample's number and its path from an artifact's address, which may begin with the folder's name."""
    parts = artifact.split("/")
    if top in parts:
        parts = parts[parts.index(top) + 1 :]
    return int(parts[0]), "/".join(parts[1:])
