"""A report notebook of the same contract as city_report, small enough to be run often."""

import time
from pathlib import Path

import nbformat

PARAMETERS = """\
city: str = "jingdezhen"  # slug, Chinese name or adcode
scenario: str = "medium"  # low, medium, high or zero-migration
end_year: int = 2050  # last year of the projection
lang: str = "zh"  # zh or en
data: str = ""  # folder with your own tables; empty: the library's
tables_dir: str = ""  # where the tables behind the figures are written as CSV; empty: nowhere"""


def write_template(path: Path, *cells: str, parameters: str = PARAMETERS) -> Path:
    """Write a notebook with one cell of parameters and these code cells; `# md` begins a cell of text."""
    made = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    for cell in cells:
        is_text = cell.startswith("# md\n")
        made.append(nbformat.v4.new_markdown_cell(cell[5:]) if is_text else nbformat.v4.new_code_cell(cell))
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=kernel), path)
    return path


def wait_for(what, seconds=60):
    """Ask again and again until there is an answer, or the time is over."""
    end = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.02)
    return found
