"""One scan's workers and what they said: what was seen, read and lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sousveil.acquire import Acquired
from sousveil.crew import Crew
from sousveil.judge.features import Sited
from sousveil.model import (
    Artifact,
    Construct,
    Counts,
    Limit,
)
from sousveil.options import Options, Progress
from sousveil.read.own_words import of_product
from sousveil.unpack.render.ocr import available as ocr_available
from sousveil.work.confine import missing
from sousveil.work.feed import Feed
from sousveil.work.joining import JOINED, pairs
from sousveil.work.messages import (
    Apart,
    Constructs,
    Job,
    Join,
    Leaf,
    Message,
    Named,
    Original,
    Picture,
    Read,
    Said,
    Seek,
    Seen,
    Shares,
    Spread,
    Survey,
    Trouble,
    Words,
)  # fmt: skip
from sousveil.work.pool import Lost
from sousveil.work.shelf import Keeps

if TYPE_CHECKING:
    from sousveil.unpack.outside import Outside


_MOST_SKIPPED = 8
"""Files of one job that may each cost it its worker before it is taken apart or given up."""
_ORIGINALS = 400
"""Documents and pictures kept for cut-outs."""


class Gathering:
    """One scan's state: what was seen, read and lost."""

    def __init__(
        self,
        acquired: Acquired,
        options: Options,
        progress: Callable[[Progress], None] | None,
        keeps: Keeps | None = None,
        crew: Crew | None = None,
    ) -> None:
        """``keeps`` keeps a folder while it is scanned; ``crew`` works for other scans too: another closes it."""
        self._acquired, self._options, self._progress = acquired, options, progress
        self._crew, self._shared_crew = crew or Crew(options), crew is not None
        self.size = self._crew.size
        self.files = self.bytes = self.read_count = 0
        self.kinds: Counter[str] = Counter()
        self.coverage: Counter[str] = Counter()
        self.limits: set[Limit] = set()
        self.artifacts: list[Artifact] = []
        self._constructs: dict[tuple[str, str, int, int, str, str], Sited] = {}
        self._said: dict[str, str] = {}
        self._seen_hits: set[str] = set()
        self._first: dict[tuple[str, str], str] = {}
        self._twins: dict[str, list[str]] = {}
        self._shared: set[tuple[str, tuple[str, ...]]] = set()
        self._inputs = [(item.path, item.display) for item in acquired.inputs]
        self._outside: Outside | None = None
        wanted = (options.listing, options.everything, options.only_artifact)
        self._feed = Feed(self.size, options.quotas, self.limits, *wanted, keeps=keeps, stations=self._crew.stations)
        self._crew.hand = self._feed.hand
        self._pictures: list[Picture] = []
        self._shares: list[Shares] = []
        self._unseen: set[str] = set()
        self._words: list[Words] = []
        self._named: set[str] = set()
        """Documents that hold the name of a type that was found."""
        self._originals: dict[str, Original] = {}
        self._feed.originals = options.pictures
        self._feed.ocr = ocr_available() if options.ocr is None else options.ocr
        self._pool = self._crew.pool
        self._counting = True
        self._pending: dict[int, _Tally] = {}

    def counts(self) -> Counts:
        """Return how much was seen."""
        kinds, coverage = dict(sorted(self.kinds.items())), dict(sorted(self.coverage.items()))
        return Counts(self.files, self.bytes, self.read_count, kinds, coverage)

    def sited(self) -> tuple[Sited, ...]:
        """Return every construct read so far."""
        return tuple(self._constructs.values())

    def summary(self) -> str:
        """Return the product's name and its own one-line description, where it has one."""
        return f"{self._acquired.purl.partition('@')[0]} ; {of_product(self._said)}".strip(" ;")

    def _pass(self, literals: tuple[str, ...], inputs: Sequence[tuple[Path, str]]) -> None:
        if literals:
            for kept in self._words:
                self._pool.add(Seek(kept.document, kept.size, kept.offset, kept.spool, literals))
            self._work_off(iter(()))
        self._work_off(self._feed.surveys(iter(inputs), literals, tuple(sorted(self._named))))
        self._copy_twins()

    def _work_off(self, jobs: Iterator[Survey]) -> None:
        for job, message in self._pool.results(jobs):
            if message is None:
                self._done(job)
            elif isinstance(message, Lost):
                self._lost(job, message)
            else:
                self._take(job, message)

    def _done(self, job: Job) -> None:
        """Count what a job saw, now that it is certain that it will not be done again."""
        if job.spool:
            self._feed.drop(job)
        if not isinstance(job, Survey):
            return
        if (tally := self._pending.pop(id(job), None)) is not None and self._counting:
            self.files += tally.files
            self.bytes += tally.bytes
            self.kinds.update(tally.kinds)
            self.coverage.update(tally.coverage)
            self.artifacts += tally.artifacts

    def _lost(self, job: Job, lost: Lost) -> None:
        if not isinstance(job, Survey):
            self._feed.drop(job)
            self.limits.add(Limit(job.display, lost.reason, f"reading was given up: {lost.detail}"))
            return
        self._pending.pop(id(job), None)
        if lost.at and len(job.skip) < _MOST_SKIPPED and job.skip.count(lost.at) < 2:
            # Once more without it: searched but not opened, or passed over where the search itself failed.
            self.limits.add(Limit(lost.at, lost.reason, f"opening was given up: {lost.detail}"))
            skipped = (lost.at,) if lost.opening else (lost.at, lost.at)
            self._pool.add(replace(job, skip=(*job.skip, *skipped)), first=True)
        elif len(job.paths) > 1:
            # Find the file that did it: each of the batch alone.
            for i, path in enumerate(job.paths):
                one = replace(
                    job,
                    paths=(path,),
                    displays=(job.displays[i],),
                    sizes=(job.sizes[i],),
                    offsets=job.offsets[i : i + 1],
                )
                self._pool.add(one, first=True)
        else:
            self._feed.drop(job)
            self.limits.add(Limit(job.displays[0], lost.reason, f"opening was given up: {lost.detail}"))

    def _take(self, job: Job, message: Message) -> None:
        match message:
            case Leaf() if isinstance(job, Survey):
                self.leaf(job, message)
                if self._options.listing and self._counting:
                    self._tally(job).artifacts.append(
                        Artifact(message.display, message.sha256, message.size, message.kind, message.origin)
                    )
                if message.hit and (job.literals or not self._is_twin(message)):
                    self._pool.add(
                        Read(
                            message.display, message.sha256, message.size, message.offset, message.spool,
                            b"" if message.spool else job.paths[message.index], job.literals,
                            message.origin, message.marks, self._options.everything,
                        ),
                        first=True,
                    )  # fmt: skip
            case Leaf() if isinstance(job, Join):
                self.leaf(job, message)
                self._pool.add(
                    Read(
                        message.display, message.sha256, message.size, message.offset, message.spool,
                        origin=message.origin, everything=self._options.everything,
                    )
                )  # fmt: skip
            case Shares() if isinstance(job, Survey):
                path = job.paths[message.index] if message.index >= 0 and not message.part.spool else b""
                self._shares.append(replace(message, part=replace(message.part, path=path)))
            case Picture():
                if message.size:
                    self._pictures.append(message)
                    if not message.place:
                        self._keep_original(Original(message.sha256, message.size, message.spool, message.offset))
                elif not message.place:
                    self._unseen.add(message.display)
            case Original():
                self._keep_original(message)
            case Words():
                self._words.append(message)
            case Named():
                self._named.add(message.document)
            case Apart() if isinstance(job, Survey):
                alone = replace(
                    job, displays=(message.display,), sizes=(message.size,), paths=(), spool=message.spool,
                    offset=message.offset, shelf=0, offsets=(), share=0, shares=1,
                )  # fmt: skip
                self._pool.add(alone, first=True)
            case Spread() if isinstance(job, Survey):
                shared = (job.displays[0], job.literals)
                if shared not in self._shared:  # a job that is done once more says so again
                    self._shared.add(shared)
                    for number in range(1, job.shares):
                        self._pool.add(replace(job, share=number), first=True)
            case Seen():
                tally = self._tally(job)
                tally.files += message.files
                tally.bytes += message.bytes
                tally.kinds.update(message.kinds)
                tally.coverage.update(message.coverage)
                self._say("match", message.now)
            case Said():
                self._said[message.display] = message.text
            case Trouble():
                self.limits.add(message.limit)
            case Constructs():
                if message.display not in self._seen_hits:
                    self._seen_hits.add(message.display)
                    self.read_count += 1
                for construct in message.constructs:
                    self._keep(construct, message.display, message.sha256, message.origin)
                self._say("read", message.display)

    def _keep_original(self, original: Original) -> None:
        if len(self._originals) < _ORIGINALS:
            self._originals.setdefault(original.sha256, original)

    def _tally(self, job: Job) -> _Tally:
        return self._pending.setdefault(id(job), _Tally())

    def _join(self) -> None:
        """Read programs together with the common file that holds a part of their debug information."""
        if not self._shares:
            return
        wanted = {self._options.only_artifact.removesuffix(JOINED)} if self._options.only_artifact else self._seen_hits
        jobs, limits, settled = pairs(self._shares, wanted, self._options)
        self.limits |= limits
        for job in jobs:
            self._pool.add(job)
        self._work_off(iter(()))
        self.limits -= {limit for limit in self.limits if settled(limit)}
        for one in self._shares:
            self._feed.drop(one.part)
        self._shares.clear()

    def leaf(self, job: Survey | Join, leaf: Leaf) -> None:
        """Be told of an artifact that was noted; for whoever looks at artifacts themselves."""

    def _is_twin(self, leaf: Leaf) -> bool:
        """Return whether the same bytes under the same name are being read already; they need not be read again."""
        key = (leaf.sha256, leaf.display.rsplit("/", 1)[-1])
        first = self._first.setdefault(key, leaf.display)
        if first == leaf.display:
            return False
        self._twins.setdefault(first, []).append(leaf.display)
        self._feed.drop(leaf)
        return True

    def _copy_twins(self) -> None:
        """Give the twins of what was read its constructs, at their own addresses."""
        for sited in list(self._constructs.values()):
            construct = sited.construct
            for display in self._twins.get(sited.artifact, ()):
                if construct.role != "artifact-name":
                    self._keep(construct, display, sited.sha256, sited.origin)
        twins = {display for displays in self._twins.values() for display in displays}
        self.read_count += len(twins - self._seen_hits)
        self._seen_hits |= twins
        self._twins.clear()

    def _keep(self, construct: Construct, display: str, sha256: str, origin: str) -> None:
        passage = construct.passage
        # In a program many structures share the one string that is their name: where they stand tells them apart.
        key = (display, construct.kind, passage.offset, passage.length, construct.name, passage.where)
        self._constructs[key] = Sited(construct, display, sha256, origin)

    def sandbox(self) -> str:
        """Return what readers were locked by, or which layers this machine lacks."""
        if self._options.sandbox == "off":
            return "off"
        lacking = sorted(self._pool.missing | set(missing()))
        return f"without {', '.join(lacking)}" if lacking else "landlock, seccomp, rlimits"

    def _say(self, stage: str, now: str) -> None:
        if self._progress:
            pending = self._pending.values() if self._counting else ()
            files = self.files + sum(t.files for t in pending)
            self._progress(Progress(stage, files, self.bytes + sum(t.bytes for t in pending), now))

    def close(self) -> None:
        """Stop the workers, or leave them to the next scan, and remove what was spooled."""
        if self._shared_crew:
            self._crew.rest()
        else:
            self._crew.close()
        self._feed.close()
        if self._outside is not None:
            self._outside.close()


class _Tally:
    """What one job has seen so far."""

    def __init__(self) -> None:
        self.files = self.bytes = 0
        self.kinds: Counter[str] = Counter()
        self.coverage: Counter[str] = Counter()
        self.artifacts: list[Artifact] = []
