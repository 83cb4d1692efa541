"""The commands and their names. A command's file is imported when it is asked for; what it needs, when it runs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = (
    "scan",
    "demo",
    "rules",
    "terms",
    "formats",
    "inspect",
    "case",
    "acquire",
    "watch",
    "verify",
    "schema",
    "doctor",
    "completion",
)
"""In the order in which a newcomer meets them; each is a module here with a `command`."""
HELP_OPTIONS = {"help_option_names": ["--help", "-h"]}


def text(typed: str) -> str:
    """Return words that are kept or looked for: a path may be any bytes, these may not.

    Raises BadParameter where bytes were no text in the terminal's encoding.
    """
    if any("\ud800" <= c <= "\udfff" for c in typed):
        from sousveil.acquire.wording import shown

        raise click.BadParameter(f"{shown(typed, 80)} holds bytes that are no text; type it in UTF-8.")
    return typed


def paths(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Have the shell complete a product as it completes files."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(typed, type="file")]


class Group(click.Group):
    """Commands of which a mistyped one is answered with the nearest."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            from sousveil.acquire.wording import near, shown

            option = f"--{args[0]}"  # as in other programs' "help" and "version"
            close = [f"sousveil {args[0]}"] if args[0] in COMMANDS else near(args[0], known)
            close = [option] if any(option in p.opts for p in self.get_params(ctx)) else close
            ctx.fail(
                f"there is no command {shown(args[0], 80)}."
                + (f" Did you mean {' or '.join(close)}?" if close else f" There are {', '.join(known)}.")
            )
        return super().resolve_command(ctx, args)


class _Commands(Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"sousveil.cli.{cmd_name}").command
        return command


def _version(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from sousveil import __version__

        click.echo(f"sousveil {__version__}")
        context.exit()


@click.group(
    cls=_Commands,
    context_settings={**HELP_OPTIONS, "max_content_width": 100},
    epilog="First steps: sousveil demo; then sousveil scan FILE, or sousveil scan pypi:deepface==0.0.103",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
def app() -> None:
    """Find code inside products that sorts people by ethnicity, religion or another protected trait, and say why.

    sousveil reads products, never people: no face, voice or name is classified here, and none will be.
    """
