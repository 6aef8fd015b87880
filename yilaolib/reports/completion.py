"""Tab completion in the shell: the script that switches it on, and the cities that it offers."""

from __future__ import annotations

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem, get_completion_class

from ..errors import YilaoError

SHELLS = ("bash", "fish", "zsh")


def complete_city(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the places whose slug, adcode or name begins so; the name is offered in the script that was begun.

    Tables of the user's own (`--data`, when it was typed before) count too. A broken table offers nothing: an error
    in the middle of a half-typed line would only be in the way.

    Examples
    --------
    >>> [item.value for item in complete_city(click.Context(click.Command("report")), None, "景")]
    ['景德镇市']
    """
    from ..tables.areas import load_table

    try:
        areas = load_table("areas", root=ctx.params.get("data"))
    except (YilaoError, OSError):
        return []
    wanted = incomplete.casefold()
    for column in ("area", "adcode", "name_zh", "name_en"):
        rows = areas[areas[column].fillna("").str.casefold().str.startswith(wanted)]
        if len(rows):
            others = rows["name_en"] if column == "name_zh" else rows["name_zh"]
            return [CompletionItem(name, help=other) for name, other in zip(rows[column], others, strict=True)]
    return []


def complete_words(*words: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Return a completion that offers the words that begin so; what is allowed is judged where it is used."""
    return lambda ctx, param, incomplete: [CompletionItem(word) for word in words if word.startswith(incomplete)]


@click.command(short_help="Print the script that completes commands and cities with Tab.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete commands, options and cities (by slug, name or adcode).

    \b
    Examples:
      eval "$(yilao completion bash)"     # in ~/.bashrc
      eval "$(yilao completion zsh)"      # in ~/.zshrc, after compinit
      yilao completion fish | source      # in ~/.config/fish/config.fish
    """
    script = get_completion_class(shell)
    assert script is not None  # click knows all three
    click.echo(script(ctx.find_root().command, {}, "yilao", "_YILAO_COMPLETE").source())
