"""A picture of a material: what it conducts and stores over temperature, and who says so."""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from bbrmodel.materials import Curve
from bbrmodel.materials.custom import SolidMaterial
from bbrmodel.viz import sheet

_COLOR = "#8a2f5c"
_COLDEST_K, _WARMEST_K = 1.0, 400.0  # where a constant is drawn
_MARKS_K = (77.0, 293.0)
_WRAP = 46
_MOST_LINES = 14
_WIDTH, _HEAD, _ROW = 1600, 60, 620  # pixels


def plot_material(found: SolidMaterial, path: Path) -> Path:
    """Draw k(T), c(T) and, where it is known, the resistivity; return `path`."""
    curves = [("thermal conductivity", "W/m/K", found.conductivity)]
    if found.heat_capacity is not None:
        curves.append(("specific heat capacity", "J/kg/K", found.heat_capacity))
    if found.resistivity is not None:
        curves.append(("resistivity", "ohm m", found.resistivity))
    height = _HEAD + _ROW * len(curves)
    figure = sheet.new_figure((_WIDTH, height))
    density = "not given" if found.density_kg_m3 is None else f"{found.density_kg_m3:g} kg/m3"
    figure.text(0.09, 1.0 - 45 / height, found.name, fontsize=13, weight="bold", color=sheet.INK, va="center")
    figure.text(0.97, 1.0 - 45 / height, f"density {density}", fontsize=9, color=sheet.QUIET, va="center", ha="right")
    for row, (title, unit, curve) in enumerate(curves):
        bottom = 1.0 - (_HEAD + _ROW * (row + 1) - 100) / height
        axis = figure.add_axes((0.09, bottom, 0.50, (_ROW - 130) / height))
        _draw_curve(axis, curve, f"{title} [{unit}]")
    return sheet.save_figure(figure, path)


def _draw_curve(axis: Any, curve: Curve, label: str) -> None:
    """Draw one property: its curve, where it was extended, values at 77 and 293 K, its source below."""
    low, high = (float(np.clip(T, _COLDEST_K, _WARMEST_K)) for T in curve.range_K)
    end = float(np.clip(curve.form_range_K[1], low, high))
    T = np.linspace(low, end, 400)
    axis.plot(T, curve(T), color=_COLOR, linewidth=1.8)
    if end < high:
        axis.plot([end, high], curve(np.array([end, high])), color=_COLOR, linewidth=1.8, linestyle="--")
    if curve.low_factor is not None and curve.high_factor is not None:
        whole = np.linspace(low, high, 400)
        values = curve(whole)
        axis.fill_between(whole, curve.low_factor * values, curve.high_factor * values, color=_COLOR, alpha=0.12, lw=0)
    for mark in _MARKS_K:
        if low <= mark <= high:
            value = float(curve(mark))
            axis.plot([mark], [value], marker="o", markersize=5, color=_COLOR)
            rises = float(curve.derivative(mark)) > 0.0  # the number stands above, to the side where the curve is not
            side, shift = ("right", -6) if rises else ("left", 6)
            axis.annotate(
                f"{value:.4g}", (mark, value), textcoords="offset points", xytext=(shift, 5), ha=side, fontsize=9
            )
    axis.set_xlabel("temperature [K]", fontsize=10)
    axis.set_ylabel(label, fontsize=10)
    axis.set_xlim(left=0.0)
    axis.set_ylim(0.0, 1.12 * axis.get_ylim()[1])
    axis.grid(visible=True, color="#dfe3e6", linewidth=0.7)
    axis.tick_params(labelsize=9)
    axis.text(1.04, 1.0, _origin(curve), transform=axis.transAxes, va="top", fontsize=8, color=sheet.QUIET)


def _origin(curve: Curve) -> str:
    """Return range, whether the numbers were read in the source, and the source, in lines."""
    low, high = curve.range_K
    limits = "all temperatures" if np.isinf(high) else f"{low:g} to {high:g} K"
    read = "yes" if curve.verified else "no"
    lines = [f"range {limits}; read in its source: {read}"]
    if curve.extension_K is not None:
        state = "read in its source" if curve.extension_verified else "not read in a source"
        lines.append(f"dashed: extended, {state}")
    if curve.low_factor is not None and curve.high_factor is not None:
        lines.append(f"band: plausible, {curve.low_factor:g} to {curve.high_factor:g} of the curve")
    return "\n".join([*lines, *textwrap.wrap(curve.source or "no source", _WRAP)[:_MOST_LINES]])


__all__ = ["plot_material"]
