"""``sousveil completion``: what a shell needs to complete our words."""

from __future__ import annotations

import click

from sousveil.cli.app import HELP_OPTIONS


@click.command(short_help="Print what makes a shell complete commands and options.", context_settings=HELP_OPTIONS)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print what makes a shell complete sousveil's commands and options.

    \b
    Examples:
      eval "$(sousveil completion bash)"            in ~/.bashrc
      eval "$(sousveil completion zsh)"             in ~/.zshrc
      sousveil completion fish | source             in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from sousveil.cli.app import app

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(app, {}, "sousveil", "_SOUSVEIL_COMPLETE").source())
