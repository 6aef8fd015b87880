"""Draw the two pictures of the README anew: `python tests/make_example.py`. Needs Chromium, like test_browser."""

import tempfile
from pathlib import Path

from chromium import BROWSER
from PIL import Image
from playwright.sync_api import sync_playwright

import yilaolib as yl

FOLDER = Path(__file__).parents[1] / "outputs" / "example"
CITY, YEAR = "jingdezhen", 2025


def main() -> None:
    """The beds of one city by method, and how its report begins."""
    if BROWSER is None:
        raise SystemExit("The picture of the page needs a browser, and none is installed: apt-get install chromium.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    say, methods = yl.Report("en"), yl.triangulate_beds(CITY, YEAR)
    say.know(year=YEAR)
    yl.use_style("en")
    place = yl.find_area(CITY)
    name = f"{place['name_en']} ({place['name_zh'].removesuffix('市')})"
    title = f"Beds for the elderly in {name}, {YEAR}: need by method"
    words = {"unit": say.text("report.bed_unit"), "title": title, "note": say.note("beds")}
    totals = yl.totals_printed(yl.bed_supply(CITY)).to_dict("records")
    lines = {say.text("report.line", row=row): row["stock"] for row in totals}
    ax = yl.plot_methods(methods.assign(method=say.words.named(methods)), lines=lines, **words)
    ax.figure.savefig(FOLDER / f"{CITY}_beds_{YEAR}.png", dpi=192)
    with tempfile.TemporaryDirectory() as folder:
        page = yl.render_report(CITY, lang="en", out_dir=folder)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
            tab = browser.new_page(viewport={"width": 900, "height": 1250})
            tab.goto(page.as_uri())
            tab.screenshot(path=FOLDER / f"{CITY}_report.png")
            browser.close()
    for picture in FOLDER.glob("*.png"):  # few colours: a third of the bytes
        Image.open(picture).convert("RGB").quantize(method=Image.Quantize.FASTOCTREE).save(picture, optimize=True)
    print(*sorted(FOLDER.iterdir()), sep="\n")


if __name__ == "__main__":
    main()
