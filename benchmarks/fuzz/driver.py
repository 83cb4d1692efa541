"""Give made-up files to locked workers as a scan does, one job each, and say what came of every one."""

from __future__ import annotations

import os
import re
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from sousveil.judge.features import Sited
from sousveil.judge.judgement import judge
from sousveil.judge.rules import load_rules
from sousveil.match.lexicon import load
from sousveil.model import Construct, Limit
from sousveil.unpack import Quotas
from sousveil.work.feed import Feed
from sousveil.work.jobs import prepare, warm, work
from sousveil.work.messages import Apart, Constructs, Job, Leaf, Message, Read, Seen, Survey, Trouble
from sousveil.work.pool import Lost, Pool
from sousveil.work.station import PASSING, Station

QUOTAS = Quotas(max_bytes=1 << 30, max_files=20_000)
_TOGETHER = 40
"""Mutants whose structures are judged at once."""
_RAISED = re.compile(r"^\w+: (?!OleFileError|NotOleFileError)(?:\w+Error|error|StopIteration|\w+Exception): ")


class Spent(Struct, frozen=True, tag=True):
    """What a job cost: CPU time in seconds, and the worker's greatest memory so far in bytes."""

    seconds: float
    peak: int


@dataclass
class Outcome:
    """What came of one file."""

    name: str
    data: bytes
    seconds: float = 0.0
    peak: int = 0
    lost: list[str] = field(default_factory=list)
    """Workers that died or jobs that raised: ``crashed``, ``timeout``, ``memory`` and what was said."""
    limits: list[Limit] = field(default_factory=list)
    hits: set[str] = field(default_factory=set)
    """Addresses of what held a term."""
    read: set[str] = field(default_factory=set)
    """Those of which a structure came."""
    wrong: list[str] = field(default_factory=list)
    """Structures whose place is not the quoted text."""
    constructs: list[Sited] = field(default_factory=list)
    """What was read."""
    coverage: dict[str, int] = field(default_factory=dict)
    """Bytes by how far they are understood."""

    @property
    def silent(self) -> list[str]:
        """Return what held a term, and neither a structure nor a limit says so."""
        told = [limit.path for limit in self.limits]
        return [h for h in sorted(self.hits - self.read) if not any(h == t or h.startswith(t + "!/") for t in told)]

    @property
    def raised(self) -> list[str]:
        """Return limits that a renderer's exception became: told, and not foreseen."""
        return [f"{x.path}: {x.detail}" for x in self.limits if x.reason == "broken" and _RAISED.match(x.detail)]


def _timed(station: Station, job: Job) -> Iterator[object]:
    started = time.process_time()
    yield from work(station, job)
    # Linux counts in KiB.
    yield Spent(time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10)


class Driver:
    """Locked workers for many files; a worker that dies costs a new one and no more."""

    def __init__(self, workers: int = 2, silence: float = 20.0) -> None:
        if not PASSING:
            raise RuntimeError("files are handed to workers as descriptors: Linux only")
        prepare()
        self._rules, self._tagger = load_rules(()), load().tag
        self._limits: set[Limit] = set()
        self._feed = Feed(workers, QUOTAS, self._limits, False)
        self._of: dict[str, Outcome] = {}
        self._left: dict[str, int] = {}
        self._constructs: list[Sited] = []
        self._judged: list[str] = []
        self._seen: set[int] = set()
        self.judge_failures: list[str] = []
        self._pool: Pool[Job, Message | Spent] = Pool(
            _timed, Job, Message | Spent, workers, silence, warm,
            stations=self._feed.station, hand=self._hand, confined=True,
        )  # type: ignore[arg-type]  # fmt: skip

    def run(self, files: Iterable[tuple[str, bytes]], everything: Callable[[int], bool] = bool) -> Iterator[Outcome]:
        """Yield what came of each file, as they end; of those that ``everything`` says so, all structures are read."""

        def jobs() -> Iterator[Survey]:
            for number, (name, data) in enumerate(files):
                display = f"{number}/{name}"
                self._of[str(number)] = Outcome(name, data)
                self._left[str(number)] = 1
                yield Survey((display,), (len(data),), (b"-",), QUOTAS, everything=everything(number))

        for job, message in self._pool.results(jobs()):
            display = job.displays[0] if isinstance(job, Survey) else job.display
            number = display.partition("/")[0]
            self._take(self._of[number], job, message, number)
            if self._left[number] == 0:
                del self._left[number]
                yield self._of.pop(number)
        self._judge()

    def _take(self, outcome: Outcome, job: Job, message: Message | Spent | Lost | None, number: str) -> None:
        match message:
            case None:
                self._left[number] -= 1
                self._drop(job)
            case Lost():
                self._left[number] -= 1
                self._drop(job)
                outcome.lost.append(f"{message.reason} at {message.at or number}: {message.detail}")
            case Spent():
                outcome.seconds += message.seconds
                outcome.peak = max(outcome.peak, message.peak)
            case Seen():
                for kind, size in message.coverage.items():
                    outcome.coverage[kind] = outcome.coverage.get(kind, 0) + size
            case Trouble():
                outcome.limits.append(message.limit)
            case Leaf() if message.hit and isinstance(job, Survey):
                if not job.everything:
                    outcome.hits.add(message.display)
                self._add(number, Read(
                    message.display, message.sha256, message.size, message.offset, message.spool, b"",
                    job.literals, message.origin, message.marks, job.everything,
                ))  # fmt: skip
            case Apart() if isinstance(job, Survey):
                self._add(number, replace(
                    job, displays=(message.display,), sizes=(message.size,), paths=(), spool=message.spool,
                    offset=message.offset,
                ))  # fmt: skip
            case Constructs():
                if message.constructs:
                    outcome.read.add(message.display)
                for construct in message.constructs:
                    if "!/" not in message.display and not message.origin:
                        outcome.wrong += _misplaced(construct, outcome.data)
                    sited = Sited(construct, message.display, message.sha256, message.origin)
                    outcome.constructs.append(sited)
                    if (key := _shape(construct)) not in self._seen:
                        self._seen.add(key)
                        self._constructs.append(sited)
                if message.constructs and number not in self._judged:
                    self._judged.append(number)
                    if len(self._judged) >= _TOGETHER:
                        self._judge()

    def _add(self, number: str, job: Job) -> None:
        self._left[number] += 1
        self._pool.add(job, first=True)

    def _drop(self, job: Job) -> None:
        if job.spool:
            self._feed.drop(job)

    def _hand(self, job: Job) -> tuple[Job, Sequence[int]]:
        if job.spool:
            return self._feed.hand(job)
        display = job.displays[0] if isinstance(job, Survey) else job.display
        descriptor = os.memfd_create("mutant", os.MFD_CLOEXEC)
        os.write(descriptor, self._of[display.partition("/")[0]].data)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return (replace(job, paths=()) if isinstance(job, Survey) else job), (descriptor,)

    def _judge(self) -> None:
        """Judge what was read, in this process, as a scan does; of the same structure in many files, the first."""
        sited, names = tuple(self._constructs), ", ".join(self._judged)
        self._constructs, self._judged = [], []
        try:
            judge(sited, self._rules, self._tagger, "")
        except Exception as error:
            self.judge_failures.append(f"{type(error).__name__}: {error} (files {names})")

    def close(self) -> None:
        """Stop the workers."""
        self._pool.close()
        self._feed.close()


def _shape(construct: Construct) -> int:
    """Return a number for what a construct says, wherever it stands."""
    members = tuple((m.name, m.value, m.type, m.gloss, m.values) for m in construct.members)
    return hash((construct.kind, construct.name, construct.gloss, construct.scope, construct.role, construct.language,
                 construct.passage.text, construct.bases, construct.returns, construct.uses, members))  # fmt: skip


def _misplaced(construct: Construct, data: bytes) -> Iterator[str]:
    for passage in (construct.passage, *(m.passage for m in construct.members)):
        raw = data[passage.offset : passage.offset + passage.length]
        if passage.text and raw.decode(passage.encoding, "backslashreplace") != passage.text:
            yield f"{construct.kind} {construct.name!r}: {passage.offset}+{passage.length} {passage.text[:40]!r}"
