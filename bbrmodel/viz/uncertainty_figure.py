"""A picture of an uncertainty study: which input limits the ion's temperature, by derivatives and by samples."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, NullFormatter

from bbrmodel.uncertainty.run import UncertaintyStudy
from bbrmodel.uncertainty.sampling import SampleStudy
from bbrmodel.uncertainty.tables import PRINTED, Row, UncertaintyTable, in_unit, title
from bbrmodel.viz import sheet

_UP, _DOWN, _SAMPLED, _NO_SIGN = "#b5403a", "#2b6ca3", "#1f2428", "#9aa3ab"
_WIDTH, _HEAD, _ROW, _FOOT = 1600, 150, 60, 110  # pixels
_WRAP, _LEAST = 36, 1e-4  # of the largest contribution: less has no place in the picture


def plot_uncertainty(study: UncertaintyStudy, path: Path) -> Path:
    """Draw the contributions to the first budget of a study, the largest on top; return `path`."""
    table = study.tables[0]
    scale, unit = PRINTED[table.quantity]
    least = _LEAST * max(abs(row.standard) for row in table.rows)
    rows = [row for row in table.rows if abs(row.standard) > least][::-1]
    height = _HEAD + _FOOT + _ROW * (len(rows) + 1)
    figure = sheet.new_figure((_WIDTH, height))
    axis = figure.add_axes((0.31, _FOOT / height, 0.65, 1.0 - (_HEAD + _FOOT) / height))
    words = _heading(table, study.samples)
    figure.text(0.03, 1.0 - 20 / height, words, fontsize=10, weight="bold", color=sheet.INK, va="top")
    total = scale * table.standard.quadrature
    axis.barh([len(rows)], [total], color=_NO_SIGN, height=0.62)
    sampled = _sampled(study.samples, table)
    if study.samples is not None:
        axis.plot([scale * float(study.samples.outputs[table.quantity].std())], [len(rows)], "D", color=_SAMPLED)
    for place, row in enumerate(rows):
        axis.barh([place], [scale * abs(row.standard)], color=_color(row), height=0.62)
        if row.name in sampled:
            axis.plot([scale * sampled[row.name]], [place], "D", color=_SAMPLED, markersize=5)
    names = [*(textwrap.fill(row.name, _WRAP) for row in rows), "sum in quadrature"]
    _finish(axis, names, f"standard contribution [{unit}]", with_samples=study.samples is not None)
    return sheet.save_figure(figure, path)


def _color(row: Row) -> str:
    """Return the colour of a bar by its sign; numerical error and clock data have none."""
    if row.method not in ("adjoint", "two solves"):
        return _NO_SIGN
    return _UP if row.standard > 0.0 else _DOWN


def _heading(table: UncertaintyTable, samples: SampleStudy | None) -> str:
    words = f"{title(table)}\nstandard uncertainty {in_unit(table.quantity, table.standard.quadrature)} in quadrature"
    if samples is None:
        return words
    return f"{words}, {in_unit(table.quantity, float(samples.outputs[table.quantity].std()))} by samples"


def _sampled(samples: SampleStudy | None, table: UncertaintyTable) -> Mapping[str, float]:
    """Return the standard deviation that samples give each input, with all it does together with others."""
    if samples is None:
        return {}
    spread = float(samples.outputs[table.quantity].std())
    shares = samples.total[table.quantity]
    return {name: spread * max(float(s), 0.0) ** 0.5 for name, s in zip(samples.drivers.names, shares, strict=True)}


def _finish(axis: Any, names: list[str], label: str, *, with_samples: bool) -> None:
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_yticks(range(len(names)), names, fontsize=9)
    axis.set_ylim(-0.6, len(names) - 0.4)
    axis.set_xlabel(label, fontsize=10)
    axis.tick_params(axis="x", labelsize=9)
    axis.tick_params(axis="y", length=0)
    axis.grid(visible=True, axis="x", color="#dfe3e6", linewidth=0.7)
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    handles: list[Any] = [Patch(color=_UP, label="raises it"), Patch(color=_DOWN, label="lowers it")]
    if with_samples:
        style = {"marker": "D", "linestyle": "", "color": _SAMPLED, "markersize": 5}
        handles.append(Line2D([], [], label="by samples, with others", **style))
    axis.legend(handles=handles, loc="lower left", bbox_to_anchor=(-0.005, 1.0), ncol=3, frameon=False, fontsize=9)


__all__ = ["plot_uncertainty"]
