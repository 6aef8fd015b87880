"""More commands of `yilao`: the audit, and a form for a city of your own."""

from __future__ import annotations

from pathlib import Path

import click

from .completion import complete_city
from .terminal import data_option, echo_table, json_option, texts


@click.command(short_help="Recompute what the plans print.")
@click.argument("city", required=False, shell_complete=complete_city)
@data_option
@click.option("--lang", default="zh", show_default=True, metavar="zh|en", help="Language of the table.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@json_option
def audit(city: str | None, data: str | None, lang: str, as_csv: bool, as_json: bool) -> None:
    """Recompute the printed figures of a city's plan, or of all plans, worst verdicts first.

    The wording is neutral: a plan may be a draft, and a text may have lost characters.

    \b
    Examples:
      yilao audit 景德镇市
      yilao audit --lang en --csv > audit.csv
    """
    from ..auditing.verdicts import audit_table
    from .display import no_formulas

    table = audit_table(city, lang=lang, root=data)
    if as_json:
        click.echo(table.to_json(orient="records", force_ascii=False, indent=1))
    elif as_csv:
        click.echo(no_formulas(table).to_csv(index=False), nl=False)
    else:
        columns = ["verdict", "statement", "published", "recomputed", "unit"]
        shown = table.assign(recomputed=table["recomputed"].map(lambda x: f"{x:,.6g}", na_action="ignore"))
        echo_table(columns, texts(shown, columns))
        counts = ", ".join(f"{name} {count}" for name, count in table["verdict"].value_counts().items())
        click.echo(f"{len(table)}: {counts}")


@click.command(short_help="Write a form for a city of your own.")
@click.argument("name")
@click.option("--name", "name_zh", metavar="某某市", help="Chinese name of the place.")
@click.option(
    "--parent", metavar="P", help="Province that it belongs to: slug, name or adcode.", shell_complete=complete_city
)
@click.option("--overwrite", is_flag=True, help="Replace a form that is there already.")
def new(name: str, name_zh: str | None, parent: str | None, overwrite: bool) -> None:
    """Write the Excel form NAME.xlsx: fill it in, `yilao check` it, `yilao report NAME --data NAME.xlsx`.

    \b
    Examples:
      yilao new mycity --name 某某市 --parent 江西
    """
    from ..tables.workbook import new_workbook

    path = name if name.endswith(".xlsx") else f"{name}.xlsx"
    click.echo(new_workbook(path, Path(path).stem, name=name_zh, parent=parent, overwrite=overwrite))
