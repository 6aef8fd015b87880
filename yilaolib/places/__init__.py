"""What an area brings to a projection, and how far that can be trusted."""
