"""The pipeline: acquire, unpack, match, read, judge, report. This module alone knows the order."""

from __future__ import annotations

import os
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from sousveil import __version__
from sousveil.acquire import Acquired, acquire
from sousveil.judge.features import Sited
from sousveil.judge.judgement import Judgement, judge
from sousveil.judge.rules import Rule, load_rules
from sousveil.match.lexicon import Tag, load
from sousveil.model import (
    Act,
    Artifact,
    Basis,
    Construct,
    Counts,
    CutOut,
    Finding,
    Kind,
    Limit,
    ProductInfo,
    Report,
)
from sousveil.read.model import LANGUAGES
from sousveil.unpack import Quotas
from sousveil.unpack.render.ocr import available as ocr_available
from sousveil.work.confine import missing
from sousveil.work.feed import Feed
from sousveil.work.jobs import Apart, Constructs, Job, Leaf, Message, Read, Seen, Survey, Trouble, prepare, warm, work
from sousveil.work.messages import Original, Picture
from sousveil.work.pool import Lost, Pool

if TYPE_CHECKING:
    from sousveil.unpack.outside import Outside

SCHEMA = "sousveil-report/1"
_MOST_SKIPPED = 8
"""Files of one job that may each cost it its worker before it is taken apart or given up."""
_MAX_NAMES = 200
_ORIGINALS = 400
"""Documents and pictures kept for cut-outs."""
_INPUTS = ("first_name", "last_name", "full_name", "surname", "firstName", "lastName")
_CLOSED = 0.02
"""From this share of the bytes on, what stayed closed makes an answer incomplete."""
# Languages whose fields name their types: elsewhere a second pass would find nothing.
_TYPED = frozenset(
    ("c", "cpp", "objc", "java", "kotlin", "csharp", "go", "rust", "swift", "typescript",
     "proto", "pascal", "xsd")
)  # fmt: skip


class Options(Struct, frozen=True):
    """How to scan. Sizes in bytes, times in seconds."""

    jobs: int = 0
    """Worker processes; 0 for one a core."""
    rules: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    """Acts, traits or rule ids; empty for all."""
    skip: tuple[str, ...] = ()
    quotas: Quotas = field(default_factory=Quotas)
    timeout: float = 60.0
    """How long one file may take before it is given up and reported."""
    all_files: bool = False
    listing: bool = False
    """Keep every artifact in the report, not only the counts."""
    everything: bool = False
    """Read every file, whether or not it holds a term: slow, for whoever asks what is seen of a product."""
    only_artifact: str = ""
    """Match nothing but the artifact at this address: for whoever wants its bytes."""
    ocr: bool | None = None
    """Whether pictures are looked at for words; None for where the extra ``ocr`` is installed."""
    pictures: bool = False
    """Whether the report gets cut-outs of the pages and pictures that findings rest on."""
    cache: Path | None = None
    offline: bool = False
    sandbox: Literal["used", "required", "off"] = "used"
    """Whether readers are locked down: as far as this machine can, or not at all (for measuring); ``required``
    refuses to scan where a layer is missing."""


class SandboxError(Exception):
    """A layer of the lock-down was required and is not to be had on this machine."""


class Progress(Struct, frozen=True):
    """How far a scan is."""

    stage: str
    files: int
    bytes: int
    now: str


def scan(
    product: str | os.PathLike[str],
    options: Options | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    arrived: Callable[[Finding], None] | None = None,
    keeping: Callable[[Acquired], AbstractContextManager[None]] | None = None,
) -> Report:
    """Return the report on ``product``: a path, ``-``, ``pypi:N==V``, ``npm:N@V``, ``deb:N=V`` or a Package URL.

    Raises AcquireError where the product cannot be had, RuleError where a rule of ``options.rules`` is wrong, and
    SandboxError where readers cannot be locked down as required.
    Nothing of the product is executed. ``arrived`` is called with each finding as soon as it is certain. ``keeping`` is
    entered with what was acquired before it is read, and left before what of it is temporary is removed.
    """
    options = options or Options()
    started = time.time()
    if options.sandbox == "required" and (lacking := missing()):
        raise SandboxError(
            f"the lock-down of readers is required, and this machine lacks {', '.join(lacking)}; "
            "sousveil doctor says what that means"
        )
    rules = select(load_rules(options.rules), options.only, options.skip)
    name = os.fspath(product)

    with having(name, options, progress) as acquired, keeping(acquired) if keeping else nullcontext():
        run = Run(acquired, options, rules, progress)
        try:
            judgement = run.survey_and_judge()
            pictures = run.cut_outs(judgement) if options.pictures else ()
        finally:
            run.close()
    findings = tuple(f for f in judgement.findings if wanted(f, options.only, options.skip))
    if arrived:
        for finding in findings:
            arrived(finding)
    verdict = Judgement(findings, ()).verdict
    counts = run.counts()
    if counts.closed >= _CLOSED and not any(limit.reason == "closed" for limit in run.limits):
        detail = f"{100 * counts.closed:.0f} % of the bytes look encrypted, or packed in a way that is not known"
        run.limits.add(Limit(acquired.inputs[0].display if acquired.inputs else name, "closed", detail))
    limits = tuple(sorted({*run.limits, *acquired.limits}, key=lambda x: (x.path, x.reason, x.detail)))
    return Report(
        schema=SCHEMA,
        tool={"name": "sousveil", "version": __version__},
        product=ProductInfo(name, acquired.purl, tuple(i.display for i in acquired.inputs), acquired.notes),
        verdict=verdict,
        complete=not any(limit.incomplete for limit in limits),
        findings=findings,
        explained=judgement.explained,
        limits=limits,
        counts=counts,
        artifacts=tuple(sorted(run.artifacts, key=lambda a: (a.path, a.sha256))),
        run={
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
            "seconds": round(time.time() - started, 3),
            "python": platform.python_version(),
            "system": platform.system(),
            "jobs": run.size,
            "sandbox": run.sandbox(),
        },
        pictures=pictures,
    )


def having(name: str, options: Options, progress: Callable[[Progress], None] | None) -> Acquired:
    """Return the product on this machine; a context that is to be left."""

    def downloading(what: str, done: int, total: int | None) -> None:
        if progress:
            progress(Progress("acquire", 0, done, what))

    return acquire(
        name,
        all_files=options.all_files,
        cache=options.cache,
        progress=downloading,
        max_bytes=options.quotas.max_bytes,
        offline=options.offline,
    )


def select(rules: Sequence[Rule], only: Iterable[str], skip: Iterable[str]) -> tuple[Rule, ...]:
    """Return ``rules`` without those that ``skip`` names; rules explain one another, so ``only`` filters findings."""
    dropped = set(skip)
    return tuple(r for r in rules if r.id not in dropped)


def wanted(finding: Finding, only: Sequence[str], skip: Sequence[str]) -> bool:
    """Return whether act, trait or rule of ``finding`` is asked for and not skipped."""
    words = {str(finding.act), str(finding.trait), finding.rule}
    return (not only or bool(words & set(only))) and not words & set(skip)


class Run:
    """One scan's state: what was seen, read and lost."""

    def __init__(
        self,
        acquired: Acquired,
        options: Options,
        rules: tuple[Rule, ...],
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._acquired, self._options, self._rules, self._progress = acquired, options, rules, progress
        self.size = options.jobs or os.cpu_count() or 1
        self.files = self.bytes = self.read_count = 0
        self.kinds: Counter[str] = Counter()
        self.coverage: Counter[str] = Counter()
        self.limits: set[Limit] = set()
        self.artifacts: list[Artifact] = []
        self._constructs: dict[tuple[str, str, int, int, str, str], Sited] = {}
        self._seen_hits: set[str] = set()
        self._first: dict[tuple[str, str], str] = {}
        self._twins: dict[str, list[str]] = {}
        self._inputs = [(item.path, item.display) for item in acquired.inputs]
        self._outside: Outside | None = None
        wanted = (options.listing, options.everything, options.only_artifact)
        self._feed = Feed(self.size, options.quotas, self.limits, *wanted)
        self._pictures: list[Picture] = []
        self._unseen: set[str] = set()
        self._originals: dict[str, Original] = {}
        self._feed.originals = options.pictures
        self._feed.ocr = ocr_available() if options.ocr is None else options.ocr
        self._pool: Pool[Job, Message] = Pool(
            work,
            Job,  # type: ignore[arg-type]
            Message,
            self.size,
            options.timeout,
            warm,
            stations=self._feed.station,
            hand=self._feed.hand,
            confined=options.sandbox != "off",
            required=options.sandbox == "required",
        )
        self._counting = True
        self._pending: dict[int, _Tally] = {}

    def survey_and_judge(self) -> Judgement:
        """Return the judgement after both passes."""
        prepare()
        tagger = load().tag
        self._pass((), self._inputs)
        self._run_apart()
        self._look()
        judgement = self._judge(tagger)
        names = self._type_names(judgement)
        if names:
            self._counting = False
            before = len(self._constructs)
            self._pass(names, self._inputs)
            if len(self._constructs) != before:
                judgement = self._judge(tagger)
        return judgement

    def _look(self) -> None:
        """Look at the pictures, in a process of their own; what holds a term is read as the rest."""
        if self._unseen:
            detail = f"{len(self._unseen)} pictures may show words; not read: pip install 'sousveil[ocr]'"
            self.limits.add(Limit(min(self._unseen), "no-text", detail, incomplete=False))
        if not self._pictures:
            return
        from sousveil.work import looking

        pictures, limits = looking.chosen(self._pictures)
        self.limits.update(limits)

        def hand(job: looking.Look) -> tuple[looking.Look, Sequence[int]]:
            path, descriptors = self._feed.lend(job.picture.spool)
            return replace(job, path=path), descriptors

        pool: Pool[looking.Look, Message] = Pool(
            looking.look, looking.Look, Message, 1, max(self._options.timeout, 60.0), looking.warm,
            stations=self._feed.station, hand=hand, confined=self._options.sandbox != "off",
        )  # fmt: skip
        try:
            for picture in pictures:
                pool.add(looking.Look(picture))
            for one, message in pool.results():
                self._say("look", one.picture.display)
                if isinstance(message, Lost):
                    detail = f"looking at it was given up: {message.detail}"
                    self.limits.add(Limit(one.picture.display, message.reason, detail))
                elif isinstance(message, Leaf):
                    self._pool.add(
                        Read(
                            message.display, message.sha256, message.size, message.offset, message.spool,
                            origin=message.origin, marks=message.marks,
                        )
                    )  # fmt: skip
                elif isinstance(message, Trouble):
                    self.limits.add(message.limit)
        finally:
            pool.close()
        self._work_off(iter(()))

    def cut_outs(self, judgement: Judgement) -> tuple[CutOut, ...]:
        """Return pictures of the places that findings rest on."""
        from sousveil.work import cutting

        jobs = cutting.jobs(judgement.findings, self._originals)
        if not jobs:
            return ()

        def hand(job: cutting.Cut) -> tuple[cutting.Cut, Sequence[int]]:
            path, descriptors = self._feed.lend(job.original.spool)
            return replace(job, path=path), descriptors

        pool: Pool[cutting.Cut, CutOut] = Pool(
            cutting.cut, cutting.Cut, CutOut, 1, self._options.timeout, cutting.warm,
            stations=self._feed.station, hand=hand, confined=self._options.sandbox != "off",
        )  # fmt: skip
        try:
            for job in jobs:
                pool.add(job)
            out = [message for _, message in pool.results() if isinstance(message, CutOut)]
        finally:
            pool.close()
        return tuple(sorted(out, key=lambda c: (c.artifact, c.where)))

    def _judge(self, tagger: Callable[[str], Sequence[Tag]]) -> Judgement:
        self._say("judge", "")
        return judge(self.sited(), self._rules, tagger, self.summary())

    def counts(self) -> Counts:
        """Return how much was seen."""
        kinds, coverage = dict(sorted(self.kinds.items())), dict(sorted(self.coverage.items()))
        return Counts(self.files, self.bytes, self.read_count, kinds, coverage)

    def sited(self) -> tuple[Sited, ...]:
        """Return every construct read so far."""
        return tuple(self._constructs.values())

    def summary(self) -> str:
        """Return the product's name and its own one-line description, where it has one."""
        own = [c.gloss or c.passage.text for c in (s.construct for s in self.sited()) if c.role == "package-summary"]
        return " ; ".join([self._acquired.purl.partition("@")[0], *sorted(own)[:3]])

    def _type_names(self, judgement: Judgement) -> tuple[str, ...]:
        """Return names of types that were found: records that use one are read even without a term of their own."""
        names: set[str] = set()
        for finding in judgement.findings:
            construct = finding.construct
            name = construct.name
            a_type = construct.kind in (Kind.ENUMERATION, Kind.RECORD) and construct.language in _TYPED
            if construct.language in LANGUAGES and finding.basis is Basis.UNKNOWN:
                # A model says what comes out; what goes in is often listed in a file beside it.
                names.update(_INPUTS)
            # A common word is no type's name.
            telling = len(name) >= 6 and name.isidentifier() and ("_" in name or not name.islower())
            if a_type and telling and finding.act in (Act.INFERS, Act.TARGETS, Act.RESIDUE):
                names.add(name)
        return tuple(sorted(names))[:_MAX_NAMES]

    def _run_apart(self) -> None:
        """Have programs of the system unpack what no reader opened, and survey what came out."""
        if not any(limit.reason in ("closed", "unsupported") for limit in self.limits):
            return
        from sousveil.unpack.outside import Outside

        self._outside = Outside(self._options.quotas)
        files: list[tuple[Path, str]] = []
        for one in self._outside.files(self._inputs, tuple(self.limits)):
            if isinstance(one, Limit):
                self.limits.add(one)
            else:
                files.append(one)
        if files:
            self._pass((), files)
            self._inputs += files

    def _pass(self, literals: tuple[str, ...], inputs: Sequence[tuple[Path, str]]) -> None:
        self._work_off(self._feed.surveys(iter(inputs), literals))
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
        if isinstance(job, Read):
            return
        if (tally := self._pending.pop(id(job), None)) is not None and self._counting:
            self.files += tally.files
            self.bytes += tally.bytes
            self.kinds.update(tally.kinds)
            self.coverage.update(tally.coverage)
            self.artifacts += tally.artifacts

    def _lost(self, job: Job, lost: Lost) -> None:
        if isinstance(job, Read):
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
            for path, display, size in zip(job.paths, job.displays, job.sizes, strict=True):
                self._pool.add(replace(job, paths=(path,), displays=(display,), sizes=(size,)), first=True)
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
            case Picture():
                if message.size:
                    self._pictures.append(message)
                    if not message.place:
                        self._keep_original(Original(message.sha256, message.size, message.spool, message.offset))
                elif not message.place:
                    self._unseen.add(message.display)
            case Original():
                self._keep_original(message)
            case Apart() if isinstance(job, Survey):
                alone = replace(
                    job, displays=(message.display,), sizes=(message.size,), paths=(), spool=message.spool,
                    offset=message.offset,
                )  # fmt: skip
                self._pool.add(alone, first=True)
            case Seen():
                tally = self._tally(job)
                tally.files += message.files
                tally.bytes += message.bytes
                tally.kinds.update(message.kinds)
                tally.coverage.update(message.coverage)
                self._say("match", message.now)
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

    def leaf(self, job: Survey, leaf: Leaf) -> None:
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
        """Stop the workers and remove what was spooled."""
        self._pool.close()
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
