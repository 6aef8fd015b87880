"""What a finished page is made of, for programs of other kinds: headings, sentences, tables and figures."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Run:
    """Some text in one style; `link` is where it leads: `#id` on the page, or an address."""

    text: str
    bold: bool = False
    raised: bool = False
    link: str = ""


@dataclass
class Heading:
    """A heading; `level` 1 is the title of the page."""

    level: int
    text: str
    anchors: list[str] = field(default_factory=list)


@dataclass
class Paragraph:
    """A paragraph; `kind` is text, note, term (its first run, then what it is), bullet or number (of a list)."""

    runs: list[Run]
    kind: str = "text"
    anchors: list[str] = field(default_factory=list)


@dataclass
class Cell:
    """A cell of a table; `unit` is what its column heading declares."""

    runs: list[Run]
    numeric: bool = False
    heading: bool = False
    unit: str = ""

    @property
    def text(self) -> str:
        """All that the cell shows."""
        return joined(self.runs)

    @property
    def value(self) -> str:
        """What the cell says, without the marks of sources after it."""
        return joined([run for run in self.runs if not run.raised]).strip()


@dataclass
class Table:
    """A table with its label (表 1) and caption; `anchors` holds the ids of each row."""

    key: str
    label: str
    caption: str
    head: list[list[Cell]]
    rows: list[list[Cell]]
    anchors: list[list[str]]
    own_anchors: list[str] = field(default_factory=list)


@dataclass
class Figure:
    """A picture with what it shows, in pixels of 1/96 inch, and the table behind it."""

    key: str
    label: str
    caption: str
    alt: str
    image: bytes
    width: int
    height: int
    table: Table | None = None
    anchors: list[str] = field(default_factory=list)


Piece = Heading | Paragraph | Table | Figure


def joined(runs: list[Run]) -> str:
    """Return the text of runs."""
    return "".join(run.text for run in runs)


def title_of(pieces: list[Piece]) -> str:
    """Return the title of the page that these are the pieces of."""
    return next((piece.text for piece in pieces if isinstance(piece, Heading) and piece.level == 1), "")
