"""The audit: intervals, formulas, denominators, verdicts."""
