"""The `yilao` command. Exit codes: 0 good, 1 a report or a check failed, 2 bad input.

Its words stand under [command] in the catalogues; `--lang zh|en` says which of them, English when it is not given.
What is heavy to import is imported inside the commands, so that `yilao --help` answers at once.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import gc
import importlib
import json
import re
import sys
import types
import unicodedata
from collections.abc import Callable, Sequence
from contextvars import copy_context
from pathlib import Path
from typing import Any

import click

from .errors import DataError, YilaoError, states
from .texts import Catalogue, catalogue

_spoken = {"lang": "en"}  # what `_Group.main` has read


def words() -> Catalogue:
    """Return the words that the commands speak now."""
    return catalogue(_spoken["lang"])


class _Group(click.Group):
    """Speaks the language of `--lang`, and ends with a sentence and an exit code where an error of ours was raised."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        args = sys.argv[1:] if args is None else list(args)
        asked = ["en", *re.findall("^--lang[=\n](.*)", "\n".join(args), re.MULTILINE)]
        try:
            _spoken["lang"] = catalogue(asked[-1]) and asked[-1]
        except (DataError, OSError):  # whoever uses it will refuse it
            _spoken["lang"] = "en"
        for module in (click.core, click.decorators, click.exceptions, click.formatting, click.parser):
            vars(module).update(_=_of_click, ngettext=_of_click)  # its own words, by their English
        _tell_help(self)
        streams: Any = (sys.stdout, sys.stderr)
        for stream in streams:
            stream.reconfigure(errors="backslashreplace")  # a pipe of a Western Windows has no Chinese
        atexit.register(gc.freeze)  # or Python would look for garbage as it ends, for up to a tenth of a second
        return super().main(args, *rest, **options)

    def invoke(self, ctx: click.Context) -> object:
        try:
            alone = copy_context()
            alone.run(states.set, {})  # a command looks once at the state of the tables
            return alone.run(super().invoke, ctx)
        except YilaoError as error:
            message, code = words().told(error), 2 if isinstance(error, DataError) else 1
        except click.UsageError as error:  # click speaks English
            told = vars(error) | {"said": error.format_message(), "kind": type(error).__name__}
            message, code = words().say("command.usage", **told), 2
        except OSError as error:
            if error.errno == errno.EPIPE:  # `yilao areas | head` is no failure of ours
                raise
            file = error.filename or words().word("command.a_file")
            message, code = words().say("command.unusable", reason=words().told(error), file=file), 1
        click.echo(words().say("command.error", message=message), err=True)
        ctx.exit(code)


class _Later(types.ModuleType):
    """A module that is imported when something of it is first asked for, by one thread."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        vars(self).update(vars(real := importlib.import_module(self.__name__)))
        return getattr(real, name)


def _of_click(text: str, plural: str = "", n: int = 1) -> str:
    text = text if n == 1 else plural
    return words().entries["command"]["click"].get(text, text)


def _tell_help(group: click.Group) -> None:
    said = words().entries["command"]
    for command, entry in [(group, said), *((each, said[name]) for name, each in group.commands.items())]:
        examples = "".join(f"\n  {example}" for example in entry["examples"])
        command.help = f"{entry['help']}\n\n\b\n{said['examples_are']}{examples}"
        command.short_help = entry.get("short")
        command.epilog = said["exit_codes"]
        for option in command.params:
            if isinstance(option, click.Option):
                option.help = said["options"][option.name]


def complete_area(ctx: click.Context, param: click.Parameter, incomplete: str) -> list:
    """Return areas that a slug, name or code begins; each offer finds one (鼓楼区,南京市); broken tables offer none."""
    from click.shell_completion import CompletionItem

    with contextlib.suppress(YilaoError, OSError):
        offers = _names(ctx.params.get("data")).complete(incomplete)
        return [CompletionItem(name, help=where) for name, where in offers]
    return []


def _names(data: str | None) -> Any:
    from .tables.finding import our_names

    if not data:
        return our_names()
    from .tables.folders import as_root, names_of, stamp

    return names_of(as_root(data), stamp(data))


def _language(default: str | None) -> Callable:
    return click.option("--lang", default=default, show_default=True, metavar="zh|en|FILE.toml")


_speak = click.option("--lang", expose_value=False, metavar="zh|en|FILE.toml")  # `_Group.main` has read it
_data = click.option("--data", metavar="DIR|FILE.xlsx")
_json = click.option("--json", "as_json", is_flag=True)
AS_JSON: Any = {"orient": "records", "force_ascii": False, "indent": 1}
_province = click.option("--province", metavar="P", shell_complete=complete_area)
_level = click.option("--level", metavar="county|prefecture")


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@_language(None)
@click.version_option(package_name="yilaolib")
@click.pass_context
def main(ctx: click.Context, lang: str | None) -> None:
    if lang:  # before the command is as good as after it
        ctx.default_map = {name: {"lang": lang} for name in main.commands}


@main.command()
@click.argument("cities", metavar="[CITY]...", nargs=-1, shell_complete=complete_area)
@click.option("--all", "every", is_flag=True)
@_province
@_level
@click.option("--areas", "areas_file", metavar="FILE")
@_data
@click.option("--out", default="outputs", show_default=True, metavar="DIR")
@_language("zh")
@click.option("--scenario", metavar="NAME")
@click.option("--end-year", type=int, metavar="YEAR")
@click.option("--norm", type=float, metavar="BEDS")
@click.option("--place-norm", type=float, metavar="PLACES")
@click.option("--target-year", type=int, metavar="YEAR")
@click.option("--format", "formats", default="html", show_default=True, metavar="LIST")
@click.option("--brief", is_flag=True)
@click.option("--jobs", type=int, metavar="N")
@click.option("--force", is_flag=True)
@click.option("--timeout", type=float, metavar="SECONDS")
@click.option("--memory", "memory_mb", type=int, metavar="MB")
@click.option("--executor", default="processes", show_default=True, metavar="NAME")
@click.option("--scheduler", metavar="ADDRESS")
@_json
def report(
    cities: tuple[str, ...], every: bool, province: str | None, level: str | None, areas_file: str | None, out: str,
    formats: str, as_json: bool, **asked: Any,
) -> None:  # fmt: skip
    if sum(map(bool, (cities, every, province or level, areas_file))) != 1:
        raise click.UsageError(words().word("command.name_one"))
    if asked["scheduler"] and asked["executor"] != "dask":
        raise click.UsageError(words().word("command.with_dask"))
    if sys.platform == "linux" and "pandas" not in sys.modules:  # where the forkserver can begin while it is imported
        sys.modules["pandas"] = _Later("pandas")
    from .reports import many

    data = asked["data"]
    _refuse_broken(data)
    if province or level:
        chosen = many.areas_within(province, level, data)
    else:
        chosen = many.areas_in_file(areas_file) if areas_file else cities or None
    asked = {name: value for name, value in asked.items() if value is not None}
    try:
        rows = many.make_reports(chosen, out_dir=out, formats=formats, **asked)
    except KeyboardInterrupt as ended:
        click.echo(words().told(ended), err=True, nl=bool(str(ended)))  # nothing was begun yet
        raise SystemExit(130) from None
    good = [row["report"] for row in rows if row["status"] == "ok"]
    failed = [row["error"] for row in rows if row["status"] != "ok"]
    if as_json:
        told = [{name: row.get(name) for name in many.COLUMNS} for row in rows]
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for path in good:
            for form in dict.fromkeys(form.strip() for form in formats.split(",")):
                click.echo(f"{out}/{path.removesuffix('.html')}.{form}")
                if asked["brief"]:
                    click.echo(f"{out}/{path.removesuffix('.html').replace('/report', '/brief')}.{form}")
        click.echo(f"{out}/index.html")
    for error in failed:
        click.echo(words().say("command.error", message=error), err=True)
    raise SystemExit(1 if failed else 0)


def _refuse_broken(data: str | None) -> None:
    """Raise the first error of a user's tables, so that no report is begun on them."""
    if not data:
        return
    from .auditing.checks import check_data

    problems = check_data(data, lang=_spoken["lang"])
    errors = problems.loc[problems["severity"] == "error", "message"].tolist()
    if len(errors) > 1:
        raise DataError(words().say("command.more", message=errors[0], count=len(errors) - 1, data=data))
    if errors:
        raise DataError(errors[0])
    for message in problems["message"].head(5):
        click.echo(words().say("command.warning", message=message), err=True)


@main.command()
@click.argument("cities", metavar="[CITY]...", nargs=-1, shell_complete=complete_area)
@_province
@_level
@_data
@click.option("--out", "table_file", default="areas.csv", show_default=True, metavar="FILE")
@_language("en")
@click.option("--scenario", default="medium", metavar="NAME")
@click.option("--end-year", type=int, metavar="YEAR")
def table(
    cities: tuple[str, ...], province: str | None, level: str | None, data: str | None, table_file: str, lang: str,
    **asked: Any,
) -> None:  # fmt: skip
    from .reports import many
    from .tables.areas import find_area

    if bool(cities) == bool(province or level):
        raise click.UsageError(words().word("command.name_some"))
    _refuse_broken(data)
    chosen = [find_area(city, data)["area"] for city in cities] or many.areas_within(province, level, data)
    asked = {name: value for name, value in asked.items() if value is not None}
    many.write_table(Path(table_file), chosen, root=data, **asked)
    click.echo(table_file)
    click.echo(words().word("command.no_sum"), err=True)


@main.command()
@click.argument("cities", metavar="AREA...", nargs=-1, required=True, shell_complete=complete_area)
@_data
@click.option("--out", default="outputs", show_default=True, metavar="DIR")
@_language("zh")
def whatif(cities: tuple[str, ...], data: str | None, out: str, lang: str) -> None:
    from .reports.whatif import whatif as write_page

    _refuse_broken(data)
    for city in cities:
        click.echo(write_page(city, out=out, lang=lang, root=data))


@main.command()
@click.argument("data", required=False)
@_language("en")
@_json
def check(data: str | None, lang: str, as_json: bool) -> None:
    from .auditing.checks import check_data

    problems = check_data(data, lang=lang)
    n_errors = int((problems["severity"] == "error").sum())
    if as_json:
        click.echo(problems.to_json(**AS_JSON))
    elif problems.empty:
        click.echo(words().word("command.no_problem"))
    else:
        where = ["sheet", "cell"] if "cell" in problems else ["table", "row"]
        shown = problems.assign(severity=problems["severity"].map(words().find("command.severities")))
        _echo_table(shown[["severity", *where, "message"]], words())
        click.echo(words().say("command.problems", errors=n_errors, warnings=len(problems) - n_errors))
    raise SystemExit(1 if n_errors else 0)


@main.command()
@click.argument("query", required=False)
@_data
@_speak
@_json
def areas(query: str | None, data: str | None, as_json: bool) -> None:
    from .tables.finding import our_plans

    names, planned = _names(data), our_plans()
    if data:
        from .reports.many import areas_with_plan

        planned |= set(areas_with_plan(data))
    found = list(names.rows) if query is None else names.find(query)
    if not found:
        from .tables.areas import find_area

        find_area(query, data)  # says which it may be
    columns = ["area", "adcode", "level", "name_zh", "name_en"] + ["path_zh"] * (query is not None)
    rows = [{name: row[name] for name in columns} | {"plan": row["area"] in planned} for row in names.choices(found)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    shown = [row | {"plan": words().word("command.plan") if row["plan"] else ""} for row in rows]
    _echo_rows([*columns, "plan"], [[*row.values()] for row in shown if query or row["plan"]], words())
    if query is None:
        click.echo(words().say("command.all_areas", areas=len(rows)))


@main.command()
@click.argument("city", required=False, shell_complete=complete_area)
@_data
@_language("zh")
@click.option("--csv", "as_csv", is_flag=True)
@_json
def audit(city: str | None, data: str | None, lang: str, as_csv: bool, as_json: bool) -> None:
    from .auditing.verdicts import audit_table, feasibility
    from .tables.areas import find_area
    from .tables.schema import escaped

    said = catalogue(lang)
    judged, beside = audit_table(city, lang=lang, root=data), feasibility(city, lang=lang, root=data)
    columns = ["claim", "statement", "as_printed", "published", "beside", "unit", "percent", "explanation"]
    beside = beside.assign(statement=said.named(beside, "statement"))[columns]
    if as_json:
        click.echo(f'{{"audit": {judged.to_json(**AS_JSON)},\n "feasibility": {beside.to_json(**AS_JSON)}}}')
    elif as_csv:
        click.echo(judged.map(escaped).to_csv(index=False), nl=False)
    elif judged.empty and beside.empty:
        click.echo(said.say("command.no_claims", area=city and find_area(city, root=data)))
    else:
        _echo_table(judged[["verdict", "statement", "as_printed", "recomputed"]], said)
        counts = said.listed(f"{name} {count}" for name, count in judged["verdict"].value_counts().items())
        click.echo(f"{len(judged)}: {counts}\n\n{said.word('table.feasibility.caption')}")
        _echo_table(beside[["statement", "as_printed", "beside", "percent"]].round({"percent": 0}), said)


@main.command()
@click.argument("name")
@click.option("--name", "name_zh", metavar="NAME")
@click.option("--parent", metavar="P", shell_complete=complete_area)
@click.option("--census", multiple=True, metavar="FILE")
@click.option("--area", metavar="NAME")
@click.option("--year", type=int, metavar="YEAR")
@click.option("--sheet", metavar="NAME")
@click.option("--overwrite", is_flag=True)
@_speak
def new(
    name: str, name_zh: str | None, parent: str | None, census: tuple[str, ...], overwrite: bool, **of: Any
) -> None:
    from .tables.areas import find_area
    from .tables.census import read_census
    from .tables.workbook import new_workbook

    path, people = name if name.endswith(".xlsx") else f"{name}.xlsx", [read_census(file, **of) for file in census]
    made = new_workbook(path, Path(path).stem, name=name_zh, parent=parent, census=people, overwrite=overwrite)
    known = ""
    with contextlib.suppress(DataError):
        known = words().say("command.known_area", area=find_area(Path(path).stem))
    click.echo(made, nl=not known)
    click.echo(known and f": {known}", nl=bool(known), err=True)
    for read in people:
        click.echo(words().say("census.understood", **read.attrs["understood"]), err=True)


@main.command()
@_speak
def doctor() -> None:
    import tempfile
    from importlib import metadata

    from .reports import one, runner
    from .tables.areas import data_version

    library, python = metadata.version("yilaolib"), sys.version.split()[0]
    click.echo(words().say("command.versions", library=library, data=data_version(), python=python))
    for wanted in metadata.requires("yilaolib") or ():
        if "extra ==" not in wanted:
            name = re.split(r"[^\w.-]", wanted)[0]
            click.echo(f"{name} {metadata.version(name)}")
    runner.begin(one.PRELOAD)
    runner.import_papermill()
    import nbformat

    cell = nbformat.v4.new_code_cell("import yilaolib as yl\nyl.find_area('360200')['area']")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), source)
        try:
            shown = str(runner.run_notebook(source, Path(folder) / "out.ipynb", {}, timeout=120).cells[-1].outputs)
        except Exception as error:
            shown = " ".join(one.as_traceback(error).splitlines()[-1:])
    good = "jingdezhen" in shown
    click.echo(words().say("command.notebook_ran" if good else "command.notebook_failed", reason=shown))
    raise SystemExit(0 if good else 1)


def _echo_table(frame: Any, said: Catalogue) -> None:
    _echo_rows(list(frame), frame.astype("object").where(frame.notna(), "").to_numpy().tolist(), said)


def _echo_rows(columns: list[str], cells: list[list], said: Catalogue) -> None:
    heads = [said.word(f"command.heads.{column}") for column in columns]
    rows = [heads, *(["" if cell is None else _shown(cell) for cell in row] for row in cells)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:.6g}"
    return str(cell)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
