"""What is known: files in, typed frames out."""
