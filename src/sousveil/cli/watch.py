"""``sousveil watch``: noticing that something changed or went."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from sousveil.cli.acquire import PRIVATE, PROXY, way
from sousveil.cli.app import HELP_OPTIONS, Group
from sousveil.cli.case import CASE, opened
from sousveil.report.safe import show


@click.group(cls=Group, short_help="Notice when an address changes or goes.", context_settings=HELP_OPTIONS)
def command() -> None:
    """Watch addresses for a case: what they hold is kept, and that they changed or went is noticed.

    A notice names the time window in which it happened. What cannot be reached, or refuses this reader, is never called
    gone.

    \b
    Examples:
      sousveil watch add --case camera-case https://vendor.example/sdk.zip
      sousveil watch run --case camera-case
      sousveil watch log --case camera-case
    """


@command.command(short_help="Watch an address from now on.", context_settings=HELP_OPTIONS)
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@CASE
def add(urls: tuple[str, ...], folder: Path) -> None:
    """Watch each URL from now on. The first state is kept by the next run.

    \b
    Example:
      sousveil watch add --case camera-case https://vendor.example/sdk.zip
    """
    from sousveil.evidence import watching

    fresh = watching.add(opened(folder), urls)
    for url in urls:
        print(show(f"{'watched' if url in fresh else 'watched already'}: {url}"))
    print(show(f"The first look:   sousveil watch run --case {folder}"))
    print(show(f"Then by itself:   sousveil watch install --case {folder}"))


@command.command(short_help="Stop watching an address.", context_settings=HELP_OPTIONS)
@click.argument("url")
@CASE
def remove(url: str, folder: Path) -> None:
    """Stop watching URL; what was kept of it stays.

    \b
    Example:
      sousveil watch remove --case camera-case https://vendor.example/sdk.zip
    """
    from sousveil.evidence import watching

    watching.remove(opened(folder), url)
    print("no longer watched.")


@command.command("list", short_help="What is watched and how it was last.", context_settings=HELP_OPTIONS)
@CASE
def list_(folder: Path) -> None:
    """List what is watched: its last state, when it was last there, when it was first missed.

    \b
    Example:
      sousveil watch list --case camera-case
    """
    from sousveil.evidence import watching
    from sousveil.evidence.case import Case
    from sousveil.evidence.chronicle import between, moment

    known = watching.watched(Case.open(folder))
    if not known:
        print("Nothing is watched. To begin: sousveil watch add URL")
    for one in known.values():
        print(show(f"{one.state or 'not asked yet':12} {one.url}"))
        if one.missed:
            print(show(f"{'':12} last there and first missed {between(one.seen, one.missed)}"))
        elif one.seen:
            print(show(f"{'':12} last there {moment(one.seen)} UTC"))


@command.command(short_help="Ask once for everything watched.", context_settings=HELP_OPTIONS)
@CASE
@PRIVATE
@PROXY
@click.option(
    "--seconds", type=click.FloatRange(1), default=3600.0, help="Begin nothing new after this (default 3600)."
)
@click.option("--json", "log", type=click.Path(path_type=Path), help="Add each notice to this file, a JSON line each.")
@click.option(
    "--command", "program", default="", help="Run this for each notice, with the notice as JSON on its input."
)
@click.option("--notify", multiple=True, metavar="URL", help="Send each notice there (Apprise; extra: notify).")
def run(
    folder: Path,
    private: tuple[str, ...],
    proxy: str,
    seconds: float,
    log: Path | None,
    program: str,
    notify: tuple[str, ...],
) -> None:
    """Ask once for everything that is watched, keep what comes, say what is new. Safe to start twice.

    \b
    Example:
      sousveil watch run --case camera-case --json notices.jsonl
    """
    from sousveil.cli.start import Refused
    from sousveil.evidence import watching
    from sousveil.evidence.capture import How
    from sousveil.evidence.chronicle import moment

    case = opened(folder)
    asked = False
    new: set[str] = set()

    def tell(notice: watching.Notice) -> None:
        print(show(f"{notice.event.upper():12} {notice.url}: {notice.text}"))
        print(f"{'':12} {notice.window}", flush=True)
        new.add(notice.url)
        line = json.dumps({f: getattr(notice, f) for f in notice.__struct_fields__}, sort_keys=True)
        try:
            if log is not None:
                with log.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
            if program:
                subprocess.run(shlex.split(program), input=line.encode(), check=False, timeout=60)  # noqa: S603
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise Refused(f"the notice could not be passed on: {error}; the next run tells it again") from error
        if notify:
            _send(notify, notice.event, f"{notice.url}: {notice.text}, {notice.window}")

    with watching.only_run(case) as mine:
        if not mine:
            print("another run is under way; nothing was done.")
            return
        for url, one in watching.run(case, How(way=way(private, proxy), robots=False), seconds, tell):
            asked = True
            if url in new:  # it is told already
                continue
            print(show(f"{one.state:12} {url}"), flush=True)
            if one.how:
                since = f"; not so at {moment(one.other)} UTC" if one.other else ""
                print(show(f"{'':12} {one.how}{since}"), flush=True)
    if not asked:
        print("Nothing was asked. What is watched: sousveil watch list")


def _send(addresses: tuple[str, ...], title: str, body: str) -> None:
    from sousveil.cli.start import Refused

    try:
        import apprise
    except ImportError:
        raise Refused("--notify needs Apprise; how to get it: sousveil doctor") from None
    sender = apprise.Apprise()
    for address in addresses:
        sender.add(address)
    sender.notify(title=f"sousveil: {title}", body=body)


@command.command(short_help="What was noticed.", context_settings=HELP_OPTIONS)
@CASE
def log(folder: Path) -> None:
    """Tell what was noticed, in order: what changed, went, came back or answers otherwise, and in which time window.

    \b
    Example:
      sousveil watch log --case camera-case
    """
    from sousveil.evidence import watching
    from sousveil.evidence.case import Case
    from sousveil.evidence.chronicle import between, window

    last: dict[str, dict[str, Any]] = {}
    waiting: tuple[str, ...] = ()
    for entry in Case.open(folder).entries():
        told, url = entry.predicate, entry.predicate.get("url", "")
        before = last.get(url, {})
        if entry.kind in watching.NOTICED:  # which says more than the look that it comes from
            waiting = ()
            print(show(f"{entry.kind:12} {url}: {watching.notice_of(entry.kind, told).text}"))
            if when := window(told):
                print(f"{'':12} {when}")
        elif entry.kind == "watched":
            last[url] = told
            print(*waiting, sep="", end="")
            waiting = ()
            if before and told["state"] not in (before["state"], watching.PRESENT):
                waiting = (
                    show(f"{told['state']:12} {url}: {watching.answer(told)}") + "\n",
                    f"{'':12} {between(before['time'], told['time'])}\n",
                )
    print(*waiting, sep="", end="")
    if not last:
        print("Nothing has been asked yet: sousveil watch run")


@command.command(short_help="Have it run by itself.", context_settings=HELP_OPTIONS)
@CASE
@click.option("--minutes", type=click.IntRange(5, 1440), default=30, help="How often (default every 30 minutes).")
@PRIVATE
@PROXY
@click.option("--write", is_flag=True, help="Write the systemd units for this user; without it they are only shown.")
def install(folder: Path, minutes: int, private: tuple[str, ...], proxy: str, write: bool) -> None:
    """Show what makes watching run by itself: systemd units and a cron line. --write puts the units in place.

    \b
    Example:
      sousveil watch install --case camera-case
    """
    from sousveil.evidence import watching
    from sousveil.evidence.case import Case

    Case.open(folder)
    program = shutil.which("sousveil") or f"{sys.executable} -m sousveil"
    way(private, proxy)
    options = [word for network in private for word in ("--allow-private", network)]
    options += ["--proxy", proxy] if proxy else []
    units = watching.units(folder.resolve(), program, minutes, options)
    place = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    for name, text in units.items():
        print(f"# {place / name if name != 'crontab' else 'or, as a line of crontab -e'}\n{text}")
    if not write:
        print("Nothing was written. To put the units in place: the same with --write.")
        return
    place.mkdir(parents=True, exist_ok=True)
    for name, text in units.items():
        if name != "crontab":
            (place / name).write_text(text, encoding="utf-8")
    print("Written. Start it with: systemctl --user enable --now sousveil-watch.timer")
