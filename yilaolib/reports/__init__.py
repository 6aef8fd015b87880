"""From an area to a page: only here is papermill known."""
