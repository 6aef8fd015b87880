"""Names, old names and codes of areas -> areas. No pandas here, so that tab completion takes a moment."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path

ZH_ENDINGS = re.compile(
    "(?<=..)(特别行政区|(壮族|回族|维吾尔)?自治区|自治[州县旗]|地区|林区|矿区|新区|[省市县区盟旗州])$"
)
PEOPLES = re.compile(
    "(?<=..)((满|蒙古|回|藏|羌|苗|瑶|壮|侗|土家|黎|彝|畲|朝鲜|达斡尔|仫佬|毛南|仡佬|布依|水|傣|哈尼|纳西|拉祜|佤|布朗|白|景颇|"
    "傈僳|怒|独龙|普米|裕固|哈萨克|保安|东乡|撒拉|土|各)族|维吾尔|蒙古|哈萨克|锡伯|塔吉克|柯尔克孜)+$"
)
EN_ENDINGS = re.compile("(?<=..)(province|city|county|prefecture|municipality|district)$")
SEPARATORS = re.compile(r"[\s,，、;；/|>·・()（）]+")
TOLD = ("area", "level", "kind", "adcode", "name_zh", "name_en", "parent")  # of an area that a text may mean
LISTED = 6  # areas that a sentence names


@cache
def data_folder() -> Path:
    """Return the folder of our own tables: inside an installed wheel, or beside the package in a clone."""
    inside = Path(__file__).parents[1] / "_data"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "data"


def plain_name(text: str) -> str:
    """Return a name without case, width, spaces and punctuation: ＪＩＮＧＤＥ is jingde; ü is v, as typed."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("ü", "v")
    return text if text.isalnum() else re.sub(r"[\W_]+", "", text)


def bare(plain: str) -> str:
    """Return a plain name without its type: 景德镇市 and 景德镇, 阿坝藏族羌族自治州 and 阿坝 are one."""
    if plain.isascii():
        return EN_ENDINGS.sub("", plain)
    short = ZH_ENDINGS.sub("", plain)
    return PEOPLES.sub("", short) if "自治" in plain or plain.endswith("族区") else short


class Names:
    """All names of all areas. `find` gives every area that a text may mean, `meant` the one that it does mean.

    `areas` and `links` are rows of the tables `areas` and `area_links`; `own` are the slugs that a user adds.
    """

    def __init__(self, areas: Iterable[dict], links: Iterable[dict] = (), own: Iterable[str] = ()):
        self.rows, self.links, self.own = {row["area"]: row for row in areas}, list(links), set(own)

    @cached_property
    def tiers(self) -> list[dict[str, set[str]]]:
        """Slug or code; name; name without its type; name or code of 2010: the first that has the text wins."""
        tiers: list[dict[str, set[str]]] = [defaultdict(set) for _ in range(4)]
        for slug, row in self.rows.items():
            for code in filter(None, (slug, row["adcode"])):
                tiers[0][plain_name(code)].add(slug)
            english = (row["name_en"] or "").split(" (")[0]  # Fuzhou (Jiangxi)
            for name in filter(None, (row["name_zh"], row["name_en"], english)):
                tiers[1][plain_name(name)].add(slug)
                tiers[2][bare(plain_name(name))].add(slug)
        for link in self.links:
            code, slug = link["area_2010"], link["area"]
            whole = self.rows.get(slug, {}).get("level") != "county"
            if not code or slug not in self.rows or (whole and not code.endswith("00")):
                continue  # a prefecture that is now a sum of counties is none of them
            name = plain_name(link["name_2010_zh"])
            for key in [code] * (code not in tiers[0]) + [name, bare(name)] * (name not in tiers[1]):
                tiers[3][key].add(slug)
        return tiers

    def above(self, slug: str) -> Iterator[str]:
        """Yield the parents of an area, the nearest first; a loop in a user's table ends."""
        seen = {slug}
        while (slug := self.rows[slug]["parent"] or "") in self.rows and slug not in seen:
            seen.add(slug)
            yield slug

    def path(self, slug: str, name: str = "name_zh") -> str:
        """Return an area with its province and prefecture: 江苏省 南京市 鼓楼区."""
        line = [slug, *(up for up in self.above(slug) if self.rows[up]["level"] != "nation")]
        return " ".join(self.rows[at][name] for at in reversed(line))

    def find(self, text: str) -> list[str]:
        """Return the slugs of all areas that a text may mean, by code: 鼓楼区, 320106, 海安县, Gulou, Nanjing."""
        found = self._named(plain_name(text))
        if not found:
            parts = [part for part in map(plain_name, SEPARATORS.split(unicodedata.normalize("NFKC", text))) if part]
            found = self._in_parts(parts) if len(parts) > 1 else self._run_together(plain_name(text))
        return sorted(found, key=lambda slug: (self.rows[slug]["adcode"] or "", slug))

    def meant(self, text: str) -> list[str]:
        """As `find`, but a user's own area wins, and a prefecture over counties in it of its name (岳阳: 市, 县)."""
        found = [text] if text in self.rows else self.find(text)
        mine = [slug for slug in found if slug in self.own]
        first = [slug for slug in found if self.rows[slug]["level"] == "prefecture"]
        if len(first) == 1 and all(slug == first[0] or first[0] in self.above(slug) for slug in found):
            return first
        return mine or found

    def only(self, text: str) -> str | None:
        """Return the one area that a text means, None where it means none or several."""
        found = self.meant(text)
        return found[0] if len(found) == 1 else None

    def _named(self, key: str) -> set[str]:
        old = self.tiers[3].get(key)
        if found := self.tiers[0].get(key) or self.tiers[1].get(key):
            return found
        # 海安县 and 九江县 are written in full: what they became comes before what has their name without 县
        if old and bare(key) != key:
            return old
        return self.tiers[2].get(bare(key)) or old or self.tiers[3].get(bare(key)) or set()

    def _all(self, key: str) -> set[str]:
        return set().union(*(tier.get(at, ()) for tier in self.tiers for at in (key, bare(key))))

    def _in_parts(self, parts: list[str]) -> set[str]:
        """Areas of which one part is the name and all others are names of areas above; in any order."""
        named = [self._all(part) for part in parts]
        others = [(ours, named[:at] + named[at + 1 :]) for at, ours in enumerate(named)]
        found = {slug for ours, rest in others for slug in ours if all(one & {*self.above(slug)} for one in rest)}
        return {slug for slug in found if plain_name(self.rows[slug]["name_zh"]) in parts} or found

    def _run_together(self, text: str) -> set[str]:
        """江苏省南京市鼓楼区: names of areas above stand before, without a space."""
        for cut in range(2, len(text) - 1):
            if heads := self._all(text[:cut]):
                found = self._named(text[cut:]) or self._run_together(text[cut:])
                if inside := {slug for slug in found if heads & {*self.above(slug)}}:
                    return inside
        return set()

    def complete(self, typed: str, limit: int = 60) -> list[tuple[str, str]]:
        """Offer (what to write, where it is) for the beginning of a slug, code or name; each offer finds one area."""
        key, offers = unicodedata.normalize("NFKC", typed).casefold(), {}
        for slug, row in self.rows.items():
            above = self.rows.get(next(self.above(slug), ""), {}).get("name_zh")
            spelt = (slug, row["name_zh"], f"{row['name_zh']},{above}", row["adcode"] or "", row["name_en"])
            begun = (text for text in spelt if text.casefold().startswith(key))
            if offer := next((text for text in begun if self.meant(text) == [slug]), None):
                offers[offer] = self.path(slug)
            if len(offers) >= limit:
                break
        return sorted(offers.items())

    def inside(self, parent: str | None = None, level: str | None = None) -> list[str]:
        """Return slugs by code: all; of a level; the children of `parent`; those of a level anywhere inside it."""
        found = [slug for slug, row in self.rows.items() if level in (None, row["level"])]
        if parent is not None:
            found = [s for s in found if parent in (self.above(s) if level else (self.rows[s]["parent"],))]
        return sorted(found, key=lambda slug: (self.rows[slug]["adcode"] or "", slug))

    def choices(self, slugs: list[str]) -> list[dict]:
        """Return the rows of areas with their paths: what an ambiguous name may mean."""
        paths = {slug: {"path_zh": self.path(slug), "path_en": self.path(slug, "name_en")} for slug in slugs}
        return [{key: self.rows[slug].get(key) for key in TOLD} | paths[slug] for slug in slugs]

    def near(self, text: str) -> list[str]:
        """Return names and slugs that begin as a text does: those that may have been meant."""
        return [key for tier in self.tiers[:2] for key in tier if key[:1] == plain_name(text)[:1]]


@cache
def our_names() -> Names:
    tables = []
    for name in ("areas", "area_links"):
        with open(data_folder() / f"{name}.csv", encoding="utf-8", newline="") as file:
            tables.append([{key: cell or None for key, cell in row.items()} for row in csv.DictReader(file)])
    return Names(*tables)


def our_plans() -> set[str]:
    """Read which of our cities and counties have a plan, their slugs."""
    with open(data_folder() / "sources.csv", encoding="utf-8", newline="") as file:
        return {row["area"] for row in csv.DictReader(file) if row["plan_start"]} - {"china"}
