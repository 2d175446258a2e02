"""Figures of the field at the ion: its spectrum beside black bodies, and T_eff along a line of points."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bbrmodel.constants import SPEED_OF_LIGHT
from bbrmodel.errors import ConfigError
from bbrmodel.ion.planck import planck_energy_density
from bbrmodel.viz import sheet
from bbrmodel.viz.color import color_map
from bbrmodel.viz.sky import readable

SPECTRUM, LINE = "spectrum", "line"
_SIZE = (1600, 1100)
_DECADES = 6.0  # of energy density below the highest
_BLACK_BODIES = ((293.0, "--"), (77.0, ":"))
_TERA, _MICRO, _MILLI = 1e-12, 1e6, 1e3


def plot_spectrum(document: Mapping[str, Any], path: Path) -> Path:
    """Draw the spectral energy density at the ion, its largest parts, and black bodies; return `path`.

    Raises
    ------
    ConfigError
        The result has no spectrum.
    """
    ion = document.get("ion") or {}
    spectrum = ion.get("spectrum")
    if not spectrum:
        raise ConfigError(f"{document.get('case')}: the result holds no spectrum of the ion. Run the case again.")
    frequency = np.array(spectrum["frequency_Hz"])
    density = np.array(spectrum["energy_density_J_m3_Hz"])
    figure = sheet.new_figure(_SIZE)
    axes = figure.add_axes((0.105, 0.12, 0.62, 0.68))
    label = f"at the ion, all light\n$T_\\mathrm{{eff}}$ = {ion['effective_temperature_K']:.3f} K"
    axes.plot(_TERA * frequency, density, color=sheet.ION_COLOR, linewidth=2.6, label=label, zorder=3)
    for T, style in _BLACK_BODIES:
        black = planck_energy_density(frequency, T)
        axes.plot(_TERA * frequency, black, style, color=sheet.QUIET, linewidth=1.3, label=f"black body at {T:g} K")
    parts = spectrum["by_surface"]
    colors = color_map()(np.linspace(0.05, 0.85, max(len(parts), 2)))
    for (name, part), color in zip(parts.items(), colors, strict=False):
        axes.plot(_TERA * frequency, part, color=color, linewidth=1.2, label=f"emitted by\n{readable(name)}")
    _limit(axes, frequency, density)
    _finish(axes, "frequency / THz", "spectral energy density / J m$^{-3}$ Hz$^{-1}$")
    _add_wavelengths(axes)
    # Beside the axes: curves fill all of them.
    axes.legend(fontsize=8.5, frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1.02), labelspacing=0.9)
    root = spectrum["rms_field_V_m"]
    sheet.draw_title(
        figure,
        f"{document['case']}: spectrum of the thermal radiation at the ion",
        f"energy density {spectrum['energy_density_J_m3']:.4g} J/m³, root-mean-square electric field {root:.4g} V/m",
    )
    return sheet.save_figure(figure, path)


def plot_line(document: Mapping[str, Any], path: Path) -> Path:
    """Draw T_eff along the line of points with its numerical error, and the fractional shift; return `path`.

    Raises
    ------
    ConfigError
        The result has no points on a line.
    """
    points = points_on_line(document)
    if not points:
        raise ConfigError(f"{document.get('case')}: the result has no line of points. Add [ion.line] to the case.")
    distance = _MILLI * np.array([point["distance_m"] for point in points])
    figure = sheet.new_figure(_SIZE)
    upper, lower = figure.add_axes((0.12, 0.50, 0.85, 0.36)), figure.add_axes((0.12, 0.105, 0.85, 0.34))
    temperature = [point["effective_temperature_K"] for point in points]
    error = [point["effective_temperature_std_K"] for point in points]
    color = sheet.ION_COLOR
    upper.errorbar(distance, temperature, yerr=error, color=color, marker="o", markersize=5, linewidth=1.6, capsize=3)
    fraction = np.array([point["fractional_shift"] for point in points])
    exponent = int(np.floor(np.log10(np.abs(fraction).max()))) if fraction.any() else 0
    lower.plot(distance, fraction / 10.0**exponent, color=sheet.INK, marker="o", markersize=5, linewidth=1.6)
    _finish(upper, "", r"$T_\mathrm{eff}$ / K")
    _finish(lower, "distance along the line / mm", rf"fractional shift / 10$^{{{exponent}}}$")
    upper.tick_params(labelbottom=False)
    for axes in (upper, lower):
        axes.ticklabel_format(axis="y", useOffset=False, style="plain")
    ends = [", ".join(f"{_MILLI * x:.4g}" for x in points[k]["position_m"]) for k in (0, -1)]
    words = f"from ({ends[0]}) mm to ({ends[1]}) mm; bars: numerical standard deviation"
    sheet.draw_title(
        figure,
        f"{document['case']}: effective temperature and clock shift along a line",
        f"{words}; clock {document['ion']['clock']}",
    )
    return sheet.save_figure(figure, path)


def points_on_line(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the points of a result that lie on a line."""
    points = (document.get("ion") or {}).get("points", ())
    return [point for point in points if point["distance_m"] is not None]


def _limit(axes: Any, frequency: Any, density: Any) -> None:
    """Set logarithmic axes to where the light at the ion is."""
    top = max(float(density.max()), float(planck_energy_density(frequency, _BLACK_BODIES[0][0]).max()))
    bottom = float(density.max()) * 10.0**-_DECADES
    seen = frequency[density > bottom]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(bottom, 3.0 * top)
    axes.set_xlim(_TERA * float(seen.min()), _TERA * float(seen.max()))


def _add_wavelengths(axes: Any) -> None:
    """Write wavelengths on the upper edge."""
    to_micro = _MICRO * SPEED_OF_LIGHT * _TERA

    def swap(value: Any) -> Any:
        """Turn frequencies in THz to wavelengths in micrometres, and back."""
        return to_micro / np.maximum(value, 1e-30)

    second = axes.secondary_xaxis("top", functions=(swap, swap))
    second.set_xlabel("wavelength / µm", fontsize=10.5)
    second.tick_params(labelsize=9.5)


def _finish(axes: Any, x: str, y: str) -> None:
    """Label and grid an axis."""
    axes.set_xlabel(x, fontsize=11)
    axes.set_ylabel(y, fontsize=11)
    axes.tick_params(labelsize=10)
    axes.grid(visible=True, color="#dfe3e6", linewidth=0.7)
    axes.set_axisbelow(True)


__all__ = ["LINE", "SPECTRUM", "plot_line", "plot_spectrum", "points_on_line"]
