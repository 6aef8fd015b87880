"""Draw the pictures of both READMEs anew: `python tests/make_example.py`. Needs Chromium, like test_browser."""

import tempfile
from pathlib import Path

from chromium import BROWSER
from PIL import Image
from playwright.sync_api import sync_playwright

import yilaolib as yl

FOLDER = Path(__file__).parents[1] / "outputs" / "example"
CITY, YEAR = "jingdezhen", 2025
TITLES = {
    "en": "Beds for the elderly in Jingdezhen (景德镇), 2025: need by method",
    "zh": "景德镇市2025年养老床位需求：各方法测算结果",
}


def draw(lang: str, title: str, ending: str) -> None:
    """The beds of one city by method, and how its report begins, in one language."""
    say, methods = yl.Report(lang), yl.triangulate_beds(CITY, YEAR)
    say.know(year=YEAR)
    yl.use_style(lang)
    words = {"unit": say.text("report.bed_unit"), "title": title, "note": say.note("beds")}
    totals = yl.totals_printed(yl.bed_supply(CITY)).to_dict("records")
    lines = {say.text("report.line", row=row): row["stock"] for row in totals}
    ax = yl.plot_methods(methods.assign(method=say.words.named(methods)), lines=lines, **words)
    ax.figure.savefig(FOLDER / f"{CITY}_beds_{YEAR}{ending}", dpi=192)
    with tempfile.TemporaryDirectory() as folder:
        page = yl.render_report(CITY, lang=lang, out_dir=folder)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
            tab = browser.new_page(viewport={"width": 900, "height": 1250})
            tab.goto(page.as_uri())
            tab.screenshot(path=FOLDER / f"{CITY}_report{ending}")
            browser.close()


def main() -> None:
    """Both pictures, in English and in Chinese."""
    if BROWSER is None:
        raise SystemExit("The picture of the page needs a browser, and none is installed: apt-get install chromium.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for lang, title in TITLES.items():
        draw(lang, title, ".png" if lang == "en" else f".{lang}.png")
    for picture in FOLDER.glob("*.png"):  # few colours: a third of the bytes
        Image.open(picture).convert("RGB").quantize(method=Image.Quantize.FASTOCTREE).save(picture, optimize=True)
    print(*sorted(FOLDER.iterdir()), sep="\n")


if __name__ == "__main__":
    main()
