"""Write the Chinese notebooks beside this file: the code cells of the English ones, the prose of NAME.md.

python notebooks/zh/build.py            # all of them, no outputs; `make notebooks-zh` does the same

In NAME.md the Chinese of a markdown cell follows `<!-- id of the cell -->`. The only line of code that differs is the
value of the parameter `lang`.
"""

import re
from pathlib import Path

import nbformat

HERE = Path(__file__).parent
ENGLISH = sorted(HERE.parent.glob("*.ipynb"))
LANG = 'lang: str = "{}"'


def chinese(path: Path) -> nbformat.NotebookNode:
    """Return a notebook in Chinese; a cell that lacks its Chinese, or Chinese without its cell, is an error."""
    nb = nbformat.read(path, as_version=4)
    text = (path.parent / "zh" / f"{path.stem}.md").read_text(encoding="utf-8")
    _, *parts = re.split(r"^<!-- ([\w-]+) -->\n", text, flags=re.M)
    said = dict(zip(parts[::2], map(str.strip, parts[1::2]), strict=True))
    prose = [cell for cell in nb.cells if cell.cell_type == "markdown"]
    odd = {cell.id for cell in prose} ^ {name for name, text in said.items() if text}
    if odd or len(parts) != 2 * len(said):
        raise ValueError(f"{path.stem}.md and the notebook differ in the cells {sorted(odd) or parts[::2]}.")
    for cell in prose:
        cell.source = said[cell.id]
    for cell in nb.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace(LANG.format("en"), LANG.format("zh"))
    return nb


if __name__ == "__main__":
    for path in ENGLISH:
        nbformat.write(chinese(path), HERE / path.name)
    print(f"{len(ENGLISH)} notebooks in notebooks/zh")
