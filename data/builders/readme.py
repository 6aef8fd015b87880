"""Write data/README.md, and the methods in docs/README.md, from the tables: `python data/builders/readme.py`.

With --check nothing is written; the exit code is 1 when a page is not what the tables say.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from yilaolib import cite, load_table
from yilaolib.tables.areas import data_version
from yilaolib.tables.schema import package, schema_of

README = Path(__file__).parents[1] / "README.md"
INDEX = Path(__file__).parents[2] / "docs" / "README.md"
START = """\
# The data

{title}. {description}

Data version {version}; made from `datapackage.json` (Frictionless Data Package 2) by
`python data/builders/readme.py`: change the schema or the tables, not this page. `yilao check` holds the tables to the
schema and to the rules of `yilaolib/auditing/checks.py`.

Files are UTF-8 text, comma-separated, sorted by key. Our compilation is {licences}; figures that public documents print
are facts, and each names its document.

| table | one row is | rows | documents |
|---|---|---:|---:|
{overview}
"""

WIDE = """\
The columns below are those of `load_table` and of a table of your own. The file itself has no `age`, `n`, `persons` and
`basis`, but a column for each group (`0`, `1-4` ... `85+`), as `datapackage.json` says; your own may lie so, too.
"""


def page() -> str:
    """Return the whole page as Markdown."""
    tables = {resource["name"]: load_table(resource["name"]) for resource in package()["resources"]}
    overview = [
        f"| [`{resource['name']}`](#{resource['name']}) | {resource['title'][0].lower() + resource['title'][1:]} "
        f"| {len(tables[resource['name']]):,} | {len(documents(tables[resource['name']])) or ''} |"
        for resource in package()["resources"]
    ]
    head = START.format(
        title=package()["title"],
        description=package()["description"],
        version=data_version(),
        licences=licences(package()),
        overview="\n".join(overview),
    )
    sections = [section(resource, tables[resource["name"]]) for resource in package()["resources"]]
    sections += ["# Tables that only users have\n\nIn a folder or workbook of your own; we hold no rows of them.\n"]
    sections += [section(table, load_table(table["name"])) for table in package()["userTables"]]
    cited = cite(tables["sources"]["source"])
    lines = [f"- `{row.source}`: {escape(row.citation)}" for row in cited.itertuples()]
    return "\n".join([head, *sections, "## The documents\n", *lines]) + "\n"


def section(resource: dict, table: pd.DataFrame) -> str:
    """Return the part of the page on one table."""
    schema = schema_of(resource["name"])
    links = [
        f"`{link['fields'][0]}` is a row of `{link['reference']['resource'] or resource['name']}`"
        for link in schema.get("foreignKeys", [])
    ]
    used = documents(table) if resource["name"] != "sources" else []
    facts = [
        f"Key: {', '.join(f'`{field}`' for field in schema['primaryKey'])}. {len(table):,} rows.",
        f"{'; '.join(links)}." if links else "",
        f"Documents: {', '.join(f'`{source}`' for source in used)}." if used else "",
        f"Licence: {licences(resource if 'licenses' in resource else package())}.",
    ]
    rows = [
        f"| `{field['name']}` | {field['type']} | {escape(field.get('unit', ''))} | {escape(meaning(field))} |"
        for field in schema["fields"]
    ]
    return "\n".join(
        [
            f"## {resource['name']}\n",
            f"**{resource['title']}.** {resource['description']}\n",
            *([WIDE] if "tidy" in resource else []),
            " ".join(fact for fact in facts if fact) + "\n",
            "| column | type | unit | meaning |\n|---|---|---|---|",
            *rows,
            "",
        ]
    )


def documents(table: pd.DataFrame) -> list[str]:
    """Return the ids of the documents behind a table."""
    return sorted(table["source"].dropna().unique()) if "source" in table else []


def meaning(field: dict) -> str:
    """Return the description of a column with its allowed values and whether it is always filled in."""
    rules = field.get("constraints", {})
    allowed = " One of " + ", ".join(f"`{value}`" for value in rules["enum"]) + "." if "enum" in rules else ""
    return field["description"] + allowed + (" Always filled in." if rules.get("required") else "")


def licences(of: dict) -> str:
    """Return the licences of a table or of the package as links."""
    return " and ".join(f"[{licence['title']}]({licence['path']})" for licence in of["licenses"])


def escape(text: str) -> str:
    """Return text that does not end a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def index() -> str:
    """Return docs/README.md with a row for each method, those of beds first."""
    head = "| page | method | basis |\n|---|---|---|\n"
    before, *tables = INDEX.read_text(encoding="utf-8").split(head)
    for place, (_, methods) in enumerate(load_table("methods").groupby("domain", sort=False)):
        rows = [
            f"| [{row.method}](methods/{row.method}.md) | {row.name_en} | {row.basis} |" for row in methods.itertuples()
        ]
        tables[place] = "\n".join(rows) + "\n\n" + tables[place].split("\n\n", 1)[1]
    return head.join([before, *tables])


if __name__ == "__main__":
    for path, text in ((README, page()), (INDEX, index())):
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path} is not current. Run: python data/builders/readme.py")
