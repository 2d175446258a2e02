"""The figure of a run in time: sensors, the temperature at the ion, and what changes beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.typing import FloatArray
from bbrmodel.viz import sheet
from bbrmodel.viz.color import color_map
from bbrmodel.viz.labels import describe_column

_UNITS = ((3.0 * 86400.0, 86400.0, "days"), (7200.0, 3600.0, "h"), (300.0, 60.0, "min"), (0.0, 1.0, "s"))
_HEIGHTS = {"sensors": 3.0, "ion": 1.6, "level": 1.2, "schedule": 1.0}
_MOST_SENSORS = 10
_TOP, _BOTTOM = 1.15, 0.55  # for title and names, for the axis of time; in units of the heights
_LEGEND_COLUMNS = 4
_STYLES = ("-", "--", ":")
_TITLES = {"sensors / K": "sensors and ion", "bodies, mean / K": "bodies and ion"}


@dataclass(frozen=True)
class _Panel:
    """Curves that share an axis."""

    kind: str
    label: str
    curves: Mapping[str, FloatArray]


def plot_time_series(document: Mapping[str, Any], path: Path, *, hours: tuple[float, float] | None = None) -> Path:
    """Draw the series of a result.

    Parameters
    ----------
    document
        What `result.json` holds.
    path
        File to write; its suffix chooses the format.
    hours
        First and last time to show [h]; all without.

    Raises
    ------
    ConfigError
        The result is that of a steady state, or no step lies between `hours`.
    """
    series = document.get("time")
    if series is None:
        raise ConfigError(f"{document.get('case')}: is a steady state; there is no course of time to draw.")
    times = np.array(series["times_s"], dtype=np.float64)
    shown = np.ones(len(times), dtype=bool)
    if hours is not None:
        shown = (times >= 3600.0 * hours[0]) & (times <= 3600.0 * hours[1])
    if shown.sum() < 2:
        raise ConfigError(f"{document.get('case')}: has no two steps between {hours} h. Choose a longer time.")
    panels = _panels(series, shown)
    span = float(np.ptp(times[shown]))
    unit, name = next((unit, name) for least, unit, name in _UNITS if span >= least)
    height = sum(_HEIGHTS[panel.kind] for panel in panels) + _TOP + _BOTTOM
    figure = sheet.new_figure((1600, round(200 * height)))
    grid = figure.add_gridspec(
        len(panels), 1, height_ratios=[_HEIGHTS[panel.kind] for panel in panels], left=0.12, right=0.97,
        bottom=_BOTTOM / height, top=1.0 - _TOP / height, hspace=0.14,
    )  # fmt: skip
    first: Any = None
    for row, panel in enumerate(panels):
        axes = figure.add_subplot(grid[row], sharex=first)
        first = first or axes
        _draw(axes, times[shown] / unit, panel)
        axes.tick_params(labelbottom=row == len(panels) - 1)
    axes.set_xlabel(f"time / {name}", fontsize=11)
    title = f"{document.get('case', '')}: {_TITLES[panels[0].label]} in time"
    figure.text(
        0.5, 1.0 - 0.28 / height, title, ha="center", va="center", fontsize=12.5, color=sheet.INK, weight="bold"
    )
    return sheet.save_figure(figure, path)


def _panels(series: Mapping[str, Any], shown: Any) -> list[_Panel]:
    """Return the panels that a result has data for."""
    panels = []
    sensors = series["sensors_K"] or series["bodies_K"]
    label = "sensors / K" if series["sensors_K"] else "bodies, mean / K"
    panels.append(_Panel("sensors", label, _curves(sensors, shown, _MOST_SENSORS)))
    if series["effective_temperature_K"] is not None:
        at_ion = {"at the ion": series["effective_temperature_K"]}
        panels.append(_Panel("ion", r"$T_\mathrm{eff}$ / K", _curves(at_ion, shown, 1)))
    if series["levels_m"]:
        panels.append(_Panel("level", "level z / m", _curves(series["levels_m"], shown, 4)))
    if series["boil_off_L_per_day"]:
        panels.append(_Panel("level", "boil-off / (L/day)", _curves(series["boil_off_L_per_day"], shown, 4)))
    for key, values in series["schedules"].items():
        curve = _curves({key: values}, shown, 1)
        shape = describe_column(key, float(np.nanmax(np.abs(curve[key]))))
        panels.append(_Panel("schedule", shape.label, {key: shape.factor * curve[key]}))
    return panels


def _curves(found: Mapping[str, Sequence[float | None]], shown: Any, most: int) -> dict[str, FloatArray]:
    """Return the first curves, what is missing in them as gaps."""
    curves = {name: np.array(values, dtype=np.float64)[shown] for name, values in found.items()}
    return dict(list(curves.items())[:most])


def _draw(axes: Any, times: FloatArray, panel: _Panel) -> None:
    """Draw one panel."""
    colors = color_map()(np.linspace(0.02, 0.80, max(len(panel.curves), 2)))
    for place, (color, (name, values)) in enumerate(zip(colors, panel.curves.items(), strict=False)):
        # Curves that coincide show through the gaps of those above them.
        style, above = _STYLES[place % len(_STYLES)], 3.0 - 0.01 * place
        axes.plot(times, values, style, color=color, linewidth=1.5, label=name.replace("_", " "), zorder=above)
    if len(panel.curves) > 1:  # above the axes: curves may be anywhere in them
        number = len(panel.curves)
        columns = ceil(number / ceil(number / _LEGEND_COLUMNS))
        axes.legend(fontsize=8.5, ncols=columns, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    axes.set_ylabel(panel.label, fontsize=10)
    axes.tick_params(labelsize=9.5)
    axes.grid(visible=True, color="#dfe3e6", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.margins(x=0.0)
    axes.ticklabel_format(axis="y", useOffset=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


__all__ = ["plot_time_series"]
