"""Build the wheel, install it into an empty environment, and use it in an empty folder, as a user would.

Too slow for every test run (all dependencies are installed): `make wheel` runs it, and so does CI.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CARRIED = [
    "yilaolib/py.typed",
    "yilaolib/_data/datapackage.json",
    "yilaolib/_data/observations.csv",
    "yilaolib/_data/LICENSE.md",
    "yilaolib/_reports/city_report.ipynb",
    "yilaolib/fonts/NotoSansSC-Regular.otf",
    "yilaolib/templates/",
    "yilaolib/texts/zh.toml",
]


def run(*command: object, cwd: Path, says: str = "", named: str = "") -> str:
    """Run a command outside the repository and show what it took; its output must hold `says`."""
    began = time.perf_counter()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=clean, capture_output=True, text=True)
    words = named or " ".join(Path(part).name if isinstance(part, Path) else str(part) for part in command)
    print(f"{time.perf_counter() - began:6.1f} s  {words}", flush=True)
    if done.returncode or says not in done.stdout:
        sys.exit(f"exit code {done.returncode}, {says!r} expected\n{done.stdout}\n{done.stderr}")
    return done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        build = ["pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", place / "dist", ROOT]
        run(sys.executable, "-m", *build, cwd=place)
        (wheel,) = (place / "dist").glob("*.whl")
        files = zipfile.ZipFile(wheel).namelist()
        missing = [path for path in CARRIED if not any(file.startswith(path) for file in files)]
        if missing:
            sys.exit(f"The wheel does not carry {', '.join(missing)}.")
        print(f"          {wheel.name}: {len(files)} files, {wheel.stat().st_size / 1e6:.1f} MB")

        venv.create(place / "env", with_pip=True)
        programs = place / "env" / ("Scripts" if os.name == "nt" else "bin")
        run(programs / "python", "-m", "pip", "install", "--quiet", f"{wheel}[all]", cwd=place)

        (empty := place / "empty").mkdir()
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        (example,) = re.findall(r"^```python\n(.*?)^```", readme, flags=re.S | re.M)
        where = "import yilaolib; print(yilaolib.__file__)"
        run(programs / "python", "-c", where, cwd=empty, says=str(place / "env"), named="import yilaolib")
        run(programs / "yilao", "doctor", cwd=empty, says="A notebook of one cell ran")
        run(programs / "python", "-c", example, cwd=empty, named="the example of the README")
        asked = ["report", "景德镇市", "--end-year", "2030", "--format", "html,pdf,docx,xlsx"]
        run(programs / "yilao", *asked, cwd=empty, says="outputs/jingdezhen/report.html")
        for page in ("report.html", "report.en.html"):
            if (empty / "outputs" / "jingdezhen" / page).stat().st_size < 100_000:
                sys.exit(f"{page} is too small to be a report.")
        find = "from yilaolib.reports.one import find_template; print(find_template())"
        template = run(programs / "python", "-c", find, cwd=empty, named="find the template").strip()
        run(programs / "papermill", "--help-notebook", Path(template), cwd=empty, says="end_year")
        if sorted(path.name for path in empty.iterdir()) != ["outputs"]:
            sys.exit(f"Something was written beside outputs: {sorted(path.name for path in empty.iterdir())}")
    print("The wheel is good.")


if __name__ == "__main__":
    main()
