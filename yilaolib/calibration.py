"""Local levels of fertility and migration from two censuses, measured against a reference (the nation).

Measured against the reference, the errors that a census makes everywhere (children missed in 2010, deaths not
reported) cancel; what is left is local.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from .ages import OPEN_AGE, Population, as_array, group_ages
from .errors import DataError

FERTILE = (15, 20, 25, 30, 35, 40, 45)
TOP = 85  # start of the open group that county tables print


def tfr_ratio(population: Population, reference: Population, schedule: pd.Series) -> float:
    """Local fertility as a multiple of the reference's, from children 0-4 and the women who could have borne them.

    It is the fertility of the last five years before the census of the women who live there now. Where children are
    left behind or brought along, the ratio contains that too.

    Parameters
    ----------
    population, reference : DataArray or DataFrame
        [persons] by `sex` and `age` (five-year groups from 0 or 0, 1-4).
    schedule : Series
        [share of the TFR] by five-year `age` from 15 to 45.

    Returns
    -------
    float
        [ratio] local TFR / reference TFR.

    Raises
    ------
    DataError
        When there are no women of childbearing age.

    References
    ----------
    Hauer, Baker and Brown (2013), Indirect estimates of total fertility rate using child woman/ratio, PLOS ONE 8.

    Examples
    --------
    >>> from yilaolib.data import load_table
    >>> china = load_table("population", area="china").query("year == 2020")
    >>> tfr_ratio(china, china, pd.Series(1 / 7, index=[15, 20, 25, 30, 35, 40, 45]))
    1.0
    """

    def children_per_woman(people: Population) -> float:
        groups = group_ages(as_array(people), edges=(0, 5, *FERTILE, 50, 55))
        women = groups.sel(sex="female", age=[*FERTILE, 50]).to_numpy()
        # over the five years, women of a group spent half their time in the group below
        exposed = (women[:-1] + women[1:]) / 2
        births = float((exposed * schedule.reindex(list(FERTILE)).to_numpy()).sum())
        if not births > 0:
            raise DataError("There are no women aged 15-49, so fertility cannot be measured from children and women.")
        return float(groups.sel(age=0).sum()) / births

    return children_per_woman(population) / children_per_woman(reference)


def migration_rates(
    then: Population,
    now: Population,
    reference_then: Population,
    reference_now: Population,
    *,
    survival_ratio: xr.DataArray | None = None,
    years: int = 10,
) -> xr.DataArray:
    """Annual net migration rates by sex and single age from two censuses ten years apart.

    A cohort that shrank more than the same cohort of the closed reference has lost migrants. The ten-year residual is
    spread evenly over the years, put at the cohort's middle age, and interpolated between cohorts, which smooths it.
    Children under 3 get none (their migration is in `tfr_ratio`), and above 80 it fades out, where it cannot
    be told from mortality.

    Parameters
    ----------
    then, now : DataArray or DataFrame
        [persons] by `sex` and five-year `age` (0 or 0, 1-4, to 85+), at the older and the newer census.
    reference_then, reference_now : same
        [persons] of a (nearly) closed population, for example the nation.
    survival_ratio : DataArray (sex, age), optional
        [ratio] Expected local ten-year survival over the reference's, by single age at the older census; default 1.
    years : int, default 10
        [years] Between the censuses; a multiple of 5.

    Returns
    -------
    DataArray
        [net migrants per survivor and year] dims (sex, age), ages 0 ... 100.

    Raises
    ------
    DataError
        When the censuses lack common five-year groups or are not a multiple of 5 years apart, or a cohort is empty.

    References
    ----------
    United Nations (1970), Manual VI: Methods of Measuring Internal Migration (census survival ratios).

    Examples
    --------
    >>> from yilaolib.data import load_table
    >>> china = load_table("population", area="china")
    >>> then, now = china.query("year == 2010"), china.query("year == 2020")
    >>> float(abs(migration_rates(then, now, then, now)).max())
    0.0
    """
    if years < 5 or years % 5:
        raise DataError(f"The two censuses are {years} years apart; cohorts can be followed over multiples of 5 years.")
    edges = np.arange(0, TOP + 1, 5)

    def ratio(before: Population, after: Population) -> xr.DataArray:
        old, new = (group_ages(as_array(p), edges=edges) for p in (before, after))
        top = TOP - years
        start = xr.concat(
            [
                old.sel(age=slice(None, top - 5)),
                old.sel(age=slice(top, None)).sum("age").assign_coords(age=top),
            ],
            "age",
        )
        end = new.sel(age=slice(years, None)).assign_coords(age=start["age"])
        if bool((start <= 0).any()) or bool((end <= 0).any()):
            raise DataError(
                "A five-year cohort is empty in one of the two censuses, so its migration cannot be measured."
            )
        return end / start

    relative = ratio(then, now) / ratio(reference_then, reference_now)
    cohorts = relative["age"].to_numpy()
    if survival_ratio is not None:
        relative = relative / survival_ratio.sel(age=cohorts + 2).assign_coords(age=cohorts)
    annual = relative ** (1 / years) - 1
    middle = cohorts + 2.5 + years / 2
    knots = np.concatenate([[0, 3], middle, [90.0]])
    ages = np.arange(OPEN_AGE + 1) + 0.5
    rows = []
    for sex in annual["sex"].to_numpy():
        known = annual.sel(sex=sex).to_numpy()
        rows.append(np.interp(ages, knots, np.concatenate([[0, 0], known, [0]])))
    return xr.DataArray(
        np.array(rows),
        coords={"sex": annual["sex"].to_numpy(), "age": np.arange(OPEN_AGE + 1)},
        dims=("sex", "age"),
    )
