"""What a user typed, row by row, as the text that the tables hold: numbers, codes and names are understood here."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from .books import Grid, Raw
from .cells import NOT_PUBLISHED, Understood, fold, read_date, read_number, read_text, show
from .codes import code_of
from .schema import fields_of, schema_of
from .sentences import Said
from .sheets import Fault, Sheet

PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
ROW_UNITS = ("see unit", "see indicator")
HEADER_WITHIN = 30  # rows from the top in which a header is looked for
OWN_SOURCE = "own-figures"


class Spelling(NamedTuple):
    """How a user may write the ids of other tables: table -> id or plain name -> id; and indicator -> unit."""

    ids: dict[str, dict[str, str]]
    units: dict[str, str]
    own: dict[str, str] = {}  # noqa: RUF012 - a default of a NamedTuple, never changed


def plain_name(text: str) -> str:
    """Return a name without case, width, spaces and punctuation: ＪＩＮＧＤＥＺＨＥＮ is Jing de zhen is jingdezhen."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def sheet_of(name: str, grid: Grid) -> tuple[Sheet, list[Fault]]:
    """Find header and rows of a table in a sheet; rows that begin with # explain and are left out."""
    from openpyxl.utils import get_column_letter as letter

    columns = {column.casefold(): column for column in fields_of(name)}
    columns |= {plain_name(f["title_zh"]): column for column, f in fields_of(name).items() if "title_zh" in f}
    titles = {line: {at: _title(raw, columns) for at, raw in row.items()} for line, row in grid.rows.items()}
    near = [line for line in list(titles)[:HEADER_WITHIN] if _looks_like_header(titles[line], columns)]
    nothing = Sheet(grid.title, [], [], [], {}, 1)
    if not near:
        wanted = ", ".join(fields_of(name))
        said = Said(
            f"there is no row with the names of the columns. They are {wanted}.",
            f"没有找到表头行，列名应为{wanted}。",
        )
        return nothing, [nothing.fault(name, 1, "", "columns-missing", said)]
    top = near[0]
    places = {at: title for at, title in titles[top].items() if title != "#"}
    letters = {title: letter(at) for at, title in reversed(places.items())}
    sheet, faults = Sheet(grid.title, list(places.values()), [], [], letters, top), []
    for line, row in grid.rows.items():
        first = row[min(row)]
        if line <= top or str(first.value).startswith("#"):
            continue
        for at in row.keys() - places.keys():
            if (line, at) != (line, min(titles[top])) or titles[top].get(at) != "#":
                said = Said("stands in a column without a name. Name it in the header.", "所在列没有列名，请补上表头。")
                letters.setdefault(f"?{at}", letter(at))
                faults.append(sheet.fault(name, line, f"?{at}", "columns", said)._replace(field=""))
        if any(at in row and not row[at].merged for at in places):
            sheet.rows.append([row.get(at, Raw("")) for at in places])
            sheet.lines.append(line)
    return sheet, faults


def _title(raw: Raw, columns: dict[str, str]) -> str:
    text = fold(str(raw.value))
    short = re.split(r"[(（\n\s]", text, maxsplit=1)[0]
    return columns.get(short.casefold()) or columns.get(plain_name(short)) or text


def _looks_like_header(titles: dict[int, str], columns: dict[str, str]) -> bool:
    known = [title for title in titles.values() if title in columns.values()]
    return len(known) >= 2 and 2 * len(known) >= len([title for title in titles.values() if title != "#"])


def understand(name: str, sheet: Sheet, spelling: Spelling) -> tuple[Sheet, list[Fault]]:
    """Return a sheet of typed cells as a sheet of plain texts, with what could not be understood."""
    fields, rows, faults = fields_of(name), [], []
    if not set(sheet.header) & set(fields):
        return sheet, []
    for line, cells in zip(sheet.lines, sheet.rows, strict=True):
        typed = [cell if isinstance(cell, Raw) else Raw(cell) for cell in cells]
        row = dict(zip(sheet.header, typed, strict=False))
        texts, found = _row(name, row, fields, spelling)
        if sheet.letters is not None:
            texts = _completed(name, texts, row, spelling)
        key = " ".join(texts.get(part, "") for part in schema_of(name)["primaryKey"])
        for field, rule, said, severity in found:
            said = Said(f"{field} {said.en}", f"{field} {said.zh}")
            if severity == "error" and not fields[field].get("constraints", {}).get("required"):
                said = Said(
                    said.en.removesuffix(".") + ", or leave the cell empty.", said.zh.removesuffix("。") + "，或留空。"
                )
            faults.append(sheet.fault(name, line, field, rule, said, key=key, severity=severity))
        extra = [show(cell.value) for cell in typed[len(sheet.header) :]]
        width = min(len(typed), len(sheet.header))
        rows.append([texts.get(column, "") for column in sheet.header[:width]] + extra)
        if sheet.letters is not None:
            rows[-1] += [texts.get(column, "") for column in fields if column not in sheet.header]
    header = sheet.header
    if sheet.letters is not None:
        header = header + [column for column in fields if column not in header and any(rows)]
    return sheet._replace(rows=rows, header=header), faults


def _row(name: str, row: dict[str, Raw], fields: dict, spelling: Spelling) -> tuple[dict[str, str], list[tuple]]:
    texts, found = {column: show(raw.value) for column, raw in row.items()}, []
    links = {
        link["fields"][0]: link["reference"]["resource"] or name for link in schema_of(name).get("foreignKeys", [])
    }
    order = sorted((column for column in row if column in fields), key=lambda c: fields[c].get("unit") in ROW_UNITS)
    for column in order:  # the unit of a row before its value
        field, raw = fields[column], row[column]
        number = field["type"] in ("integer", "number")
        unit = field.get("unit", "")
        if unit in ROW_UNITS:
            unit = texts.get("unit") or spelling.units.get(texts.get("indicator", ""), "")
        if raw.trouble:
            read = Understood("", raw.trouble)
        elif number and raw.merged and unit != "year":
            said = Said(
                "is merged with the cell above. Unmerge them and type each value.",
                "与上方单元格合并，请取消合并并逐格填写。",
            )
            read = Understood("", said)
        elif number:
            plain = isinstance(raw.value, str) and PLAIN.fullmatch(raw.value)
            whole = field["type"] == "integer"
            read = Understood(raw.value) if plain else read_number(raw.value, unit, percent=raw.percent, whole=whole)
        else:
            read = _word(raw, field, spelling.ids.get(links.get(column, ""), {}))
        if (read.comparator or read.upper) and not read.trouble:
            read = _compared(name, column, read, raw, row, texts)
        if read.trouble:
            found.append((column, "type", read.trouble, "error"))
        elif unit == "pct" and _may_be_a_share(raw, read.text):
            meant = f"{100 * float(read.text):g}%"
            en = f"is {read.text} per cent. If {meant} is meant, write {meant}."
            said = Said(en, f"为{read.text}%。如本意是{meant}，请写{meant}。")
            found.append((column, "share", said, "warning"))
        texts[column] = read.text
    return texts, found


def _may_be_a_share(raw: Raw, text: str) -> bool:
    return isinstance(raw.value, float) and not raw.percent and text != "" and 0 < float(text) < 1


def _word(raw: Raw, field: dict, ids: dict[str, str]) -> Understood:
    """Read a cell of text: a code, the name of a row of another table, a date, or plain words."""
    rules = field.get("constraints", {})
    if rules.get("pattern", "").startswith("[0-9]{4}(-"):
        return read_date(raw.value)
    read = Understood(show(raw.value, percent=raw.percent)) if raw.percent else read_text(raw.value)
    if read.trouble or not read.text:
        return read
    if "enum" in rules:
        said_nothing = fold(read.text) in NOT_PUBLISHED
        return Understood("" if said_nothing else code_of(fold(read.text), rules["enum"]))
    first = read.text.split(maxsplit=1)[0]
    if ids and ids.get(first) == first:  # "elder_beds_total 养老床位数", as the drop-downs show it
        return Understood(first)
    return Understood(ids.get(plain_name(read.text), read.text))


def _compared(name: str, column: str, read: Understood, raw: Raw, row: dict, texts: dict[str, str]) -> Understood:
    """Put ≥ and the upper end of a range where the table has a place for them, else refuse them."""
    if (name, column) != ("observations", "value"):
        said = Said(
            f"is {raw.value!r}; {column} takes one plain number. Write it, and what else is known in note.",
            f"为“{raw.value}”，此列只填一个数字，其余请写在note列。",
        )
        return Understood("", said)
    for field, value in (("comparator", read.comparator), ("value_max", read.upper)):
        typed = show(row[field].value) if field in row else ""
        typed = code_of(fold(typed), [value]) if field == "comparator" else typed
        if value and typed and typed != value:
            said = Said(
                f"is {raw.value!r}, but {field} is {typed!r}. Keep one of the two.",
                f"为“{raw.value}”，而{field}列为“{typed}”，请只保留一处。",
            )
            return Understood("", said)
        if value:
            texts[field] = value
            row[field] = Raw(value)
    return read


def _completed(name: str, texts: dict[str, str], row: dict[str, Raw], spelling: Spelling) -> dict[str, str]:
    """Fill what an empty cell of a workbook can only mean: the one place, the unit of the indicator, the id."""
    texts = {column: texts.get(column, "") for column in fields_of(name)} | texts
    if name in ("margins", "observations", "projects", "population"):
        texts["area"] = texts["area"] or spelling.own.get("areas", "")
    if name not in ("areas", "sources") and "source" in texts:
        texts["source"] = texts["source"] or spelling.own.get("sources", OWN_SOURCE)
    if name == "observations":
        texts["unit"] = texts["unit"] or spelling.units.get(texts["indicator"], "")
        value = row.get("value", Raw(""))
        texts["as_printed"] = texts["as_printed"] or show(value.value, percent=value.percent)
        texts["comparator"] = texts["comparator"] or ("eq" if texts["value"] else "")
        parts = (texts["area"], texts["indicator"], texts["year"] or "any", texts["kind"])
        texts["observation"] = texts["observation"] or ".".join(parts)
    return texts
