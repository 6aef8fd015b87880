"""The pages under docs/, README and CONTRIBUTING: what they say exists, and what they show runs."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

import yilaolib as yl

ROOT = Path(__file__).parents[1]
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs" / "methods").glob("*.md"))}
PARTS = ["Formula", "Source", "Worked example", "Where it fails"]
TEXTS = ["README.md", "README.zh.md", "CONTRIBUTING.md"]
TEXTS += [page.relative_to(ROOT).as_posix() for page in sorted((ROOT / "docs").rglob("*.md"))]


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str = "python") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.S | re.M)


def test_every_method_has_a_page():
    """Each row of the table of methods has a page, and the index links every page that there is."""
    assert set(yl.load_table("methods")["method"]) <= set(PAGES)
    linked = re.findall(r"\]\(methods/(\w+)\.md\)", (ROOT / "docs" / "README.md").read_text(encoding="utf-8"))
    assert sorted(linked) == sorted(PAGES)


@pytest.mark.parametrize("slug", PAGES)
def test_page_has_its_parts(slug):
    """A page has the formula, the source, an example that runs and where it fails, in at most 60 lines."""
    text = PAGES[slug]
    headings = re.findall(r"^## (.+)$", text, flags=re.M)
    assert headings[: len(PARTS)] == PARTS and len(text.splitlines()) <= 60
    assert any(">>> " in block for block in blocks(text))


@pytest.mark.parametrize("name", [name for name in TEXTS if not re.search("zh|index|[A-Z]", name)])
def test_page_has_its_chinese(name):
    """The Chinese page has the same sections, examples (run once), public names, and numbers in tables."""
    told = []
    for text in ((ROOT / one).read_text(encoding="utf-8") for one in (name, name.replace("docs", "docs/zh", 1))):
        names = set(re.findall(r"`(?:yl\.)?(\w+)[`(]", text)) & set(yl.__all__)
        rows = re.findall(r"\d+(?:[.,]\d+)*", " ".join(re.findall(r"^\|.*", text, flags=re.M)))
        told.append((text.count("\n## "), re.sub(" *#.*", "", "".join(blocks(text))), names, sorted(rows)))
    assert told[0] == told[1]


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name):
    """Every link to a file leads to a file of the repository."""
    page = ROOT / name
    links = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", TEXTS)
def test_named_sources_and_functions_exist(name):
    """A source that a page names is a row of `sources`; a function that it calls or names with yl. exists."""
    text = (ROOT / name).read_text(encoding="utf-8")
    sources = set(yl.load_table("sources")["source"])
    kinds = {source.split("-")[0] for source in sources if "-" in source}
    named = {word for word in re.findall(r"`([a-z]+(?:-[a-z0-9]+)+)`", text) if word.split("-")[0] in kinds}
    called = set(re.findall(r"\byl\.([A-Za-z]\w*)", text))
    assert named <= sources and called <= set(yl.__all__)


def test_the_site_lists_every_page():
    """A page under docs/ stands in the contents of the site (docs/index.md), by name or by its folder."""
    listed = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = [page.relative_to(ROOT).with_suffix("").as_posix() for page in (ROOT / "docs").rglob("*.md")]
    lost = [page for page in pages if f"{page}\n" not in listed and "/methods/" not in page]
    assert lost == ["docs/index"]


def test_public_names_are_listed():
    """docs/names.md has every public name once, and no other."""
    listed = (ROOT / "docs" / "names.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"`(\w+)`", listed)) == sorted(yl.__all__)


def test_readmes_show_the_same_commands():
    """What the English README shows, the Chinese one shows too; comments and the language of the report differ."""
    chinese = (ROOT / "README.zh.md").read_text(encoding="utf-8").replace('lang="zh"', 'lang="en"')
    shown = [
        re.sub(r" *#.*$", "", "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, flags=re.S | re.M)), flags=re.M)
        for text in (readme(), chinese)
    ]
    assert shown[0] == shown[1]


def test_readme_example_runs(tmp_path, monkeypatch):
    """The Python lines of the README run as they stand; the report is the only file that they write."""
    monkeypatch.chdir(tmp_path)
    rendered = []
    monkeypatch.setattr("yilaolib.render_report", lambda *a, **b: rendered.append((a, b)), raising=False)
    (example,) = blocks(readme())
    names: dict = {}
    exec(compile(example, "README.md", "exec"), names)
    assert rendered == [(("jingdezhen",), {"lang": "en"})]
    assert isinstance(names["city"], pd.DataFrame) and names["future"].sizes["age"] == 101
    assert list(tmp_path.iterdir()) == []


def elsewhere(language: str) -> list[str]:
    return blocks((ROOT / "docs" / "elsewhere.md").read_text(encoding="utf-8"), language)


def test_geopandas_joins_by_adcode(tmp_path, monkeypatch):
    """The example of the page: a shape finds its area, one of no area is named."""
    pytest.importorskip("geopandas")
    square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    shapes = [{"type": "Feature", "properties": {"adcode": c}, "geometry": square} for c in (360200, 999999)]
    text = json.dumps({"type": "FeatureCollection", "features": shapes})
    (tmp_path / "my_prefectures.geojson").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(elsewhere("python")[0], "elsewhere.md", "exec"), names)
    assert names["joined"]["share_60_pct"].round(2)[0] == 16.63 and names["lost"]["adcode"].tolist() == ["999999"]


def test_duckdb_reads_parquet(tmp_path, monkeypatch):
    """The example of the page finds the oldest provinces of 2020."""
    pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(elsewhere("python")[1], "elsewhere.md", "exec"), names)
    assert [*names["oldest"]["name_zh"]] == ["辽宁省", "上海市", "黑龙江省"]  # as the bulletin of the census has them


@pytest.mark.skipif(not shutil.which("Rscript"), reason="needs R")
def test_r_reads_the_data_package(tmp_path):
    """The example of the page prints the beds of Jingdezhen."""
    if subprocess.run(["Rscript", "-e", "library(jsonlite)"], capture_output=True).returncode:
        pytest.skip("needs jsonlite")
    script = tmp_path / "example.R"
    script.write_text(elsewhere("r")[0], encoding="utf-8")
    done = subprocess.run(["Rscript", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.search(r"2020\s+actual\s+4059", done.stdout) and re.search(r"2025\s+target\s+10500", done.stdout)
