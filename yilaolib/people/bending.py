"""A parent's pyramid bent towards what a place's own totals say of its old, before it is raked to them."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..core.forms import Population, as_array
from .raking import Margins

BEND, BEND_UNTIL = 0.4, 72  # share of the slope from 60-64 to 65+ that goes on, and the age where it ends
KNOWN_FROM, OLDER_FROM = 60, 65


def bend(parent: Population, margins: Margins) -> xr.DataArray:
    """The parent's pyramid with the old ages bent towards the place's own balance of 60-64 to 65+.

    A place with many more of 65+ than of 60-64, against its parent, tends to have more of 70-74 than of 65-69 too.
    Without both totals the parent comes back as it is.
    """
    array = as_array(parent)
    if (KNOWN_FROM, None) not in margins or (OLDER_FROM, None) not in margins:
        return array
    totals = array.sum([d for d in ("sex",) if d in array.dims])
    here = np.array([margins[KNOWN_FROM, None] - margins[OLDER_FROM, None], margins[OLDER_FROM, None]], dtype=float)
    ages = array["age"].to_numpy()
    young = (ages >= KNOWN_FROM) & (ages < OLDER_FROM)
    there = np.array([float(totals[young].sum()), float(totals[ages >= OLDER_FROM].sum())])
    if (here <= 0).any() or (there <= 0).any():
        return array  # `rake` says what is wrong
    slope = np.diff(np.log(here / there))[0] / 8  # from 62 to about 70, where the mean of the younger old is
    tilt = BEND * slope * (np.minimum(ages + 0.5, BEND_UNTIL) - 62)
    return array * xr.DataArray(np.where(ages >= OLDER_FROM, np.exp(tilt), 1.0), {"age": ages}, "age")
