"""The text of one table against its schema: which cells fit, which do not, and the typed frame.

`data` finds and joins tables, `checks` judges them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import pandas as pd

from .schema import DTYPES, empty_table, fields_of, key_of, schema_of
from .sentences import Said, near_miss
from .sheets import Fault, Sheet

INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def parse(
    name: str, sheet: Sheet, *, strict: bool = False, known: Iterable[Fault] = ()
) -> tuple[pd.DataFrame, list[Fault]]:
    """Give a sheet the types of its schema, and list what does not fit.

    Parameters
    ----------
    name : str
        The table, which decides columns and types.
    sheet : Sheet
        The table as text.
    strict : bool
        Every column of the schema must be there, as in our own tables. A user's table may leave out
        columns that need not be filled in; they come out empty.
    known : list of Fault
        What is known to be wrong; those cells come out empty and get no second sentence.

    Returns
    -------
    (DataFrame, list of Fault)
        All columns of the schema, the index is the line in the file. Cells of a wrong type are empty.
    """
    width, faults = len(sheet.header), _header_faults(name, sheet, strict)
    if any(fault.rule == "columns-missing" for fault in faults):
        return empty_table(name), faults
    kept = {}
    for line, cells in zip(sheet.lines, sheet.rows, strict=True):
        if len(cells) >= width and not any(cells[width:]):  # trailing commas do no harm
            kept[line] = cells[:width]
        else:
            en = f"the row has {len(cells)} cells, but the header has {width}. "
            en += "Put a text with a comma in double quotes, and write a comma for every empty cell."
            zh = f"此行有{len(cells)}格，表头有{width}格。含逗号的文字请加双引号，空格也要写逗号。"
            faults.append(sheet.fault(name, line, "", "ragged", Said(en, zh)))
    columns = list(fields_of(name))
    text = pd.DataFrame(list(kept.values()), columns=sheet.header, index=list(kept))
    text = text.loc[:, ~text.columns.duplicated()].reindex(columns=columns, fill_value="").astype(object)
    labels = key_of(text, schema_of(name)["primaryKey"])
    faults += _duplicates(name, sheet, labels)
    told = {(fault.row, fault.field) for fault in known if fault.severity == "error"}
    typed = {}
    for column, field in fields_of(name).items():
        values = text[column]
        wrong = {value: said for value in set(values) if (said := complaint(value, field))}
        for line, value in values[values.isin(wrong)].items():
            if (line, column) in told:
                continue
            rule, said = wrong[value]
            said = Said(f"{column} {said.en}", f"{column} {said.zh}")
            faults.append(sheet.fault(name, line, column, rule, said, key=labels[line]))
        no_value = {"", *(value for value, (rule, _) in wrong.items() if rule == "type")}
        typed[column] = _typed(values.mask(values.isin(no_value), None), field["type"])
    return pd.DataFrame(typed, index=text.index), sorted(faults, key=lambda fault: fault.row or 0)


def complaint(text: str, field: dict) -> tuple[str, Said] | None:
    """Return (rule, sentence) if the text of a cell is not what its field allows, else None."""
    rules, type_ = field.get("constraints", {}), field["type"]
    if text == "":
        said = Said(
            "is empty, but is needed. Fill it in, or take the row out.", "为空，但必须填写。请填写，或删除此行。"
        )
        return ("required", said) if rules.get("required") else None
    if needed := _misfit(text, type_):
        or_empty = Said(".", "。") if rules.get("required") else Said(", or leave the cell empty.", "，或留空。")
        said = Said(f"is {text!r}, which is not {needed.en}", f"为“{text}”，不是{needed.zh}")
        return "type", said.then(or_empty, ("", ""))
    if "enum" in rules and text not in rules["enum"]:
        near, allowed = near_miss(text.casefold(), rules["enum"]), rules["enum"]
        said = Said(f"is {text!r}; allowed are {', '.join(allowed)}.", f"为“{text}”，只允许填写{'、'.join(allowed)}。")
        return "enum", said.then(near, ("", ""))
    if "pattern" in rules and not re.fullmatch(rules["pattern"], text):
        said = f"is {text!r}, which does not have the right form. {field['description']}"
        return "pattern", Said(said, f"为“{text}”，格式不对（{field['description']}）。请更正。")
    if "minimum" in rules and float(text) < rules["minimum"]:
        least = rules["minimum"]
        said = f"is {text}, but must be {least} or more. Correct the figure."
        return "minimum", Said(said, f"为{text}，但不得小于{least}。请更正。")
    if "maximum" in rules and float(text) > rules["maximum"]:
        most = rules["maximum"]
        return "maximum", Said(
            f"is {text}, but must be {most} or less. Correct the figure.", f"为{text}，但不得大于{most}。请更正。"
        )
    return None


def _misfit(text: str, type_: str) -> Said | None:
    """Return what a text should have been, and how to write it, if it is not of its type."""
    if type_ == "integer" and not INTEGER.fullmatch(text):
        return Said("a whole number. Write digits only, such as 2025", "整数。请只写数字，如2025")
    if type_ == "number" and not (NUMBER.fullmatch(text) and math.isfinite(float(text))):
        return Said("a number. Write digits without a unit, such as 12.5", "数字。请只写数字，不带单位，如12.5")
    if type_ == "boolean" and text not in ("true", "false"):
        return Said("true or false. Write one of the two", "true或false。请填写其中之一")
    return None


def _typed(values: pd.Series, type_: str) -> pd.Series:
    if type_ == "integer":
        return pd.Series([None if v is None else int(v) for v in values], index=values.index, dtype="Int64")
    if type_ == "boolean":
        return values.map({"true": True, "false": False}).astype("boolean")
    return values.astype(DTYPES[type_])


def _header_faults(name: str, sheet: Sheet, strict: bool) -> list[Fault]:
    columns, faults, line = list(fields_of(name)), [], sheet.top

    def fault(column: str, rule: str, en: str, zh: str) -> Fault:
        return sheet.fault(name, line, column, rule, Said(en, zh))

    if len(sheet.header) == 1 and re.search("[;\t]", sheet.header[0]):
        en = "the columns are not separated by commas. Save it as a CSV with commas."
        return [fault("", "columns-missing", en, "列之间不是用逗号分隔的，请另存为逗号分隔的CSV。")]
    for column in dict.fromkeys(sheet.header):
        if column not in columns:
            near = near_miss(column, columns)
            en = f"{column!r} is not a column of {name}.{near.en} The columns are {', '.join(columns)}."
            zh = f"{name} 表没有“{column}”列。{near.zh}可用的列有{'、'.join(columns)}。"
            faults.append(fault(column, "columns", en, zh))
        elif sheet.header.count(column) > 1:
            en = f"the column {column!r} comes twice. Take one out."
            faults.append(fault(column, "columns", en, f"“{column}”列出现了两次，请删去一列。"))
    for column, field in fields_of(name).items():
        needed = field.get("constraints", {}).get("required")
        if column not in sheet.header and (strict or needed):
            rule = "columns-missing" if needed else "columns"
            faults.append(
                fault(column, rule, f"the column {column!r} is missing. Add it.", f"缺少“{column}”列，请补上。")
            )
    return faults


def _duplicates(name: str, sheet: Sheet, labels: pd.Series) -> list[Fault]:
    first = dict(zip(reversed(labels.tolist()), reversed(labels.index.tolist()), strict=True))
    key, faults = ", ".join(schema_of(name)["primaryKey"]), []
    for line, label in labels[labels.duplicated() & (labels.str.strip() != "")].items():
        word = "line" if sheet.letters is None else "row"
        en = f"{label} is there already, in {word} {first[label]}. Keep one of them."
        zh = f"{label} 与第{first[label]}行重复，请只保留一行。"
        faults.append(sheet.fault(name, line, key, "duplicate-key", Said(en, zh)))
    return faults
