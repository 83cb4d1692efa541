"""``sousveil acquire``: what stands at an address, kept in a case as it was sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sousveil.cli.app import HELP_OPTIONS

if TYPE_CHECKING:
    from sousveil.acquire.way import Way

PRIVATE = click.option(
    "--allow-private",
    "private",
    multiple=True,
    metavar="NETWORK",
    help="Also talk to this network, such as 127.0.0.0/8; may be given again.",
)

SHOWN = ("text/html", "application/xhtml+xml", "text/plain", "")
"""Types of what is no product to be scanned."""
PROXY = click.option(
    "--proxy",
    default="",
    metavar="ADDRESS",
    help="Send all traffic there, names unresolved: socks5h://127.0.0.1:9050 for Tor, http://HOST:PORT.",
)


@click.command(short_help="Keep what stands at an address, as it was sent.", context_settings=HELP_OPTIONS)
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option("--case", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="The case.")
@click.option("--depth", type=click.IntRange(0, 10), default=0, help="Follow links this deep (default 0: none).")
@click.option("--same-host", is_flag=True, help="Follow links only within the hosts named.")
@click.option("--browser", is_flag=True, help="Also open each URL in Chromium: picture, markup and print are kept.")
@click.option("--user-agent", "agent", default="", help="What to say in the User-Agent header.")
@click.option("--max-bytes", metavar="SIZE", default="4GB", help="Take at most this much of one answer (default 4GB).")
@PRIVATE
@PROXY
def command(
    urls: tuple[str, ...],
    folder: Path,
    depth: int,
    same_host: bool,
    browser: bool,
    agent: str,
    max_bytes: str,
    private: tuple[str, ...],
    proxy: str,
) -> None:
    """Keep what stands at each URL in a case: pages with their parts, documents, downloads, redirects, as sent.

    Requests and answers go byte for byte into a WARC file; a download is kept as a file too. Only public addresses are
    talked to. Nothing acquired is executed.

    \b
    Examples:
      sousveil acquire https://vendor.example/sdk --case camera-case
      sousveil acquire https://vendor.example/sdk.zip --case camera-case

    \b
    Exit code:
      0  every address answered
      1  one did not, and the case says so
      2  it could not do what was asked
    """
    from sousveil.acquire.wire import AGENT
    from sousveil.cli.amounts import size, spoken
    from sousveil.cli.case import opened
    from sousveil.cli.start import Refused
    from sousveil.evidence.capture import How, capture, events
    from sousveil.evidence.chronicle import answered, seen
    from sousveil.report.safe import show

    try:
        most = size(max_bytes)
    except ValueError as error:
        raise Refused(f"--max-bytes: {error}") from None
    case = opened(folder)
    how = How(depth, same_host, agent or AGENT, most, way(private, proxy), browser=browser)
    captured = capture(case, urls, how)
    case.record(
        "acquired",
        {
            "urls": list(urls),
            "answers": list(events(captured)),
            "user-agent": how.agent,
            "as-shown": list(captured.seen),
        },
        list(captured.subjects),
    )
    named = set(urls)
    missed = 0
    told = list(zip(captured.got, events(captured), strict=True))
    for one, said in told:
        if one.url in named or one.problem:
            size_of = "" if one.problem else f"  {spoken(one.size)}"
            print(show(answered(said) + size_of))
        missed += one.url in named and (one.status == 0 or bool(one.truncated))
    for shown in captured.seen:
        print(show(seen(shown)))
        missed += "problem" in shown
    silent = sum(one.status == 0 for one in captured.got)
    answers = len(captured.got) - silent
    beside = sum(one.status != 0 and one.url not in named for one in captured.got)
    parts = f", {beside} of them parts of pages and robots.txt" if beside else ""
    print(
        (f"{answers} answers kept in one WARC file{parts}" if answers else "Nothing answered; the attempt is on record")
        + (f"; {silent} addresses gave no answer." if silent and answers else ".")
    )
    for one in captured.got:
        if one.url in named and one.sha256 and one.type not in SHOWN:
            print(show(f"To scan it: sousveil scan {one.sha256[:16]} --case {folder}"))
    raise SystemExit(1 if missed else 0)


def way(private: tuple[str, ...], proxy: str) -> Way:
    """Return the way to hosts as the user wants it. Raises Refused where a network or a proxy is none."""
    import ipaddress

    from sousveil.acquire.way import Way, proxy_of
    from sousveil.cli.start import Refused

    try:
        allowed = tuple(ipaddress.ip_network(one, strict=False) for one in private)
    except ValueError as error:
        raise Refused(f"--allow-private: {error}") from None
    return Way(allowed, proxy_of(proxy) if proxy else "")
