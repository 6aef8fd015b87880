"""A few projected figures, kept so that a change of any of them shows up in review."""

import pandas as pd
from make_snapshots import FILE, snapshot


def test_projected_figures_are_those_that_were_reviewed():
    """The projections are those of tests/snapshots; after a wanted change run `python tests/make_snapshots.py`."""
    pd.testing.assert_frame_equal(snapshot(), pd.read_csv(FILE), check_dtype=False, rtol=1e-5, atol=1)
