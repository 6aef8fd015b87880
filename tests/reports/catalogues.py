"""A language of one's own for tests: the words of English with few tables, figures and sentences."""

import re
from pathlib import Path

import yilaolib

ENGLISH = Path(yilaolib.__file__).parent / "texts" / "en.toml"
OWN = """
[columns]
year = "year"
stock = "beds"

[report.headings]
beds = "Beds of {{ town }}"

[report.sentences]
one = "{{ town }} has {{ n }} beds."
several = ["{{ n }} beds", "{% if n > 9 %}many{% endif %}", "the end"]

[report.cover]
title = "Report of {{ town }}"
subtitle = "beds"
badge = "draft"
numbers = [["beds", "{{ n }}", "of {{ town }}"]]
message = ["Beds are enough."]
lines = [["place", "{{ town }}"], ["nothing", "{% if n > 9 %}many{% endif %}"]]

[words.role]
stock = "present"

[table.bed_supply]
caption = "Beds in {{ town }}"
columns = ["name", "role", "year", "stock", "note"]
heads = { stock = "beds of {{ year }}" }
words = { role = "role" }
units = { stock = "beds" }
formats = { stock = ",.1f" }
links = { stock = "observation", note = "marks" }
blanks = { note = "", stock = "why" }

[table.rows]
caption = "Rows"
columns = ["observation", "place"]
links = { place = "source" }
row_ids = "observation"

[table.sources]
caption = "Documents"
row_ids = "source"

[figure.beds]
caption = "Beds until {{ year }}"
alt = "Beds rise in {{ town }}."
note = "Source: {{ town }}"
columns = ["year", "stock"]
links = { stock = "observation" }
"""


def write_catalogue(path: Path, own: str = OWN, **changed: str) -> str:
    """Write a catalogue of the general words of English and of `own`; `changed` are lines such as missing='"none"'."""
    parts = re.split(r"^(?=\[)", ENGLISH.read_text(encoding="utf-8"), flags=re.MULTILINE)
    kept = [part for part in parts if not part.startswith("[") or re.match(r"\[(language|format|words|page)\]", part)]
    text = "".join(kept)
    for name, value in changed.items():
        text = re.sub(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.MULTILINE)
    path.write_text(text + own, encoding="utf-8")
    return str(path)
