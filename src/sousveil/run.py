"""The order of one scan's passes: survey and read, pictures, programs apart, judge, and again by names found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from sousveil.gather import Gathering
from sousveil.judge.features import Sited
from sousveil.judge.judgement import Judgement, judge
from sousveil.judge.rules import Rule
from sousveil.judge.sought import sought
from sousveil.match.lexicon import Tag, builtin
from sousveil.model import CutOut, Limit
from sousveil.work.jobs import prepare
from sousveil.work.messages import Leaf, Message, Read, Trouble
from sousveil.work.pool import Lost, Pool


class Run(Gathering):
    """One scan, from the first file to the judgement."""

    def begin(self) -> None:
        """Load what every job needs, and start the first worker, which makes itself ready meanwhile."""
        prepare()
        self._pool.start()

    def survey_and_judge(self, rules: tuple[Rule, ...]) -> Judgement:
        """Return the judgement by ``rules`` after both passes."""
        tagger = builtin().tag
        self._pass((), self._inputs)
        self._run_apart()
        self._join()
        self._look()
        judgement = self._judge(rules, tagger)
        names = sought(judgement, tagger)
        if names:
            self._counting = False
            before = len(self._constructs)
            self._pass(names, self._inputs)
            if len(self._constructs) != before:
                judgement = self._judge(rules, tagger)
        return judgement

    def _look(self) -> None:
        """Look at the pictures, in a process of their own; what holds a term is read as the rest."""
        if self._unseen:
            detail = f"{len(self._unseen)} pictures may show words; not read: the extra ocr does (sousveil doctor)"
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

    def _judge(self, rules: tuple[Rule, ...], tagger: Callable[[str], Sequence[Tag]]) -> Judgement:
        self._say("judge", "")
        sited = self.sited()
        try:
            return judge(sited, rules, tagger, self.summary())
        except Exception:
            # A mistake of ours in the judgement of one file must not cost the others.
            kept = self._judgeable(sited, rules, tagger)
            if len(kept) == len(sited):
                raise
            return judge(kept, rules, tagger, self.summary())

    def _judgeable(
        self, sited: Sequence[Sited], rules: tuple[Rule, ...], tagger: Callable[[str], Sequence[Tag]]
    ) -> list[Sited]:
        """Return what can be judged; of a file whose structures cannot, say so."""
        files: dict[str, list[Sited]] = {}
        for one in sited:
            files.setdefault(one.artifact, []).append(one)
        kept: list[Sited] = []
        for address, found in files.items():
            try:
                judge(found, rules, tagger, self.summary())
            except Exception as error:  # noqa: BLE001 - named as a limit
                why = f"what was read of it could not be judged: {type(error).__name__}: {error}; please report this"
                self.limits.add(Limit(address, "not-judged", why))
            else:
                kept += found
        return kept

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
