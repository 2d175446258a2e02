"""All pictures of one result."""

from pathlib import Path

from bbrmodel.errors import ConfigError
from bbrmodel.viz.data import PlotData, read_plot_data, read_record
from bbrmodel.viz.ion_figures import LINE, SPECTRUM, plot_line, plot_spectrum, points_on_line
from bbrmodel.viz.sky import plot_ion_sky
from bbrmodel.viz.temperature import plot_apparatus, plot_cavity, plot_trap
from bbrmodel.viz.time_figure import plot_time_series

_SMALLEST_WINDOW = 400
_ION_FIGURES = {SPECTRUM: plot_spectrum, LINE: plot_line}


def plot_result(
    directory: Path | str, out_dir: Path | str | None = None, *, window_size: tuple[int, int] = (1600, 1200)
) -> list[Path]:
    """Draw the pictures of a result directory, without a display.

    Parameters
    ----------
    directory
        what a run wrote: result.json, temperatures.vtu, facets.vtu.
    out_dir
        where the pictures go; None: into `directory`.
    window_size
        pixels, width and height, at least 400 each.

    Returns
    -------
    :
        the files written: temperature_apparatus.png, and with an ion temperature_cavity.png, temperature_trap.png
        (where small parts stand close to it), ion_sky.png, ion_spectrum.png and, with a line of points, ion_line.png;
        of a run in time, time_series.png.

    Raises
    ------
    ConfigError
        There is no result in `directory`, or `window_size` is too small.
    MeshError
        The result has nothing to draw or lacks an array.
    MissingDependencyError
        pyvista is not installed.
    """
    if min(window_size) < _SMALLEST_WINDOW:
        raise ConfigError(f"window_size = {window_size}: must be at least {_SMALLEST_WINDOW} pixels each way.")
    source = Path(directory)
    target = source if out_dir is None else Path(out_dir)
    data = read_plot_data(source)
    pictures = (
        plot_apparatus(data, target / "temperature_apparatus.png", window_size=window_size),
        plot_cavity(data, target / "temperature_cavity.png", window_size=window_size),
        plot_trap(data, target / "temperature_trap.png", window_size=window_size),
        plot_ion_sky(data, target / "ion_sky.png", window_size=window_size),
    )
    found = [picture for picture in pictures if picture is not None] + _ion_figures(data, target)
    document = read_record(source)
    if document.get("time") is not None:
        found.append(plot_time_series(document, target / "time_series.png"))
    return found


def plot_ion_figure(directory: Path | str, name: str, out_dir: Path | str | None = None) -> Path:
    """Draw the spectrum at the ion or T_eff along a line from a result directory; needs no fields.

    Parameters
    ----------
    name
        "spectrum" or "line".
    out_dir
        where the picture goes; None: into `directory`.

    Raises
    ------
    ConfigError
        There is no result, or it has no such figure.
    """
    source = Path(directory)
    draw = _ION_FIGURES[name]
    return draw(read_record(source), (source if out_dir is None else Path(out_dir)) / f"ion_{name}.png")


def _ion_figures(data: PlotData, target: Path) -> list[Path]:
    """Return the figures of the field that a result has."""
    document = {"case": data.case, "ion": data.ion}
    drawn = []
    if (data.ion or {}).get("spectrum"):
        drawn.append(plot_spectrum(document, target / f"ion_{SPECTRUM}.png"))
    if points_on_line(document):
        drawn.append(plot_line(document, target / f"ion_{LINE}.png"))
    return drawn


__all__ = ["plot_ion_figure", "plot_result"]
