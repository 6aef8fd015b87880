"""From a city to a page: sentences, the notebook run, warm processes, batches."""
