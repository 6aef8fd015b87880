"""Build the site into build/site/html: pages, notebooks run once, reports, tables, the public names, in two languages.

python docs/build.py                 # notebooks run again when they, library or tables changed; needs no network
python docs/build.py --no-run        # notebooks without outputs, no reports: a quick look at the pages
python docs/build.py --ran FOLDER    # notebooks that were run elsewhere (NAME.ipynb and zh/NAME.ipynb)

Files keep their places, so that links between them hold. A warning, or a link that leads nowhere, fails the build.
"""

import argparse
import hashlib
import inspect
import json
import os
import re
import runpy
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
from sphinx.cmd.build import main as sphinx

import yilaolib as yl
from yilaolib.reports.files import library_key

ROOT = Path(__file__).parents[1]
PAGES = ["*.md", "LICENSE", "CITATION.cff", "environment.yml", "pyproject.toml", "data/*.md", "data/*.json"]
PAGES += ["docs/**/*.md", "docs/*.py", "benchmarks/*.md", "outputs/README.md", "outputs/example/*"]
REPORTS = {  # a city with a plan, a county without
    ("jingdezhen", "zh"): "：有规划的城市",
    ("jingdezhen", "en"): ", a city with a plan",
    ("wuyuan-361130", "zh"): "：没有规划的县",
}
TO_TRY = {("jingdezhen", "zh"): "：试算页", ("jingdezhen", "en"): ", a page to try"}


def lay_out(source: Path, ran: Path | None) -> None:
    """Copy pages and notebooks to where Sphinx finds them, and write the pages of the public names."""
    shutil.rmtree(source, ignore_errors=True)
    for path in sorted({path for pattern in PAGES for path in ROOT.glob(pattern)}):
        put(source / path.relative_to(ROOT), path.read_bytes())
    (source / "docs" / "index.md").rename(source / "index.md")
    chinese = runpy.run_path(str(ROOT / "notebooks" / "zh" / "build.py"))["chinese"]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for folder, nb in (("", nbformat.read(path, as_version=4)), ("zh/", chinese(path))):
            done = ran and ran / f"{folder}{path.name}"
            for cell in nb.cells:
                if "yl.render_report(" in cell.source:  # its link leads out of the site; the reports are there
                    cell.metadata.setdefault("tags", []).append("skip-execution")
            text = done.read_text(encoding="utf-8") if done else nbformat.writes(nb)
            put(source / "notebooks" / folder / path.name, text.encode())
    for path in sorted((ROOT / "notebooks" / "reports").glob("*.ipynb")):  # shown, not run
        nb = nbformat.read(path, as_version=4)
        nb.cells.insert(0, nbformat.v4.new_markdown_cell(f"# {path.stem}"))
        nb.metadata["mystnb"] = {"execution_mode": "off"}
        put(source / "notebooks" / "reports" / path.name, nbformat.writes(nb).encode())
    with (source / "docs" / "zh" / "data.md").open("a", encoding="utf-8") as page:
        page.write(dictionary())
    for subject, page in api().items():
        put(source / "api" / f"{subject.replace(' ', '_')}.rst", page.encode())


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def dictionary() -> str:
    """The tables that users fill in, column by column, in Chinese as the schema has it."""
    kinds = {"string": "文本", "integer": "整数", "number": "数值", "boolean": "是否"}
    text = ""
    for table in json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))["resources"]:
        fields = [field for field in table["schema"]["fields"] if "title_zh" in field]
        if "title_zh" in table and fields:
            text += f"\n## {table['title_zh']}（`{table['name']}`）\n\n| 字段 | 含义 | 类型 |\n|---|---|---|\n"
            text += "".join(f"| `{one['name']}` | {one['title_zh']} | {kinds[one['type']]} |\n" for one in fields)
    return text


def api() -> dict[str, str]:
    """A page for each subject of docs/names.md: the docstrings of its names."""
    rows = re.findall(r"^\| ([^|]+) \| (`.+) \|$", (ROOT / "docs" / "names.md").read_text(encoding="utf-8"), flags=re.M)
    pages = {}
    for subject, names in rows:
        pages[subject] = f"{subject}\n{40 * '='}\n"
        for name in re.findall(r"`(\w+)`", names):
            kind = "class" if inspect.isclass(getattr(yl, name)) else "function"
            pages[subject] += f"\n{name}\n{40 * '-'}\n\n.. auto{kind}:: yilaolib.{name}\n"
    return pages


class Links(HTMLParser):
    """The links of a page and the ids that it has."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links, self.ids = set(), {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.add(value)
            elif name == "id":
                self.ids.add(value)


def broken_links(html: Path) -> list[str]:
    """Links of the pages that lead to no file of the site, or to a part that its page does not have."""
    pages = {path.resolve(): Links(path) for path in html.rglob("*.html") if "_static" not in path.parts}
    found = []
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            known = pages[target].ids if target in pages else {unquote(parts.fragment)}
            if not target.exists() or unquote(parts.fragment) not in known:
                found.append(f"{path.relative_to(html.resolve())}: {link}")
    return found


def build(out: Path, *, run: bool = True, ran: Path | None = None) -> int:
    """Build the site into `out`/html and return 0, or 1 if Sphinx warned or a link leads nowhere."""
    out = out.resolve()
    source, html, extra = out / "source", out / "html", out / "extra" / "reports"
    lay_out(source, ran)
    extra.mkdir(parents=True, exist_ok=True)
    if run:
        for lang in ("zh", "en"):
            areas = [area for area, spoken in REPORTS if spoken == lang]
            yl.render_reports(areas, out_dir=out / "reports", lang=lang, jobs=1, progress=False)
            yl.whatif("jingdezhen", out=out / "reports", lang=lang)
        keep = shutil.ignore_patterns("*.ipynb", ".*", "*.json")
        shutil.copytree(out / "reports", extra, ignore=keep, dirs_exist_ok=True)
    put(source / "reports.md", reports(extra).encode())
    os.environ["SITE_EXECUTE"] = "cache" if run and not ran else "off"
    key = hashlib.sha256(library_key().encode() + b"".join(map(Path.read_bytes, sorted(ROOT.glob("data/*.csv")))))
    os.environ["SITE_CACHE"] = str(cache := out / "cache" / key.hexdigest()[:16])
    for other in set(out.glob("cache/*")) - {cache}:  # outputs of another state of the library or the tables
        shutil.rmtree(other, ignore_errors=True)
    shutil.rmtree(html, ignore_errors=True)
    given = ["-E", "-D", f"html_extra_path={extra.parent}", "-c", str(ROOT / "docs"), "-d", str(out / "doctrees")]
    if sphinx(["-W", "--keep-going", "-q", *given, str(source), str(html)]):
        return 1
    broken = broken_links(html)
    print("\n".join(broken), file=sys.stderr)
    return int(bool(broken))


def reports(folder: Path) -> str:
    """The page that lists the reports that there are, and the pages to try."""
    text = "# 报告示例 · Example reports\n\n由命令生成。Made by `yilao report`, `yilao whatif`.\n\n"
    pages = [(area, lang, f"{area}/report", kind) for (area, lang), kind in REPORTS.items()]
    pages += [(area, lang, f"whatif/{area}", kind) for (area, lang), kind in TO_TRY.items()]
    for area, lang, page, kind in pages:
        page += ".html" if lang == "zh" else f".{lang}.html"
        if (folder / page).exists():
            text += f'- <a href="reports/{page}">{yl.find_area(area)["name_" + lang]}{kind}</a>\n'
    return text


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--no-run", action="store_true")
    parser.add_argument("--ran", type=Path)
    given = parser.parse_args()
    failed = build(given.out, run=not given.no_run, ran=given.ran)
    print("The site has warnings or broken links." if failed else f"Open {given.out / 'html' / 'index.html'}")
    raise SystemExit(failed)
