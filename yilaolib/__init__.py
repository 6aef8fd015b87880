"""Open, reproducible planning analysis for the elderly and the under-threes in China's cities and counties (一老一小).

>>> import yilaolib as yl
>>> yl.find_area("景德镇市")["area"]
'jingdezhen'
"""

import lazy_loader

__version__ = "0.1.0"

# Names are loaded on first use, so that `import yilaolib` takes a moment and `yl.project` still just works.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "needs.account": ["care_account"],
        "ages": ["graduate", "group_ages", "rake"],
        "audit": ["audit", "audit_table", "lint_targets", "solve_denominator"],
        "needs.allocation": ["allocate_beds", "allocation_equity"],
        "batch": ["render_reports"],
        "rendering.brief": ["city_brief"],
        "people.calibration": ["migration_rates", "tfr_ratio"],
        "checks": ["check_data"],
        "childcare": [
            "daycare_fees",
            "implied_coverage",
            "place_supply",
            "places_by_coverage",
            "places_by_intention",
            "places_by_norm",
            "triangulate_places",
            "turning_years",
        ],
        "people.cohorts": ["project_cohorts"],
        "needs.costs": ["bed_cost", "capital_cost", "operating_subsidy", "project_costs"],
        "data": ["cite", "describe_table", "find_area", "list_tables", "load_table"],
        "needs.decision": [
            "best_number",
            "expected_regret",
            "low_occupancy_probability",
            "shortage_probability",
            "split_spread",
        ],
        "rendering.display": ["save_results", "set_display", "show_figure", "show_heading", "show_table", "show_text"],
        "needs.care": ["care_need", "prevalence"],
        "eldercare": [
            "bed_pipeline",
            "bed_supply",
            "beds_by_hold",
            "beds_by_norm",
            "beds_by_prevalence",
            "beds_by_rule",
            "beds_by_share",
            "beds_by_utilisation",
            "nursing_beds",
            "shortfall",
            "triangulate_beds",
        ],
        "core.errors": ["DataError", "YilaoError"],
        "tabling.figures": ["figure", "printed"],
        "tabling.filled": ["list_filled"],
        "lifetables": ["asfr", "life_table", "life_table_for_e0", "single_year_mx", "survival_table", "tfr"],
        "places.margins": ["fill_pyramid"],
        "people.measures": ["dependency_ratio", "elderly_share", "median_age", "persons"],
        "places.parameters": ["local_parameters"],
        "needs.peers": ["compare_plans"],
        "plots": [
            "plot_fan",
            "plot_gap",
            "plot_methods",
            "plot_peers",
            "plot_pyramid",
            "plot_supply",
            "plot_targets",
            "plot_tornado",
            "use_style",
        ],
        "projection": ["ageing_stage", "project"],
        "places.ranges": ["assumed_range"],
        "reports": ["render_report"],
        "places.scenarios": ["Scenario"],
        "needs.sensitivity": ["build_decision", "need_samples"],
        "needs.sharing": ["gini", "share_out", "theil"],
        "needs.staff": ["care_staff", "childcare_staff"],
        "places.stream": ["project_ranges"],
        "trends": ["backtest", "extrapolate"],
        "needs.supply": ["supply_path"],
        "needs.targets": ["plan_targets"],
        "workbook": ["new_workbook", "read_workbook", "write_workbook"],
        "needs.tornado": ["need_tornado"],
    },
)
