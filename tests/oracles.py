"""Figures that others have published, typed, and the small worlds that several tests share."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import xarray as xr
from hypothesis import settings
from hypothesis import strategies as st

from yilaolib.demography.projection import project

SEX = ["female", "male"]
CITIES = ("yingtan", "jingdezhen", "yueyang", "lianshui", "haian")
AGE = np.arange(101)

# Few examples, always the same ones: a run is quick, and a failure comes back.
quick = settings(max_examples=20, derandomize=True)

# Census of 1 November 2020 (NBS, 中国人口普查分县资料 2020): residents, aged 60+, aged 65+.
CENSUS_2020 = {
    "yingtan": (1_154_223, 201_480, 140_275),
    "jingdezhen": (1_618_979, 269_220, 184_043),
    "yueyang": (5_051_922, 1_024_040, 757_815),
    "lianshui": (829_699, 193_534, 141_055),
    "haian": (874_334, 284_476, 217_175),
}

# Preston, Heuveline and Guillot (2001), Demography, box 6.1: females of Sweden, 1993, closed; ages 0, 5 ... 85+.
# Columns: persons 1993, nLx, births of both sexes per woman-year, persons 1998, persons 2003, stable share.
SWEDEN_CLOSED = """
0 293395 497487 0 293574 280121 0.0619116748
5 248369 497138 0 293189 293368 0.0617994881
10 240012 496901 0 248251 293049 0.0617013816
15 261346 496531 0.0120 239833 248066 0.0615869203
20 285209 495902 0.0908 261015 239529 0.0614405480
25 314388 495168 0.1499 284787 260629 0.0612814302
30 281290 494213 0.1125 313782 284238 0.0610952699
35 286923 492760 0.0441 280463 312859 0.0608479527
40 304108 490447 0.0074 285576 279147 0.0604950315
45 324946 486613 0.0003 301731 283344 0.0599554177
50 247613 480665 0 320974 298043 0.0591567528
55 211351 471786 0 243039 315045 0.0579994637
60 215140 457852 0 205109 235861 0.0562239230
65 221764 436153 0 204944 195388 0.0534997799
70 223506 402775 0 204793 189260 0.0493506342
75 183654 350358 0 194419 178141 0.0428804537
80 141990 271512 0 142324 150666 0.0331935317
85 112424 291707 0 131768 141960 0.0355803460
"""
SWEDEN_GROWTH_PER_STEP = 1.00111253

# Box 6.2 of the same book: both sexes (the males copy the females), five-year net migration of each sex, half at the
# start and half at the end. Columns: age, net migrants, births by age of mother, females 1998, males 1998.
SWEDEN_OPEN = """
0 6840 0 302392 317340
5 4150 0 298682 298682
10 3365 0 252007 252007
15 5270 15244 244150 244150
20 9240 126688 268267 268267
25 8230 229354 293515 293515
30 5470 170057 320624 320624
35 3155 63203 284767 284767
40 1770 10971 288031 288031
45 1115 472 303166 303166
50 1075 0 322062 322062
55 845 0 243989 243989
60 645 0 205841 205841
65 530 0 205516 205516
70 465 0 205270 205270
75 300 0 194771 194771
80 250 0 142565 142565
85 175 0 131966 131966
"""

# United Nations (1982), Model Life Tables for Developing Countries, p. 34, males: age, mx, ex.
UN_1982_MALES = """
0 0.23669 35.000
1 0.04672 42.901
5 0.00982 47.190
10 0.00511 44.438
15 0.00697 40.523
20 0.01036 36.868
25 0.01169 33.691
30 0.01332 30.567
35 0.01528 27.500
40 0.01757 24.485
45 0.02092 21.504
50 0.02517 18.599
55 0.03225 15.758
60 0.04241 13.080
65 0.06056 10.584
70 0.08574 8.466
75 0.11840 6.729
80 0.16226 5.312
85 0.23745 4.211
"""
# United Nations (1988), MORTPAK, p. 82, females: age, mx, ex.
MORTPAK_FEMALES = """
0 0.12846 49.997
1 0.02477 55.675
5 0.00603 57.245
10 0.00340 53.921
15 0.00417 49.803
20 0.00513 45.799
25 0.00581 41.922
30 0.00645 38.084
35 0.00725 34.249
40 0.00813 30.420
45 0.00913 26.578
50 0.01199 22.701
55 0.01647 18.945
60 0.02560 15.349
65 0.04047 12.095
70 0.06624 9.240
75 0.10638 6.903
80 0.19611 5.099
"""
# Preston, Heuveline and Guillot (2001), box 3.1: Austria 1992, males. Columns: age, persons, deaths, ax (as their
# program holds it, in single precision), q, l, L, e.
AUSTRIA_1992 = """
0 47925 419 0.06846574856546687 0.008672199 100000.00 99192.15 72.889011
1 189127 70 1.6263801982263955 0.001479187 99132.78 396183.06 72.526050
5 234793 36 2.5 0.000766339 98986.14 494741.08 68.631079
10 238790 46 3.1429998874664307 0.000962845 98910.29 494374.58 63.681797
15 254996 249 2.7239999771118164 0.004871602 98815.05 492979.62 58.740142
20 326831 420 2.5199999809265137 0.006404927 98333.66 490106.37 54.014367
25 355086 403 2.4809999465942383 0.005658505 97703.84 487126.57 49.346310
30 324222 441 2.6010000705718994 0.006778776 97150.99 484175.04 44.613007
35 269963 508 2.7009999752044678 0.009368169 96492.42 480383.91 39.899741
40 261971 769 2.6630001068115234 0.014577196 95588.46 474685.92 35.251520
45 238011 1154 2.697999954223633 0.023974985 94195.05 465776.60 30.733597
50 261612 1866 2.6760001182556152 0.035081969 91936.73 452187.99 26.422261
55 181385 2043 2.6449999809265137 0.054861466 88711.41 432095.63 22.285614
60 187962 3496 2.624000072479248 0.089061670 83844.57 401480.45 18.425672
65 153832 4366 2.61899995803833 0.132925406 76377.23 357713.11 14.970589
70 105169 4337 2.5929999351501465 0.187573266 66224.76 301224.04 11.864128
75 73694 5279 2.5179998874664307 0.304102199 53802.76 228404.47 9.004648
80 57512 6460 2.4230000972747803 0.435548178 37441.22 145181.81 6.839265
85 32248 6146 5.246989912137976 1.000000000 21133.77 110888.66 5.246990
"""


def typed(text: str, *columns: str) -> pd.DataFrame:
    """A typed block of figures as a frame by age."""
    rows = [[float(cell) for cell in line.split()] for line in text.strip().splitlines()]
    frame = pd.DataFrame(rows, columns=["age", *columns])
    return frame.astype({"age": int}).set_index("age")


def gompertz(level: float = 3e-5, slope: float = 0.09, infants: float = 0.005) -> pd.Series:
    """Death rates by single age that look like a real population's."""
    rates = level * np.exp(slope * AGE)
    rates[0] += infants
    return pd.Series(rates, index=AGE)


def people(female, male=None, ages=AGE) -> xr.DataArray:
    """A pyramid (sex, age) from one or two rows of persons."""
    rows = [np.broadcast_to(persons, len(ages)) for persons in (female, female if male is None else male)]
    return xr.DataArray(np.array(rows, dtype=float), coords={"sex": SEX, "age": ages}, dims=("sex", "age"))


def counts(size: int, highest: float = 1e6) -> st.SearchStrategy:
    """Lists of persons, 0 among them."""
    return st.lists(st.floats(0, highest, allow_subnormal=False), min_size=size, max_size=size)


@cache
def future_of(area: str, scenario: str = "medium", end_year: int = 2050) -> xr.Dataset:
    """A projection, made once a run; do not change it."""
    return project(area, scenario=scenario, end_year=end_year)
