"""All pictures of one result."""

import json
from pathlib import Path

from bbrmodel.errors import ConfigError
from bbrmodel.viz.data import read_plot_data
from bbrmodel.viz.sky import plot_ion_sky
from bbrmodel.viz.temperature import plot_apparatus, plot_cavity, plot_trap
from bbrmodel.viz.time_figure import plot_time_series

_SMALLEST_WINDOW = 400


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
        (where small parts stand close to it) and ion_sky.png; of a run in time, time_series.png.

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
    found = [picture for picture in pictures if picture is not None]
    document = json.loads((source / "result.json").read_text(encoding="utf-8"))
    if document.get("time") is not None:
        found.append(plot_time_series(document, target / "time_series.png"))
    return found


__all__ = ["plot_result"]
