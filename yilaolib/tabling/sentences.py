"""A sentence in both languages, so that who made a mistake and who wrote the code need not share one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..core.errors import did_you_mean

LANGS = ("en", "zh")


class Said(NamedTuple):
    """What is to be said, in English and in Chinese.

    Examples
    --------
    >>> Said("row 7", "第7行").zh
    '第7行'
    """

    en: str
    zh: str

    def __str__(self) -> str:
        return self.en

    def then(self, more: Said, between: tuple[str, str] = (" ", "")) -> Said:
        """Return this and another sentence as one.

        Examples
        --------
        >>> Said("No.", "否。").then(Said("Write yes.", "请写是。"))
        Said(en='No. Write yes.', zh='否。请写是。')
        """
        return Said(self.en + between[0] + more.en, self.zh + between[1] + more.zh)


def near_miss(word: object, choices: Iterable[str]) -> Said:
    """Return " Did you mean 'x'?" in both languages, or two empty texts.

    Examples
    --------
    >>> near_miss("jiangsoo", ["jiangsu"]).zh
    '是否想写“jiangsu”？'
    """
    english = did_you_mean(word, choices)
    name = english.removeprefix(" Did you mean '").removesuffix("'?")
    return Said(english, f"是否想写“{name}”？" if english else "")
