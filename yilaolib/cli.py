"""The `yilao` command. Exit codes: 0 good, 1 a report or a check failed, 2 bad input.

What is heavy to import is imported inside the commands, so that `yilao --help` answers at once.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence

import click

from .demography.projection import SCENARIOS
from .errors import DataError, YilaoError
from .reports import commands
from .reports.completion import complete_city, complete_words, completion
from .reports.doctor import doctor
from .reports.terminal import data_option, echo_table, json_option, texts

LANGS = complete_words("zh", "en")
EXECUTORS = complete_words("processes", "serial", "dask")
EXIT_CODES = "Exit codes: 0 good, 1 a report or a check failed, 2 bad input."


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
    epilog=EXIT_CODES,
)
@click.version_option(package_name="yilaolib")
def main() -> None:
    """Reports on elderly care and childcare (一老一小) in China's cities and counties.

    \b
    Examples:
      yilao areas
      yilao report 景德镇市
      yilao report --all --jobs 2
      yilao audit 岳阳 --lang en
      yilao new mycity --name 某某市 --parent 江西
      yilao check mycity.xlsx
      yilao doctor
      eval "$(yilao completion bash)"
    """


@main.command(short_help="Render the report of each city.")
@click.argument("cities", metavar="[CITY]...", nargs=-1, shell_complete=complete_city)
@click.option("--all", "every", is_flag=True, help="Every prefecture and county that has a plan.")
@click.option(
    "--province",
    metavar="P",
    shell_complete=complete_city,
    help="Every prefecture and county of a province that has a population.",
)
@click.option("--areas", "areas_file", metavar="FILE", help="The areas that a text file names, one a line.")
@data_option
@click.option("--out", default="outputs", show_default=True, metavar="DIR", help="Folder of the reports.")
@click.option(
    "--lang", default="zh", show_default=True, metavar="zh|en", shell_complete=LANGS, help="Language of the reports."
)
@click.option(
    "--scenario",
    metavar="NAME",
    shell_complete=complete_words(*SCENARIOS),
    help="low, medium (default), high, zero-migration, or one of your own table `assumptions`.",
)
@click.option("--end-year", type=int, metavar="YEAR", help="Last year of the projection  [default: 2050].")
@click.option(
    "--format",
    "formats",
    default="html",
    show_default=True,
    metavar="LIST",
    help="html, pdf, docx, xlsx; html is always made.",
)
@click.option("--jobs", type=int, metavar="N", help="Reports at a time  [default: one a core].")
@click.option("--force", is_flag=True, help="Make every report anew, also where nothing has changed.")
@click.option("--timeout", type=float, metavar="SECONDS", help="Longest time for one report  [default: 900].")
@click.option("--memory", type=int, metavar="MB", help="Most memory for one report  [default: 4000].")
@click.option(
    "--executor",
    default="processes",
    show_default=True,
    metavar="NAME",
    shell_complete=EXECUTORS,
    help="processes, serial or dask.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster, such as tcp://10.0.0.1:8786.")
@json_option
def report(
    cities: tuple[str, ...],
    every: bool,
    province: str | None,
    areas_file: str | None,
    data: str | None,
    out: str,
    lang: str,
    scenario: str | None,
    end_year: int | None,
    formats: str,
    jobs: int | None,
    force: bool,
    timeout: float | None,
    memory: int | None,
    executor: str,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Render the report of each CITY: a slug, a Chinese or English name, or an adcode.

    A report lands in OUT/<city>/report.html, with its notebook and its tables beside it; OUT/index.html lists all.
    What has not changed since it was made is kept, so the same command goes on where it was ended.

    \b
    Examples:
      yilao report 景德镇市
      yilao report yingtan 360200 --lang en --scenario low
      yilao report --all --jobs 2 --end-year 2040 --format pdf,xlsx
      yilao report --province 江西
      yilao report --areas counties.txt --executor dask --scheduler tcp://10.0.0.1:8786
      yilao report 我的市 --data my_tables --out my_reports
    """
    if sum(map(bool, (cities, every, province, areas_file))) != 1:
        raise click.UsageError(
            "Name a CITY or more, or give --all, --province or --areas, one of them; `yilao areas` lists them."
        )
    if scheduler and executor != "dask":
        raise click.UsageError("--scheduler goes with --executor dask.")
    from .reports.many import render_reports

    if data:
        _refuse_broken(data)
    asked = {"data": data, "scenario": scenario, "end_year": end_year, "timeout": timeout, "memory_mb": memory}
    manifest = render_reports(
        _chosen_cities(cities, province, areas_file, data),
        jobs=jobs,
        executor=executor,
        scheduler=scheduler,
        force=force,
        out_dir=out,
        lang=lang,
        formats=formats,
        **{name: value for name, value in asked.items() if value is not None},
    )
    done = manifest["status"] == "ok"
    if as_json:
        click.echo(manifest.to_json(orient="records", force_ascii=False, indent=1))
    else:
        for path in manifest.loc[done, "report"]:
            for form in dict.fromkeys(form.strip() for form in formats.split(",")):
                click.echo(f"{out}/{path.removesuffix('.html')}.{form}")
        click.echo(f"{out}/index.html")
    for error in manifest.loc[~done, "error"]:
        click.echo(f"Error: {error}", err=True)
    if not done.all():
        raise SystemExit(1)


@main.command(short_help="Check the tables: the library's, or yours laid over them.")
@click.argument("data", required=False)
@click.option(
    "--lang", default="en", show_default=True, metavar="zh|en", shell_complete=LANGS, help="Language of the sentences."
)
@json_option
def check(data: str | None, lang: str, as_json: bool) -> None:
    """Check the folder or workbook DATA, laid over the library's tables; without DATA, the library's own.

    Exit code 1 when there is an error; warnings are shown only.

    \b
    Examples:
      yilao check
      yilao check my_tables
      yilao check mycity.xlsx --lang zh
    """
    from .tables.checks import check_data

    problems = check_data(data, lang=lang)
    n_errors = int((problems["severity"] == "error").sum())
    if as_json:
        click.echo(problems.to_json(orient="records", force_ascii=False, indent=1))
    elif problems.empty:
        click.echo("No problem found.")
    else:
        place = ["sheet", "cell"] if "cell" in problems else ["table", "row"]
        echo_table(["severity", *place, "problem"], texts(problems, ["severity", *place, "message"]))
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
    from .reports.selection import cities_with_plan
    from .tables.areas import load_table

    table = load_table("areas", root=data)[["area", "adcode", "level", "name_zh", "name_en"]]
    table["plan"] = table["area"].isin(cities_with_plan(data))
    if as_json:
        click.echo(table.to_json(orient="records", force_ascii=False, indent=1))
    else:
        table["plan"] = table["plan"].map({True: "plan", False: ""})
        echo_table(list(table.columns), texts(table, list(table.columns)))


def _chosen_cities(
    cities: tuple[str, ...], province: str | None, areas_file: str | None, data: str | None
) -> Sequence[str] | None:
    """Return the cities that were asked for; None for every one with a plan."""
    from .reports.selection import cities_in_file, cities_of_province

    if province:
        return cities_of_province(province, data)
    return cities_in_file(areas_file) if areas_file else cities or None


def _refuse_broken(data: str) -> None:
    """Raise the first error of a user's tables, so that no report is begun on them."""
    from .tables.checks import check_data

    problems = check_data(data)
    errors = problems.loc[problems["severity"] == "error", "message"].tolist()
    if errors:
        more = f" ({len(errors) - 1} more: yilao check {data})" if len(errors) > 1 else ""
        raise DataError(f"{errors[0]}{more}")


for command in (commands.audit, commands.new, doctor, completion):
    main.add_command(command)
for command in main.commands.values():
    command.epilog = EXIT_CODES
