"""House style and the standard figures; they compute nothing."""
