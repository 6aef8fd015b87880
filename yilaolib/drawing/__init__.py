"""House style and the parts of the standard figures."""
