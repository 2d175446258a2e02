"""Draw docs/images/refill_four_days.png, rf_step.png and refill_liquids.png from results of the shipped cases in time.

    bbrmodel run lncioc_ca2_refill -o results/boiling
    bbrmodel run lncioc_ca2_refill --set boundary_conditions.0.liquid=mixed -o results/mixed
    bbrmodel run lncioc_ca2_rf_step --set time.tolerance_K=0.001 -o results/rf_step
    python scripts/figure_refill.py results/boiling results/mixed results/rf_step

The figures in docs are of `--set geometry.resolution=coarse`, the first two results also with
`--set time.output_every_s=28800` and `--set radiation.portal_facet_ratio=0`: a minute of processor time each.

The last figure sets a liquid that boils at each depth beside one that is as warm as its surface everywhere.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from bbrmodel.results import read_result
from bbrmodel.viz import sheet
from bbrmodel.viz.time_figure import plot_time_series

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SENSORS = {"lnc_bottom": "#3b0f70", "bbr_cavity": "#de4968", "trap_replica_sensor6": "#fe9f6d"}
KINDS = (("boiling", "boils at each depth", "-"), ("mixed", "as warm as its surface", "--"))


def draw_liquids(results: dict[str, dict[str, Any]], path: Path) -> Path:
    """Draw sensors and the change of T_eff for both liquids."""
    figure = sheet.new_figure((1600, 1200))
    grid = figure.add_gridspec(2, 1, height_ratios=(2.2, 1.0), hspace=0.1, left=0.1, right=0.97, top=0.83, bottom=0.08)
    above = figure.add_subplot(grid[0])
    below = figure.add_subplot(grid[1], sharex=above)
    for kind, words, style in KINDS:
        series = results[kind]["time"]
        days = np.array(series["times_s"]) / 86400.0
        for name, color in SENSORS.items():
            label = name.replace("_", " ") if kind == "boiling" else None
            above.plot(days, np.array(series["sensors_K"][name]), style, color=color, label=label)
        ion = np.array(series["effective_temperature_K"], dtype=np.float64)
        below.plot(days, 1e3 * (ion - ion[0]), style, color=sheet.INK, label=f"liquid {words}")
    above.set_ylabel("sensors / K")
    below.set_ylabel(r"change of $T_\mathrm{eff}$ / mK")
    below.set_xlabel("time / days")
    handles = [*above.get_legend_handles_labels()[0], *below.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, ncols=3, fontsize=9.5, loc="upper center", bbox_to_anchor=(0.5, 0.92), frameon=False)
    sheet.draw_title(
        figure, "lncioc_ca2_refill: two models of the liquid nitrogen over four days", "refilled after two days"
    )
    for axes in (above, below):
        axes.grid(visible=True, color="#dfe3e6", linewidth=0.7)
        axes.margins(x=0.0)
    above.tick_params(labelbottom=False)
    return sheet.save_figure(figure, path)


def main(boiling: str, mixed: str, rf_step: str) -> None:
    """Draw all three figures."""
    results = {"boiling": read_result(Path(boiling)), "mixed": read_result(Path(mixed))}
    print(plot_time_series(results["boiling"], IMAGES / "refill_four_days.png"))
    print(plot_time_series(read_result(Path(rf_step)), IMAGES / "rf_step.png"))
    print(draw_liquids(results, IMAGES / "refill_liquids.png"))


if __name__ == "__main__":
    main(*sys.argv[1:4])
