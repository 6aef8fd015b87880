"""Reports in a place that fsspec reaches (s3://, gs://, sftp:// ...): made here, then sent there, the row last.

An object store has a file whole or not at all. Elsewhere a killed run may leave one cut short; the row beside a report
is taken away before its files are replaced and comes after them, so the same command makes that report again.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path, PurePosixPath

from ..errors import DataError, YilaoError
from .awaylock import lock_place
from .manifest import LISTS

RANK = (".html", ".json")  # they come last, in this order
AHEAD = 8  # reports that wait to be sent, at most: more would fill this disk


@contextlib.contextmanager
def reachable(out: str | os.PathLike) -> Iterator[tuple[Path, Away | None]]:
    """Give the folder to work in, and who sends what is in it to a URL; None for a folder of this machine."""
    url = os.fspath(out)
    if "://" not in url or url.startswith("file://"):
        yield Path(url.removeprefix("file://")), None
        return
    with tempfile.TemporaryDirectory(prefix="yilao-") as here:
        yield Path(here), Away(url, Path(here))


class Away:
    """What is at a URL, mirrored here: rows of reports as they are, their other files as empty ones."""

    def __init__(self, url: str, here: Path) -> None:
        self.url, self.here = url.rstrip("/"), here
        try:
            import fsspec
        except ImportError as error:
            raise YilaoError(f"{url} needs fsspec: pip install 'yilaolib[cloud]'.") from error
        try:
            self.fs, self.root = fsspec.core.url_to_fs(self.url)
        except (ImportError, ValueError) as error:  # fsspec says which package an address needs
            raise DataError(f"{url} cannot be reached: {error}. Name a folder, or install that package.") from error

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Let no other run write there meanwhile; it shows too that it can be written to.

        Raises
        ------
        YilaoError
            Another run writes there, or nothing can be written.
        """
        with contextlib.ExitStack() as stack:
            with self._one_sentence():
                self.fs.makedirs(self.root, exist_ok=True)
                stack.enter_context(lock_place(self.fs, self.root, self.url))
            yield

    def fetch(self) -> None:
        """Mirror what is there."""
        with self._one_sentence():
            found = [path for path in self.fs.find(self.root, maxdepth=2) if _is_report(self._name(path))]
            wanted = [path for path in found if path.endswith(".json")]
            rows = self.fs.cat(wanted) if wanted else {}
        for path in found:
            target = self.here / self._name(path)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(rows.get(path, b""))

    def sending(self, rows: Generator[dict]) -> Generator[dict]:
        """Pass rows on when what they tell of has been sent, while others are being made."""
        waiting: dict[Future, dict] = {}
        with ThreadPoolExecutor(1) as pool, contextlib.closing(rows):
            for row in rows:
                waiting[pool.submit(self._send, row)] = row
                done, _ = wait(waiting, timeout=None if len(waiting) > AHEAD else 0, return_when=FIRST_COMPLETED)
                for future in [future for future in waiting if future in done]:
                    yield self._sent(future, waiting.pop(future))
            for future, row in waiting.items():
                yield self._sent(future, row)

    def send_lists(self) -> None:
        """Send the lists of all reports, the page last."""
        with self._one_sentence():
            self._put([name for name in LISTS if (self.here / name).exists()])

    def _sent(self, future: Future, row: dict) -> dict:
        with self._one_sentence():
            future.result()
        return {name: self._there(value) for name, value in row.items()}

    def _send(self, row: dict) -> None:
        """Send the files of a report and take away those that it has no more."""
        folder = self.here / row["area"]
        files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
        rows = [path for path in files if path.suffix == ".json" and path.parent == folder]
        for path in rows:
            path.write_text(self._there(path.read_text(encoding="utf-8")), encoding="utf-8")
        there = {self._name(path) for path in self._find(f"{self.root}/{row['area']}")}
        mine = {path.parent for path in files} | {folder}
        gone = {name for name in there if self.here / Path(name).parent in mine and not (self.here / name).exists()}
        # Beside a report may lie files that are not ours; in a folder of tables everything is.
        stale = {name for name in gone if _is_report(name) or Path(name).parent != Path(row["area"])}
        stale |= {name for name in there if (self.here / name) in rows}
        for name in sorted(stale):
            self.fs.rm_file(f"{self.root}/{name}")
        for path in sorted({path.parent for path in files}):  # places with folders do not make them by themselves
            self.fs.makedirs(f"{self.root}/{path.relative_to(self.here).as_posix()}", exist_ok=True)
        names = sorted(path.relative_to(self.here).as_posix() for path in files)
        for rank in ("", *RANK):
            self._put([name for name in names if rank == (PurePosixPath(name).suffix if name.endswith(RANK) else "")])
        for path in set(files) - set(rows):  # they are there now
            path.write_bytes(b"")
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)

    def _put(self, names: list[str]) -> None:
        if names:
            self.fs.put([str(self.here / name) for name in names], [f"{self.root}/{name}" for name in names])

    def _find(self, path: str) -> list[str]:
        try:
            return self.fs.find(path)
        except FileNotFoundError:
            return []

    def _name(self, path: str) -> str:
        return path.removeprefix(self.root).lstrip("/")

    def _there(self, value: object) -> object:
        return value.replace(str(self.here), self.url) if isinstance(value, str) else value

    @contextlib.contextmanager
    def _one_sentence(self) -> Iterator[None]:
        try:
            yield
        except YilaoError:
            raise
        except Exception as error:  # each kind of place has errors of its own
            why = f"{type(error).__name__}: {error}".rstrip(": ")
            raise YilaoError(f"{self.url} cannot be written to ({why}). What was there is still there.") from error


def _is_report(name: str) -> bool:
    return re.fullmatch(r"[a-z0-9][a-z0-9_-]*/report\.[a-z0-9._-]+", name) is not None
