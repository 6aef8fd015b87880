"""The `yilao` command. Exit codes: 0 good, 1 a report or a check failed, 2 bad input.

What is heavy to import is imported inside the commands, so that `yilao --help` answers at once.
"""

from __future__ import annotations

import errno
import unicodedata
from collections.abc import Sequence

import click

from .errors import DataError, YilaoError

data_option = click.option(
    "--data", metavar="DIR", help="Folder with your own tables; their rows are laid over the library's."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


class _Sentences(click.Group):
    """Ends with a sentence and an exit code where a library function raised an error of ours."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except YilaoError as error:
            message, code = str(error), 2 if isinstance(error, DataError) else 1
        except OSError as error:
            if error.errno == errno.EPIPE:  # `yilao areas | head` is no failure of ours
                raise
            message, code = f"{error.strerror or error}: {error.filename or 'a file'} cannot be used.", 1
        click.echo(f"Error: {message}", err=True)
        ctx.exit(code)


@click.group(
    cls=_Sentences,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 good, 1 a report or a check failed, 2 bad input.",
)
@click.version_option(package_name="yilaolib")
def main() -> None:
    """Reports on elderly care and childcare (一老一小) in China's cities and counties.

    \b
    Examples:
      yilao areas
      yilao report 景德镇市
      yilao report --all --jobs 2
      yilao check my_tables
    """


@main.command(short_help="Render the report of each city.")
@click.argument("cities", metavar="[CITY]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every prefecture and county that has a plan.")
@data_option
@click.option("--out", default="outputs", show_default=True, metavar="DIR", help="Folder of the reports.")
@click.option("--lang", default="zh", show_default=True, metavar="zh|en", help="Language of the reports.")
@click.option("--scenario", metavar="NAME", help="low, medium (default), high or zero-migration.")
@click.option("--end-year", type=int, metavar="YEAR", help="Last year of the projection  [default: 2050].")
@click.option("--format", "formats", default="html", show_default=True, metavar="html", help="Kinds of file.")
@click.option("--jobs", type=int, metavar="N", help="Reports at a time  [default: one a core].")
@json_option
def report(
    cities: tuple[str, ...],
    every: bool,
    data: str | None,
    out: str,
    lang: str,
    scenario: str | None,
    end_year: int | None,
    formats: str,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Render the report of each CITY: a slug, a Chinese or English name, or an adcode.

    A report lands in OUT/<city>/report.html, with its notebook and its tables beside it; OUT/index.html lists all.

    \b
    Examples:
      yilao report 景德镇市
      yilao report yingtan 360200 --lang en --scenario low
      yilao report --all --jobs 2 --end-year 2040
      yilao report 我的市 --data my_tables --out my_reports
    """
    if every == bool(cities):
        raise click.UsageError("Name a CITY or more, or give --all; `yilao areas` lists them.")
    from .batch import render_reports

    if data:
        _refuse_broken(data)
    asked = {"data": data, "scenario": scenario, "end_year": end_year}
    manifest = render_reports(
        None if every else cities,
        jobs=jobs,
        out_dir=out,
        lang=lang,
        formats=tuple(form.strip() for form in formats.split(",")),
        **{name: value for name, value in asked.items() if value is not None},
    )
    done = manifest["status"] == "ok"
    if as_json:
        click.echo(manifest.to_json(orient="records", force_ascii=False, indent=1))
    else:
        for path in manifest.loc[done, "report"]:
            click.echo(f"{out}/{path}")
        click.echo(f"{out}/index.html")
    for error in manifest.loc[~done, "error"]:
        click.echo(f"Error: {error}", err=True)
    if not done.all():
        raise SystemExit(1)


@main.command(short_help="Check the tables: the library's, or yours laid over them.")
@click.argument("data", required=False)
@json_option
def check(data: str | None, as_json: bool) -> None:
    """Check the tables in the folder DATA, laid over the library's; without DATA, the library's own.

    Exit code 1 when there is an error; warnings are shown only.

    \b
    Examples:
      yilao check
      yilao check my_tables
    """
    from .checks import check_data

    problems = check_data(data)
    n_errors = int((problems["severity"] == "error").sum())
    if as_json:
        click.echo(problems.to_json(orient="records", force_ascii=False, indent=1))
    elif problems.empty:
        click.echo("No problem found.")
    else:
        _echo_table(["severity", "table", "row", "problem"], _texts(problems, ["severity", "table", "row", "message"]))
        click.echo(f"{n_errors} errors, {len(problems) - n_errors} warnings.")
    if n_errors:
        raise SystemExit(1)


@main.command(short_help="List the areas, and which have a plan.")
@data_option
@json_option
def areas(data: str | None, as_json: bool) -> None:
    """List the areas, and which of them have a plan to report on.

    \b
    Examples:
      yilao areas
      yilao areas --json
    """
    from .batch import cities_with_plan
    from .data import load_table

    table = load_table("areas", root=data)[["area", "adcode", "level", "name_zh", "name_en"]]
    table["plan"] = table["area"].isin(cities_with_plan(data))
    if as_json:
        click.echo(table.to_json(orient="records", force_ascii=False, indent=1))
    else:
        table["plan"] = table["plan"].map({True: "plan", False: ""})
        _echo_table(list(table.columns), _texts(table, list(table.columns)))


def _refuse_broken(data: str) -> None:
    """Raise the first error of a user's tables, so that no report is begun on them."""
    from .checks import check_data

    problems = check_data(data)
    errors = problems.loc[problems["severity"] == "error", "message"].tolist()
    if errors:
        more = f" ({len(errors) - 1} more: yilao check {data})" if len(errors) > 1 else ""
        raise DataError(f"{errors[0]}{more}")


def _texts(frame, columns: list[str]) -> list[list[str]]:
    return frame[columns].astype("object").where(frame[columns].notna(), "").astype(str).to_numpy().tolist()


def _echo_table(head: Sequence[str], rows: list[list[str]]) -> None:
    """Print columns that line up although Chinese characters are two columns wide."""
    widths = [max(_width(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
