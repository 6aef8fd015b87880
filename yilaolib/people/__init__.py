"""Demography: life tables, cohorts, ages, measures. It opens no file."""
