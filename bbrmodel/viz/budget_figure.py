"""A picture of a budget: which row limits the clock, as printed and as worked out."""

import textwrap
from pathlib import Path
from typing import Any

from matplotlib.ticker import FuncFormatter, NullFormatter

from bbrmodel.budget import EvaluatedBudget, EvaluatedEntry
from bbrmodel.budget.write import heading
from bbrmodel.viz import sheet

_PRINTED, _RECOMPUTED, _CORRECTED = "#6b7278", "#2b6ca3", "#b5403a"
_WIDTH, _HEAD, _ROW, _FOOT = 1600, 150, 74, 150  # pixels
_WRAP = 34
_TITLE_WRAP = 88


def plot_budget(found: EvaluatedBudget, path: Path) -> Path:
    """Draw the uncertainty of every row, the largest on top, and of the sum in quadrature; return `path`."""
    rows = sorted((row for row in found.rows if row.own.uncertainty), key=lambda row: row.own.uncertainty or 0.0)
    height = _HEAD + _FOOT + _ROW * (len(rows) + 1)
    figure = sheet.new_figure((_WIDTH, height))
    axis = figure.add_axes((0.30, _FOOT / height, 0.66, 1.0 - (_HEAD + _FOOT) / height))
    title = "\n".join(textwrap.wrap(heading(found), _TITLE_WRAP))
    figure.text(0.03, 1.0 - 20 / height, title, fontsize=10, weight="bold", color=sheet.INK, va="top")
    axis.axhspan(-0.5, 0.5, color="#eef1f3", lw=0)
    sums = (found.printed.quadrature, found.recomputed.quadrature, found.own.quadrature)
    _mark(axis, 0, printed=sums[0], recomputed=sums[1], corrected=sums[2])
    for place, row in enumerate(rows, start=1):
        _mark(axis, place, **_sizes(row))
    _finish(axis, ["sum in quadrature", *(textwrap.fill(row.entry.title, _WRAP) for row in rows)], found.budget.unit)
    return sheet.save_figure(figure, path)


def _sizes(row: EvaluatedEntry) -> dict[str, float | None]:
    values = {"printed": row.printed, "recomputed": row.recomputed, "corrected": row.corrected}
    return {name: None if value is None else value.uncertainty for name, value in values.items()}


def _mark(axis: Any, place: int, *, printed: float | None, recomputed: float | None, corrected: float | None) -> None:
    """Draw one row: an open circle, a dot and a diamond on a thin line; what is 0 has no place on a scale of powers."""
    shown = [size for size in (printed, recomputed, corrected) if size]
    if len(shown) > 1:
        axis.plot([min(shown), max(shown)], [place, place], color="#c3c9ce", linewidth=1.2, zorder=1)
    if printed:
        axis.plot(printed, place, "o", markersize=9, markerfacecolor="none", color=_PRINTED, zorder=2)
    if recomputed:
        axis.plot(recomputed, place, "o", markersize=4.5, color=_RECOMPUTED, zorder=3)
    if corrected:
        axis.plot(corrected, place, "D", markersize=5.5, color=_CORRECTED, zorder=4)


def _finish(axis: Any, names: list[str], unit: str) -> None:
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_yticks(range(len(names)), names, fontsize=9)
    axis.set_ylim(-0.6, len(names) - 0.4)
    axis.set_xlabel(f"uncertainty [{unit}]", fontsize=10)
    axis.tick_params(axis="x", labelsize=9)
    axis.tick_params(axis="y", length=0)
    axis.grid(visible=True, axis="x", color="#dfe3e6", linewidth=0.7)
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.plot([], [], "o", markersize=9, markerfacecolor="none", color=_PRINTED, label="printed")
    axis.plot([], [], "o", markersize=4.5, color=_RECOMPUTED, label="recomputed")
    axis.plot([], [], "D", markersize=5.5, color=_CORRECTED, label="corrected")
    axis.legend(loc="lower left", bbox_to_anchor=(-0.005, 1.0), ncol=3, frameon=False, fontsize=9)


__all__ = ["plot_budget"]
