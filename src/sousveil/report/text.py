"""The report as text for a terminal: the answer first, then each finding with its evidence, then all that is less."""

from __future__ import annotations

from collections.abc import Sequence

from sousveil.model import PROFILING, Finding, Limit, Place, Report, Verdict
from sousveil.report import view, words
from sousveil.report.columns import cells, rule, wrap
from sousveil.report.safe import show, show_lines

_MIN_WIDTH, _MAX_WIDTH = 40, 100
_FULL = 6
"""Findings shown in full without -v."""
_BRIEF = 5
"""Lines of a list shown without -v."""
_EXCERPT = 600
"""Characters of one place shown without -v; a whole library can stand on one line."""
_INDENT = "    "
_SINGLY = 6
"""Words of one place that are explained each on a line of its own."""
_TOGETHER = 12
"""Words of a longer list that are explained."""

_CODES = {"bold": "1", "dim": "2", "red": "1;31", "yellow": "1;33", "green": "1;32", "cyan": "1;36", "mark": "1;33"}
_VERDICTS = {Verdict.PROFILES: "red", Verdict.RESIDUE: "yellow", Verdict.RECORDS: "cyan", Verdict.CLEAR: "green"}


def render(
    report: Report, *, colour: bool = False, width: int = 80, verbose: bool = False, artifacts: bool = False
) -> str:
    """Return the report as lines of at most ``width`` columns (40 at least; more than 100 are not used).

    Without ``verbose`` the strongest findings stand in full and the others in a line each; what is left out is counted.
    """
    page = _Page(report, colour, max(_MIN_WIDTH, min(width, _MAX_WIDTH)), verbose)
    page.answer()
    page.findings()
    page.clues()
    page.explained()
    page.limits()
    if artifacts:
        page.artifacts()
    page.counts()
    return "\n".join(page.lines) + "\n"


class _Page:
    def __init__(self, report: Report, colour: bool, width: int, verbose: bool) -> None:
        self._report, self._colour, self._width, self._verbose = report, colour, width, verbose
        self._address = view.Addresses(report)
        self._number = 0
        self.lines: list[str] = []

    # What stands first

    def answer(self) -> None:
        """Write the verdict, the product, and why in one sentence."""
        report = self._report
        word = words.verdict_word(report).upper()
        style = "yellow" if report.verdict is Verdict.CLEAR and not report.complete else _VERDICTS[report.verdict]
        title = show(words.title(report))
        if cells(word) + 2 + cells(title) <= self._width:
            self._put(f"{self._paint(word, style)}  {self._paint(title, 'bold')}")
        else:
            self._put(self._paint(word, style))
            self._wrap(title, style="bold")
        self._wrap(words.why(report))
        if not report.complete:
            self._wrap(words.reservation(report))
        for note in report.product.notes:
            self._wrap(note, style="dim")

    # Findings

    def findings(self) -> None:
        """Write the findings of the verdict in full, then the weaker ones in brief."""
        lead = view.leading(self._report)
        all_groups = view.groups(self._report.findings)
        strong = [g for g in all_groups if g.first.act in lead]
        weak = [g for g in all_groups if g.first.act not in lead]
        if self._verbose:
            for group in (*strong, *weak):
                for finding in group.findings:
                    self._full(finding)
            return
        for group in strong[:_FULL]:
            self._full(group.first)
            self._others(group.findings[1:])
        if len(strong) > _FULL:
            rest = strong[_FULL:]
            self._heading(f"More findings ({sum(len(g.findings) for g in rest)}; -v shows each in full)")
            self._brief(rest)
        if weak:
            self._heading("Also in this product (-v shows each in full)")
            self._brief(weak)

    def _full(self, finding: Finding) -> None:
        self._number += 1
        self._put("")
        head = show(words.headline(finding))
        likely = f"{words.how_likely(finding.probability)}, {finding.probability:.2f}"
        number = f"{self._number:>2}  "
        kind = words.kind_line(finding.construct, finding.places)
        line = rule(number + head, likely, self._width)
        if line:
            self._put(self._paint(number + head, "bold") + self._paint(line[len(number + head) :], "dim"))
        else:
            self._wrap(head, number, _INDENT, style="bold")
            kind = f"{likely}; {kind}"
        self._wrap(kind, _INDENT, style="dim")
        self._put("")
        self._evidence(finding)
        self._reasons(finding)
        if finding.not_proved:
            self._label("does not prove")
            self._wrap(" ".join(finding.not_proved), _INDENT + "  ")
        self._links(finding)
        self._wrap(f"rule {finding.rule}, finding {finding.id}", _INDENT, style="dim")

    def _evidence(self, finding: Finding) -> None:
        first, others = view.evidence(finding, 1000 if self._verbose else _BRIEF + 1)
        chosen = (*first, *others) if self._verbose else first
        left = len(finding.places) - len(chosen)
        blocks: list[list[Place]] = []
        for index in chosen:
            place = finding.places[index]
            if blocks and blocks[-1][0].artifact == place.artifact:
                blocks[-1].append(place)
            else:
                blocks.append([place])
        for number, block in enumerate(blocks):
            more = ""
            if number == len(blocks) - 1 and left:
                more = f"  and {words.plural(left, 'more place')} (-v)"
            self._block(block, more)

    def _block(self, places: Sequence[Place], more: str) -> None:
        gutter = max(len(view.line_number(place)) for place in places)
        said: set[tuple[str, str]] = set()
        bar = f"{_INDENT}{' ' * gutter} │ "
        for place in places:
            number_of = view.line_number(place)
            head = f"{_INDENT}{number_of:>{gutter}} │ "
            for number, line in enumerate(self._quoted(place)):
                for part, text in enumerate(wrap(line, self._width - cells(bar), "", "  ")):
                    self._put(self._paint(head if not number and not part else bar, "dim") + self._marked(place, text))
            for line in self._gloss_lines(view.unsaid(view.glosses(place), said)):
                for text in wrap(line, self._width - cells(bar), "  ", "    "):
                    self._put(self._paint(bar, "dim") + self._paint(text, "cyan"))
        self._address_line(places[0], f"{_INDENT}{' ' * gutter} └ ", more)

    def _gloss_lines(self, found: list[view.Gloss]) -> list[str]:
        """Return a line a gloss; the words of a long list stand in one."""
        listed = [gloss for gloss in found if gloss.source == "lexicon"]
        if len(listed) <= _SINGLY:
            return [_gloss_line(gloss) for gloss in found]
        shown = listed if self._verbose else listed[:_TOGETHER]
        more = f"; and {len(listed) - len(shown)} more words (-v)" if len(shown) < len(listed) else ""
        told = "; ".join(_meaning(gloss) for gloss in shown) + more
        own = [_gloss_line(gloss) for gloss in found if gloss.source != "lexicon"]
        return [*own, show(f"{told} ({words.gloss_source_words('lexicon')})")]

    def _quoted(self, place: Place) -> list[str]:
        if view.named(place):
            return [show(view.base(place.artifact)), "(the file's own name)"]
        if self._verbose:
            return show_lines(place.text)
        text, before, behind = view.excerpt(place, _EXCERPT)
        lines = show_lines(text)
        cut = 0
        if len(lines) > _BRIEF + 3:
            cut, lines = len(lines) - _BRIEF, lines[:_BRIEF]
        if before:
            lines.insert(0, f"(… {before:,} characters before; -v shows all)")
        if behind or cut:
            rest = f"{behind:,} characters" if behind else words.plural(cut, "more line")
            lines.append(f"(… {rest} behind; -v shows all)" if behind else f"(… {rest}; -v shows all)")
        return lines

    def _marked(self, place: Place, text: str) -> str:
        if not self._colour:
            return text
        return "".join(self._paint(part, "mark") if hit else part for part, hit in view.segments(place, text))

    def _address_line(self, place: Place, prefix: str, more: str = "") -> None:
        note = "" if place.encoding in ("utf-8", "ascii") else f"  ({show(place.encoding)})"
        address = show(view.at_line(self._address(place.artifact), place))
        rest = " " * cells(prefix)
        lines = wrap(address, self._width, prefix, rest)
        for extra in (note, more):
            if extra and cells(lines[-1]) + cells(extra) <= self._width:
                lines[-1] += extra
            elif extra:
                lines += wrap(extra.strip(), self._width, rest, rest)
        for line in lines:
            self._put(self._paint(line[: len(prefix)], "dim") + line[len(prefix) :])

    def _reasons(self, finding: Finding) -> None:
        reasons = view.short(finding.reasons)
        if not reasons:
            return
        self._label("why")
        signed = finding.act in PROFILING
        for number, reason in enumerate(reasons):
            last = number == len(reasons) - 1
            against = "but: " if signed and reason.weight < 0 else ""
            bar = f"{_INDENT}{' ' if last else '│'} "
            self._wrap(against + reason.text, f"{_INDENT}{'└' if last else '├'} ", bar)
            children = reason.children if self._verbose else reason.children[: _BRIEF - 1]
            stem = bar + "  "
            for child in children:
                self._wrap(child.text, stem, stem + "  ", style="dim")
            if len(reason.children) > len(children):
                self._wrap(f"and {len(reason.children) - len(children)} more (-v)", stem, style="dim")

    def _links(self, finding: Finding) -> None:
        if not finding.links:
            return
        self._label("linked")
        shown = finding.links if self._verbose else finding.links[:_BRIEF]
        for link in shown:
            self._pair(f"{words.relation_words(link.relation)} {link.name}", link.place, _INDENT + "· ")
        if len(finding.links) > len(shown):
            self._wrap(f"and {len(finding.links) - len(shown)} more (-v)", _INDENT + "  ", style="dim")

    def _others(self, findings: Sequence[Finding]) -> None:
        if not findings:
            return
        self._label(f"for the same reason ({len(findings)} more; -v shows each in full)")
        self._listed(findings)

    def _listed(self, findings: Sequence[Finding], most: int = _BRIEF) -> None:
        for finding in findings[:most]:
            name = finding.construct.name or f"({words.construct_words(finding.construct)})"
            self._pair(name, finding.places[0] if finding.places else None, _INDENT + "· ")
        if len(findings) > most:
            self._wrap(f"and {len(findings) - most} more (-v)", _INDENT + "  ", style="dim")

    def _brief(self, found: Sequence[view.Group]) -> None:
        for group in found:
            first = group.first
            text = words.phrase(first.act, [first.trait], first.basis)
            self._wrap(f"{len(group.findings):>4}  {text} (rule {first.rule})", "", "      ")
            self._listed(group.findings, _BRIEF if len(found) < 4 else 2)

    # What counts less

    def clues(self) -> None:
        """Write the findings below one half."""
        found = view.clues(self._report.findings)
        if not found:
            return
        self._heading(f"Clues ({len(found)}): too weak to count, worth a look")
        shown = found if self._verbose else found[:_BRIEF]
        for clue in shown:
            name = clue.construct.name or f"({words.construct_words(clue.construct)})"
            might = words.phrase(clue.act, [clue.trait], clue.basis)
            place = clue.places[0] if clue.places else None
            self._pair(f"{name} perhaps {might}, {clue.probability:.2f}", place, "  · ")
            if self._verbose and place:
                self._block([place], "")
        if len(found) > len(shown):
            self._wrap(f"and {len(found) - len(shown)} more (-v)", _INDENT, style="dim")

    def explained(self) -> None:
        """Write what holds a term and is harmless, counted by reason; in full with -v."""
        explained = self._report.explained
        if not explained:
            return
        places = view.harmless_places(explained)
        count = words.plural(places, "place holds", "places hold")
        hint = "" if self._verbose else "; -v shows each"
        self._heading(f"Explained away ({count} such a word and {_be(places)} harmless{hint})")
        for reason, rule_id, items in view.by_reason(explained):
            self._wrap(f"{len(items):>5}  {reason} ({rule_id})", "", "       ")
            if self._verbose:
                for item in items:
                    self._harmless(item)

    def _harmless(self, one: view.Harmless) -> None:
        item = one.item
        name = item.construct.name or f"({words.construct_words(item.construct)})"
        name = f"{name}: {', '.join(one.traits)}"
        self._pair(name, item.place, "       · ")
        text, before, behind = view.excerpt(item.place, _EXCERPT)
        lines = ["(…)"] * bool(before) + show_lines(text) + [f"(… {behind:,} characters more)"] * bool(behind)
        for line in lines if item.place.text else ():
            for part in wrap(line, self._width, "         ", "           "):
                self._put(self._paint(part, "dim"))

    def limits(self) -> None:
        """Write what could not be seen, counted by reason, with the first few; all with -v."""
        limits = self._report.limits
        if not limits:
            return
        self._heading(f"Not seen, or not whole ({len(limits)})")
        for reason, hides, items in view.by_limit(limits):
            harmless = "" if hides else "; nothing is hidden by it"
            self._wrap(f"{len(items):>5}  {words.limit_words(reason)}{harmless}", "", "       ")
            shown: Sequence[Limit] = items if self._verbose else items[:2]
            for limit in shown:
                self._wrap(self._address(limit.path), "       · ", "         ")
                if limit.detail:
                    self._wrap(limit.detail, "         ", style="dim")
            if len(items) > len(shown):
                self._wrap(f"and {len(items) - len(shown):,} more (-v)", "         ", style="dim")

    def artifacts(self) -> None:
        """Write every file seen."""
        if not self._report.artifacts:
            return
        self._heading(f"Every file ({len(self._report.artifacts):,})")
        for artifact in self._report.artifacts:
            self._wrap(self._address(artifact.path), "  ", "    ")
            about = f"{artifact.sha256} {words.size(artifact.size)} {artifact.kind}"
            self._wrap(about, "    ", style="dim")

    def counts(self) -> None:
        """Write how much was looked at and by what."""
        tool = " ".join(self._report.tool.get(key, "") for key in ("name", "version")).strip()
        seconds = self._report.run.get("seconds")
        took = f", {float(seconds):.1f} s" if isinstance(seconds, int | float) else ""
        self._put("")
        self._wrap(f"Looked at {words.seen_words(self._report)}. {tool}{took}.", style="dim")
        if coverage := words.coverage_words(self._report):
            self._wrap(f"Of these bytes: {coverage}.", style="dim")

    # Drawing

    def _pair(self, left: str, place: Place | None, prefix: str) -> None:
        """Write what is named and where it stands, on one line where both fit."""
        left = show(left)
        address = show(view.at_line(self._address.short(place.artifact), place)) if place else ""
        line = rule(prefix + left, address, self._width)
        if line and address:
            self._put(line)
            return
        rest = " " * cells(prefix)
        self._wrap(left, prefix, rest + "  ")
        if address:
            self._wrap(address, rest + "  ", rest + "  ", style="dim")

    def _heading(self, text: str) -> None:
        self._put("")
        self._wrap(text, style="bold")

    def _label(self, text: str) -> None:
        self._wrap(text, _INDENT, style="bold")

    def _wrap(self, text: str, first: str = "", rest: str | None = None, *, style: str = "") -> None:
        """Write text, made showable, over as many lines as it needs."""
        for line in wrap(show(text), self._width, first, rest):
            self._put(self._paint(line, style))

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self._colour and style and text else text

    def _put(self, line: str) -> None:
        self.lines.append(line.rstrip())


def _gloss_line(gloss: view.Gloss) -> str:
    return show(f"{_meaning(gloss)} ({words.gloss_source_words(gloss.source)})")


def _meaning(gloss: view.Gloss) -> str:
    return f"{', '.join(gloss.terms)} = {gloss.meaning}" if gloss.terms else gloss.meaning


def _be(number: int) -> str:
    return "is" if number == 1 else "are"
