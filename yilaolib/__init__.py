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
        "ages": ["graduate", "group_ages", "rake"],
        "batch": ["render_reports"],
        "brief": ["city_brief"],
        "calibration": ["migration_rates", "tfr_ratio"],
        "checks": ["check_data"],
        "childcare": [
            "implied_coverage",
            "place_supply",
            "places_by_coverage",
            "places_by_intention",
            "places_by_norm",
            "triangulate_places",
        ],
        "cohorts": ["project_cohorts"],
        "data": ["cite", "describe_table", "find_area", "list_tables", "load_table"],
        "display": ["set_display", "show_figure", "show_heading", "show_table", "show_text"],
        "eldercare": [
            "bed_supply",
            "beds_by_hold",
            "beds_by_norm",
            "beds_by_rule",
            "beds_by_share",
            "shortfall",
            "triangulate_beds",
        ],
        "errors": ["DataError", "YilaoError"],
        "figures": ["figure", "printed"],
        "lifetables": ["asfr", "life_table", "life_table_for_e0", "single_year_mx", "survival_table", "tfr"],
        "measures": ["dependency_ratio", "elderly_share", "median_age", "persons"],
        "parameters": ["local_parameters"],
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
        "reports": ["render_report"],
        "scenarios": ["Scenario"],
        "supply": ["supply_path"],
    },
)
