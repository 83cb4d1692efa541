"""The case on paper: one page for reading, printed by Chromium where there is one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sousveil.acquire.scratch import scratch
from sousveil.evidence import chronicle, stamps

if TYPE_CHECKING:
    from sousveil.evidence.case import Case
    from sousveil.evidence.export import View
    from sousveil.evidence.ledger import Entry

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MOST_TOLD = 12
_MOST_REPORT = 256 << 20
_MOST_SIGNS = 40
_MOST_SOCKET = 107
"""Bytes of a socket's path; a browser that cannot have its own ends."""
_MOST_ROWS = 2000
"""Rows of a table on the page: a browser that prints a hundred thousand takes gigabytes, and nobody reads them."""


def page(view: View, case: Case) -> str:
    """Return the case as one page of HTML, everything of a product escaped, no address in it followed."""
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup, escape

    environment = Environment(loader=PackageLoader("sousveil", "evidence"), autoescape=True, trim_blocks=True)
    events = [
        {"number": e.number, "time": str(e.predicate.get("time", ""))[:19].replace("T", " "), "told": chronicle.told(e)}
        for e in (view.entries if len(view.entries) <= _MOST_ROWS else _ends(view.entries))
    ]
    objects = list(view.kept())
    taken = [(f"object {d}", r) for d, r in sorted(view.plan.objects.items())]
    taken += [(f"line {n} of the record", r) for n, r in sorted(view.plan.lines.items())]

    def marked(summary: str) -> Markup:
        """Return a sentence whose names stand between backticks."""
        parts = summary.split("`")
        if not len(parts) % 2:
            return escape(summary)
        return Markup().join(Markup("<code>{}</code>").format(p) if i % 2 else escape(p) for i, p in enumerate(parts))

    return environment.get_template("case.html.j2").render(
        marked=marked,
        title=view.title or "A case",
        keyid=view.keyid,
        events=events,
        total=view.total,
        left_out=max(0, len(view.entries) - _MOST_ROWS),
        objects=objects[:_MOST_ROWS],
        kept=len(objects),
        taken=taken,
        summary=_summary(view, case),
        pictures=_pictures(view, case),
        reports=[r for digest in _reports(view) if (r := _report(case, digest))],
        head=view.entries[-1].digest,
    )


def _summary(view: View, case: Case) -> list[str]:
    """Return the case in a few sentences."""
    said = [entry.predicate for entry in view.entries if entry.kind == "scanned"]
    out = [
        f"{one.get('product')} was scanned: {one.get('verdict')}"
        + ("" if one.get("complete") else ", as far as it could be opened")
        for one in said[:_MOST_TOLD]
    ]
    out += [f"{len(said) - _MOST_TOLD} more scans stand below"] if len(said) > _MOST_TOLD else []
    for kind, what in (("gone", "went"), ("moved", "came to lead elsewhere"), ("changed", "changed")):
        noticed = [entry.predicate for entry in view.entries if entry.kind == kind]
        out += [f"{one['url']} {what} {chronicle.window(one)}" for one in noticed[:_MOST_TOLD]]
        out += [f"{len(noticed) - _MOST_TOLD} more {what}"] if len(noticed) > _MOST_TOLD else []
    out += _of_the_clock(view)
    had = sorted({one.authority for one in stamps.every(case.root / "stamps") if not one.waiting})
    out.append(f"Stamped by {', '.join(had)}" if had else "No witness has stamped it: its times are this machine's")
    return [f"{line}." for line in out]


def _of_the_clock(view: View) -> list[str]:
    """Return what the machine knew of its clock at the events."""
    told = [clock for entry in view.entries if isinstance(clock := entry.predicate.get("clock"), dict)]
    kept = [one for one in told if one.get("kept") is True]
    if not told:
        return []
    if not kept:
        return ["By what the machine knew, no time service kept its clock"]
    most = max(int(one.get("within-us", 0)) for one in kept) / 1e6
    of_all = "all" if len(kept) == len(told) else f"{len(kept)} of {len(told)}"
    return [f"By what the machine knew, a time service kept its clock within {most:.3g} s at {of_all} of these events"]


def _pictures(view: View, case: Case) -> dict[str, str]:
    """Return what cut-outs show that are not taken out: as addresses of data, by artifact and place."""
    out: dict[str, str] = {}
    for entry in view.entries:
        for one in entry.subjects:
            digest = one["digest"]["sha256"]
            if one.get("annotations", {}).get("shows") and digest not in view.plan.objects:
                for cut in json.loads(case.objects.path(digest).read_bytes()):
                    out[f"{cut['artifact']} {cut['where']}"] = f"data:image/png;base64,{cut['png']}"
    return out


def _ends(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    half = _MOST_ROWS // 2
    return (*entries[:half], *entries[-half:])


def _reports(view: View) -> Iterator[str]:
    """Yield the SHA-256 of each scan's report that is not taken out: what a product calls a report is none of ours."""
    made = dict.fromkeys(e.subjects[-1]["digest"]["sha256"] for e in view.entries if e.kind == "scanned" and e.subjects)
    yield from (digest for digest in made if digest not in view.plan.objects)


def _report(case: Case, digest: str) -> dict[str, Any] | None:
    path = case.objects.path(digest)
    if path.stat().st_size > _MOST_REPORT:
        return None
    try:
        report: dict[str, Any] = json.loads(path.read_bytes())
    except ValueError:
        return None
    return report if str(report.get("schema", "")).startswith("sousveil-report/") else None


def browser() -> str:
    """Return the path of a Chromium or Chrome, empty if there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), "")


def pdf(source: Path, out: Path) -> str:
    """Print a page to ``out``; return what kept it from being made, empty if nothing did."""
    program = browser()
    if not program:
        return "case.pdf was not made: no Chromium or Chrome was found; case.html is the same, to be printed by hand"
    with scratch() as profile:
        words = [
            program, "--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-sync", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={profile}", "--no-pdf-header-footer", f"--print-to-pdf={out}", source.resolve().as_uri(),
        ]  # fmt: skip
        try:
            # Only root cannot use the browser's own sandbox, and a page of our own without script needs none.
            extra = ["--no-sandbox"] if _is_root() else []
            subprocess.run(  # noqa: S603
                [*words[:1], *extra, *words[1:]],
                capture_output=True,
                timeout=120,
                check=False,
                env=surroundings(profile),
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"case.pdf was not made: {program}: {error}"
    if not out.exists() or not out.stat().st_size:
        return f"case.pdf was not made: {program} wrote nothing"
    missing = undrawn(source.read_text(encoding="utf-8"))
    if missing:
        return (
            f"case.pdf shows boxes instead of {''.join(missing[:8])} and maybe more: no font has them (Chinese, on "
            "Debian: apt-get install fonts-noto-cjk). case.html has them; for a whole PDF export again with the font"
        )
    return ""


def undrawn(text: str) -> list[str]:
    """Return the signs beyond Latin, Greek and Cyrillic in ``text`` that no font here has; some, where there are many.

    None where fontconfig is not there to say.
    """
    program = shutil.which("fc-list")
    wanted = sorted({c for c in text if c >= "\u0530" and c.isalpha()})

    def had(signs: list[str]) -> bool:
        asked = ":charset=" + " ".join(f"{ord(c):x}" for c in signs)
        run = subprocess.run([program or "", asked, "family"], capture_output=True, timeout=20, check=False)  # noqa: S603
        return bool(run.stdout.strip()) or run.returncode != 0

    if program is None or not wanted:
        return []
    if len(wanted) <= _MOST_SIGNS and had(wanted):
        return []
    return [c for c in wanted[:: -(-len(wanted) // _MOST_SIGNS)] if not had([c])]


def surroundings(profile: Path) -> dict[str, str]:
    """Return the environment of a browser: what it writes beside its profile goes with that, however it ends."""
    room = len(str(profile)) <= _MOST_SOCKET - len("/org.chromium.Chromium.XXXXXX/SingletonSocket")
    return {**os.environ, **({"TMPDIR": str(profile)} if room else {})}


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
