"""What the commands share: options, and tables as text in columns that Chinese does not shift."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import click

data_option = click.option(
    "--data",
    metavar="DIR|FILE.xlsx",
    help="Your own tables (folder or workbook); their rows are laid over the library's.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def texts(frame, columns: list[str]) -> list[list[str]]:
    return frame[columns].astype("object").where(frame[columns].notna(), "").astype(str).to_numpy().tolist()


def echo_table(head: Sequence[str], rows: list[list[str]]) -> None:
    """Print columns that line up although Chinese characters are two columns wide."""
    widths = [max(_width(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
