"""People: pure mathematics, and what an area brings to a projection."""
