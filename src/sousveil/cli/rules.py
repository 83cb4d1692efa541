"""``sousveil rules``: list, show and test the rules."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sousveil.cli.app import HELP_OPTIONS, Group

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from sousveil.judge.rules import Rule, Sample


def _own_rules(function: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--rules",
        "folders",
        metavar="DIR",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Rules of your own beside the built-in ones. Repeatable.",
    )(function)


def _identifiers(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Have the shell complete a rule's name."""
    from click.shell_completion import CompletionItem

    from sousveil.judge.rules import load_rules

    return [CompletionItem(r.id) for r in load_rules() if r.id.startswith(typed)]


@click.group(
    cls=Group, short_help="List, show or test the rules.", invoke_without_command=True, context_settings=HELP_OPTIONS
)
@_own_rules
@click.pass_context
def command(context: click.Context, folders: tuple[Path, ...]) -> None:
    """List the rules, show one, or run each on its own example and near-miss.

    \b
    Examples:
      sousveil rules
      sousveil rules show race-labels
      sousveil rules test
      sousveil rules test my-rules/
    """
    if context.invoked_subcommand is None:
        _list(folders)
    elif folders:
        raise click.UsageError(f"--rules stands after {context.invoked_subcommand}")


@command.command("list", short_help="List every rule.", context_settings=HELP_OPTIONS)
@_own_rules
def list_rules(folders: tuple[Path, ...]) -> None:
    """List every rule: its name, what it says a construct does, and its sentence.

    \b
    Examples:
      sousveil rules list
      sousveil rules list --rules my-rules/
    """
    _list(folders)


@command.command(short_help="Show one rule in full.", context_settings=HELP_OPTIONS)
@click.argument("rule", metavar="ID", shell_complete=_identifiers)
@_own_rules
def show(rule: str, folders: tuple[Path, ...]) -> None:
    """Show a rule: what it finds, why, an example, a near-miss, what it cannot tell, and where its facts are from.

    ID is the rule's name, as `sousveil rules` lists it.

    \b
    Example:
      sousveil rules show race-labels
    """
    from sousveil.acquire.wording import near
    from sousveil.cli.start import Refused
    from sousveil.judge.rules import load_rules

    known = {r.id: r for r in load_rules(folders)}
    if rule not in known:
        close = near(rule, sorted(known))
        raise Refused(
            f"there is no rule {rule!r}. " + (f"Near: {', '.join(close)}. " if close else "") + "See: sousveil rules"
        )
    print(_page(known[rule]))


@command.command(short_help="Run each rule on its own example and near-miss.", context_settings=HELP_OPTIONS)
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
def test(folder: Path | None) -> None:
    """Run each rule on its own example, which it must find, and its own near-miss, which it must not.

    With DIR only the rules there are tested, beside the built-in ones. Exits with 1 if one comes out otherwise, and
    says what was seen instead.

    \b
    Examples:
      sousveil rules test
      sousveil rules test my-rules/
    """
    from sousveil.cli.ruletest import problems
    from sousveil.cli.start import FOUND

    tested, wrong = problems(folder)
    for line in wrong:
        print(line)
    amount = f"{len(wrong) or 'no'} problem{'s' * (len(wrong) != 1)}"
    print(f"{tested} rules, each on its example and its near-miss: {amount}")
    raise SystemExit(FOUND if wrong else 0)


def _list(folders: tuple[Path, ...]) -> None:
    from sousveil.judge.rules import load_rules

    print(_table(load_rules(folders)))


def _table(rules: tuple[Rule, ...]) -> str:
    from sousveil.model import Act

    wide = max(len(r.id) for r in rules)
    lines: list[str] = []
    for act in Act:
        if all(r.file.act is not act for r in rules):
            continue
        lines += ["", str(act)]
        for r in rules:
            if r.file.act is act:
                lines += textwrap.wrap(
                    r.file.what,
                    width=max(80, wide + 40),
                    initial_indent=f"  {r.id:<{wide}}  ",
                    subsequent_indent=" " * (wide + 4),
                )
    return "\n".join(lines[1:])


def _page(rule: Rule) -> str:
    file = rule.file
    facts = [f"act      {file.act}", f"traits   {', '.join(file.traits)}"]
    if file.basis:
        facts.append(f"basis    {file.basis}")
    if file.strength:
        facts.append(f"alone    probability {file.strength:.2f}")
    if file.lowers < 1:
        facts.append(f"lowers   the odds that the construct profiles people, to {file.lowers:g} of what they were")
    facts.append(f"source   {rule.source}")
    parts = [
        file.id + "\n" + "\n".join(f"  {fact}" for fact in facts),
        _titled("What", file.what),
        _titled("Why", file.why),
        "Example (it must be found)\n" + _sample(file.example),
        "Near-miss (it must not be found)\n" + _sample(file.near_miss),
        _titled("Limits", file.limits),
    ]
    if file.not_proved:
        parts.append("What a finding does not prove\n" + "\n".join(_item(t) for t in file.not_proved))
    if file.references:
        parts.append("References\n" + "\n".join(_item(t) for t in file.references))
    return "\n\n".join(parts)


def _titled(title: str, text: str) -> str:
    return f"{title}\n" + textwrap.fill(text, 80, initial_indent="  ", subsequent_indent="  ")


def _item(text: str) -> str:
    return textwrap.fill(text, 80, initial_indent="  - ", subsequent_indent="    ")


def _sample(sample: Sample) -> str:
    why = [textwrap.fill(sample.why, 80, initial_indent="  ", subsequent_indent="  ")] if sample.why else []
    return "\n".join([*why, f"  {sample.file}", textwrap.indent(sample.text.rstrip("\n"), "  | ", lambda _: True)])
