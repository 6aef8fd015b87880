"""What a person wrote for need, staff and decision: judged values with the range in which we would believe them.

Each becomes up to three rows of `assumptions`: the value, <parameter>_lower and <parameter>_upper.
"""

OTHER_E0 = "(judged) How far the life expectancy of a place may be from the figure used, either way, in the tornado."
LIVES = (
    "(judged) Share of persons of this level who are cared for in an institution. The lower values together come near "
    "the 2.15 million residents of homes that the ministry is quoted with for 2020; no plan prints such shares."
)
OCCUPIED = "(judged) Share of beds that planning wants occupied; rules of other countries use 0.90 to 0.95."
CARERS = (
    "(judged) Residents for each care worker on the payroll, all shifts together; no binding national ratio was read."
)
ENROLLED = "(judged) Share of daycare places that children under 1, 1 and 2 years old take; no plan prints it."
OUTLIER = (
    "(judged) A project whose unit cost is more than so many times above or below the median of its kind is named and "
    "left out of the range."
)
EMPTY = "(judged) Under this share of beds occupied a supply is called too empty."
JUDGED_RANGES = [  # parameter, value, lower, upper, unit, note
    ("cost_outlier_times", 3, None, None, "1", OUTLIER),
    ("low_occupancy", 0.6, None, None, "share", EMPTY),
    ("e0_doubt", 1, None, None, "years", OTHER_E0),
    ("target_occupancy", 0.85, 0.80, 0.95, "share", OCCUPIED),
    ("institution_share_mild", 0.05, 0.03, 0.10, "share", LIVES),
    ("institution_share_moderate", 0.15, 0.10, 0.30, "share", LIVES),
    ("institution_share_severe", 0.40, 0.25, 0.60, "share", LIVES),
    ("institution_share_unable", 0.40, 0.25, 0.60, "share", LIVES),
    ("residents_per_carer_mild", 10, 8, 15, "residents per care worker", CARERS),
    ("residents_per_carer_moderate", 6, 4, 8, "residents per care worker", CARERS),
    ("residents_per_carer_severe", 3, 2, 4, "residents per care worker", CARERS),
    ("residents_per_carer_unable", 3, 2, 4, "residents per care worker", CARERS),
    ("enrolled_share_6_12m", 0.05, None, None, "share", ENROLLED),
    ("enrolled_share_12_24m", 0.25, None, None, "share", ENROLLED),
    ("enrolled_share_24_36m", 0.70, None, None, "share", ENROLLED),
]


def judged_rows():
    """Rows of `assumptions`: area, scenario, parameter, year, value, unit, source, note."""
    rows = []
    for parameter, value, lower, upper, unit, note in JUDGED_RANGES:
        for suffix, number in (("", value), ("_lower", lower), ("_upper", upper)):
            if number is not None:
                rows.append(("", "", f"{parameter}{suffix}", None, number, unit, "judged", note))
    return rows
