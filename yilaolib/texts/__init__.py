"""The words of reports, figures, workbooks, checks and commands: a TOML file a language, sentences as Jinja templates.

>>> say("count", "zh", value=330_217, unit="人")
'33.02万人'

A language is one file: `zh.toml` and `en.toml` stand here, and the path of a file of your own is a language too. What
differs between languages stands in the file: words, templates, number formats, even which columns of the tables hold
the names. So no Python asks which language it speaks.
"""

from __future__ import annotations

import calendar
import errno
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ..errors import DataError, nearest, refusal

HERE = Path(__file__).parent


@cache
def languages() -> list[str]:
    """Return the languages that come with the library: en, zh."""
    return sorted(path.stem for path in HERE.glob("*.toml"))


@cache
def catalogue(lang: str) -> Catalogue:
    """Return the words of a language: `zh`, `en`, or the path of a TOML file with the same keys; else a DataError.

    >>> catalogue("zh").word("words.missing")
    '未公布'
    """
    path = Path(lang) if str(lang).endswith(".toml") else HERE / f"{lang}.toml"
    if str(lang) not in languages() and not (path.suffix == ".toml" and path.is_file()):
        raise refusal("errors.lang", lang=lang, languages=languages(), near=nearest(lang, languages()))
    return Catalogue(path)


def say(key: str, lang: str, /, **values: Any) -> str:
    """Return the sentence of a key in a language, its template filled with values; see `Catalogue.say`."""
    return catalogue(lang).say(key, **values)


def words_of(group: str) -> dict[str, str]:
    """Return the codes of a group (`words.<group>`) by their words in the languages of the library."""
    return {word: code for lang in languages() for code, word in catalogue(lang).find(f"words.{group}", {}).items()}


def code_of(name: Any, group: str) -> Any:
    """Return the code that a name stands for in any language; a name that is none stands for itself.

    >>> code_of("零迁移方案", "scenario"), code_of("mine", "scenario")
    ('zero-migration', 'mine')
    """
    return words_of(group).get(name, name) if isinstance(name, str) else name


def slack_side(baseline: float, target: float, comparator: object) -> str:
    """Return what a target is that asks for nothing: a "floor" below the baseline, a "ceiling" above it; else ""."""
    if comparator in ("ge", "gt") and target < baseline:
        return "floor"
    return "ceiling" if comparator in ("le", "lt") and target > baseline else ""


class Catalogue:
    """The words of one language, by dotted key. Its templates know `FILTERS`, `quoted` and `say("another.key")`."""

    FILTERS = ("count", "percent", "day", "number", "listed", "named", "coded", "word", "told")

    def __init__(self, path: str | Path) -> None:
        self.entries = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        self.code = Path(path).stem
        self.names: str = self.entries["language"]["names"]  # zh or en: of name_zh and name_en, what things are called
        self.format: Mapping[str, Any] = self.entries["format"]
        self._templates: dict[str, Any] = {}

    @cached_property
    def _jinja(self) -> Any:
        import jinja2  # `yilao --help` does without

        @jinja2.pass_context
        def say(context: jinja2.runtime.Context, key: str, /, **values: Any) -> str:
            return self._render(self.word(key), context.get_all() | values)

        env = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=False)
        env.filters |= {"quoted": repr, **{name: getattr(self, name) for name in self.FILTERS}}
        env.globals |= {"word": self.word, "say": say}
        env.tests["missing"] = is_missing
        return env

    def find(self, key: str, default: Any = None) -> Any:
        """Return the entry of a dotted key (a text, a list or a table), or the default."""
        entry: Any = self.entries
        for part in key.split("."):
            if not isinstance(entry, Mapping) or part not in entry:
                return default
            entry = entry[part]
        return entry

    def word(self, key: str, default: str | None = None) -> str:
        """Return the words of a key as they stand; without a default a key that is not there is a KeyError."""
        entry = self.find(key, default)
        if not isinstance(entry, str):
            raise KeyError(f"{self.code}.toml has no words for {key!r}")
        return entry

    def say(self, key: str, /, **values: Any) -> str:
        """Return the sentence of a key, its template filled with values."""
        return self.fill(self.word(key), **values)

    def fill(self, template: str, /, **values: Any) -> str:
        """Return a template of this catalogue filled with values. Never give it what a user typed as the template."""
        return self._render(template, values).strip()

    def _render(self, template: str, values: Mapping[str, Any]) -> str:
        if "{" not in template:
            return template
        from jinja2 import UndefinedError

        if template not in self._templates:
            self._templates[template] = self._jinja.from_string(template)
        try:
            return self._templates[template].render(values)
        except UndefinedError as error:
            raise DataError(f"A text of {self.code}.toml lacks a value: {error}. It is: {template}") from None

    def coded(self, code: Any, group: str) -> Any:
        """Return the words of a code, entry `words.<group>.<code>`; a code of your own stands for itself."""
        return self.word(f"words.{group}.{code}", str(code)) if isinstance(code, str) else code

    def named(self, row: Any, stem: str = "name") -> Any:
        """Return `name_zh` or `name_en` (or `title_..`, `note_..`) of a row or frame of the tables; else the other."""
        columns = dict.fromkeys([f"{stem}_{self.names}", stem, f"{stem}_zh", f"{stem}_en"])
        own, *others = [row[column] for column in columns if column in row]
        if hasattr(own, "fillna"):
            for other in others:
                own = own.fillna(other)
            return own
        return next((name for name in (own, *others) if isinstance(name, str)), None)

    def count(self, value: float | None, unit: str = "", large: float | None = None) -> str:
        """A number of persons, beds or places as it is read; `large` starts 万.

        >>> catalogue("zh").count(330_217, "人"), catalogue("en").count(330_217.4, " persons")
        ('33.02万人', '330,217 persons')
        """
        if value is None or is_missing(value):
            return self.word("words.missing")
        start = self.format["large_from"] if large is None else large
        if self.format["large_is"] and abs(value) >= start:
            return self.number(value / self.format["large_is"], ",.2f") + self.format["large"] + unit
        return self.number(value) + unit

    def percent(self, value: float | None, digits: int = 2) -> str:
        """A percentage: 16.63% of 16.634."""
        return self.number(value) if is_missing(value) else self.format["percent"].format(minus(f"{value:.{digits}f}"))

    def number(self, value: float | None, spec: str = ",.0f") -> str:
        """A number in a format of Python, with a true minus sign."""
        return self.word("words.missing") if is_missing(value) else minus(format(value, spec))

    def day(self, date: str) -> str:
        """A date of the tables as it is read.

        >>> catalogue("zh").day("2020-11-01"), catalogue("en").day("2020-11-01"), catalogue("en").day("2020-12")
        ('2020年11月1日', '1 November 2020', 'December 2020')
        """
        year, month, day = (*(int(part) for part in date.split("-")), None, None)[:3]
        name = calendar.month_name[month] if month else None
        return self.fill(self.format["day"], year=year, month=month, day=day, month_name=name)

    def listed(self, items: Iterable[str]) -> str:
        """Items in a row, with the comma of the language."""
        return self.format["list"].join(map(str, items))

    def told(self, error: BaseException) -> str:
        """What an error says: a sentence of ours, a reason of the system by its code, else the error's own text."""
        if isinstance(values := getattr(error, "values", None), dict):
            return self.say(getattr(error, "key", ""), **values)
        code = errno.errorcode.get(getattr(error, "errno", None) or 0, type(error).__name__)
        return self.word(f"errors.system.{code}", getattr(error, "strerror", None) or str(error))


def is_missing(value: object) -> bool:
    """Tell whether a value is None or no number (NaN, NA)."""
    return value is None or str(value) == "<NA>" or value != value


def minus(text: str) -> str:
    """Return a number with a true minus sign, and without a sign where it is rounded to zero.

    >>> minus("-1,234.5"), minus("-0.0")
    ('−1,234.5', '0.0')
    """
    if not any(digit in "123456789" for digit in text):
        return text.lstrip("+-")
    return text.replace("-", "−", 1) if text.startswith("-") else text
