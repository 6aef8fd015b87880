"""The rules that tables must keep."""
