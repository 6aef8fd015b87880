"""What plans print, recomputed."""
