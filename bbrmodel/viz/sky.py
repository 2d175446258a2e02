"""What the ion sees: a map of all directions, and what each surface contributes to T_eff^4."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patheffects import withStroke
from scipy import ndimage

from bbrmodel.errors import MissingDependencyError
from bbrmodel.typing import BoolArray, FloatArray, IntArray
from bbrmodel.viz import sheet
from bbrmodel.viz.color import ColorScale, focused_scale
from bbrmodel.viz.data import PlotData

_MAP_BOX = (0.03, 0.475, 0.70, 0.40)  # left, bottom, width, height, parts of the sheet
_COLOR_BOX = (0.14, 0.425, 0.48, 0.018)
_BARS_BOX = (0.27, 0.088, 0.26, 0.245)
_MAP_WIDTH = 1400  # pixels; the map is half as high
_BARS = 9
_BORDER_COLOR = (0.96, 0.96, 0.97)
_OPEN_COLOR = (1.0, 1.0, 1.0)
_ENVIRONMENT = "environment"  # its row in the table of the ion's surfaces
_NAME_RADIUS = 0.17  # on a map 4 wide and 2 high
_SMALLEST_PATCH = 60  # map pixels that a surface must show to get its number
_DIRECTIONS = {"+x": (1, 0, 0), "+y": (0, 1, 0), "−y": (0, -1, 0)}  # the others lie on the rim
_NAME_DROP = 0.1


def plot_ion_sky(data: PlotData, path: Path, *, window_size: tuple[int, int]) -> Path | None:
    """Draw the directly seen temperature of every direction and the largest contributions; None without an ion."""
    position = data.ion_position_m
    if position is None or data.ion is None or not len(data.facets.surface):
        return None
    inside, directions = sky_directions(_MAP_WIDTH)
    seen = cast_rays(data.facets.vertices_m, position, directions)
    scale = _sky_scale(data, seen)
    rows = top_surfaces(data.ion.get("surfaces", ()), _BARS)
    figure = sheet.new_figure(window_size)
    sheet.draw_title(
        figure,
        f"{data.case}: the sky of the ion",
        r"temperature of the surface that each direction meets first; contributions to $T_\mathrm{eff}^4$",
    )
    axes = _draw_map(figure, data, seen, inside=inside, scale=scale)
    _number_surfaces(axes, data, [row["name"] for row in rows], seen=_on_map(seen, inside))
    sheet.draw_color_bar(figure, scale, _COLOR_BOX)
    if rows:
        _draw_bars(figure, rows)
    _draw_summary(figure, data.ion)
    return sheet.save_figure(figure, path)


def sky_directions(width: int) -> tuple[BoolArray, FloatArray]:
    """Return the pixels of a Mollweide map and the directions they stand for.

    Returns
    -------
    :
        mask of the ellipse, shape (width / 2, width), and unit vectors of the pixels inside, shape (n, 3); the middle
        of the map is +x, +y lies to the left of it, +z at the top, as one sees it from inside.
    """
    height = width // 2
    x = (np.arange(width) + 0.5) / width * 2 - 1
    y = 1 - (np.arange(height) + 0.5) / height * 2
    grid_x, grid_y = np.meshgrid(x, y)
    inside = grid_x**2 + grid_y**2 <= 1
    theta = np.arcsin(grid_y[inside])
    latitude = np.arcsin(np.clip((2 * theta + np.sin(2 * theta)) / np.pi, -1, 1))
    longitude = -np.pi * grid_x[inside] / np.cos(theta)
    across = np.cos(latitude)
    return inside, np.stack([across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)], axis=1)


def map_place(direction: Sequence[float]) -> tuple[float, float]:
    """Return where a direction lies on the map, -1..1 in x (to the right) and y (upwards)."""
    unit = np.asarray(direction, dtype=np.float64) / np.linalg.norm(direction)
    latitude, longitude = np.arcsin(unit[2]), np.arctan2(unit[1], unit[0])
    theta = latitude
    for _ in range(60):
        slope = 2 + 2 * np.cos(2 * theta)
        if slope < 1e-9:
            break
        theta -= (2 * theta + np.sin(2 * theta) - np.pi * np.sin(latitude)) / slope
    return float(-longitude / np.pi * np.cos(theta)), float(np.sin(theta))


def cast_rays(vertices_m: FloatArray, origin_m: FloatArray, directions: FloatArray) -> IntArray:
    """Return the first facet that each ray from the origin meets, shape (n,); -1 where it leaves."""
    try:
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene
    except ImportError as error:
        raise MissingDependencyError(
            f"embreex cannot be imported ({error}); the ion's sky needs it. Install it: pip install embreex"
        ) from error
    scene = EmbreeScene()
    # float32 is finest near zero, which therefore is the ion
    mesh = TriangleMesh(scene, np.ascontiguousarray(vertices_m - origin_m, dtype=np.float32))
    hit = scene.run(np.zeros((len(directions), 3), dtype=np.float32), directions.astype(np.float32))
    del mesh
    return np.asarray(hit, dtype=np.int64)


def top_surfaces(surfaces: Sequence[Mapping[str, Any]], count: int) -> list[Mapping[str, Any]]:
    """Return the rows of `ion.surfaces` with the largest share of T_eff^4, the largest first."""
    return sorted(surfaces, key=lambda row: -float(row.get("share_of_T4") or 0.0))[:count]


def _sky_scale(data: PlotData, seen: IntArray) -> ColorScale:
    """Return a scale for the surfaces that fill most of the sky."""
    facets = seen[seen >= 0]
    if not len(facets):
        return focused_scale([data.facets.temperature_K], [1.0])
    temperature, surface = data.facets.temperature_K[facets], data.facets.surface[facets]
    names = np.unique(surface)
    return focused_scale(
        [temperature[surface == name] for name in names], [float((surface == name).sum()) for name in names]
    )


def _on_map(values: IntArray, inside: BoolArray) -> IntArray:
    """Return values of directions as pixels of the map; -2 outside the ellipse."""
    pixels = np.full(inside.shape, -2, dtype=np.int64)
    pixels[inside] = values
    return pixels


def _draw_map(figure: Any, data: PlotData, seen: IntArray, *, inside: BoolArray, scale: ColorScale) -> Any:
    colors = np.ones((*inside.shape, 3))
    flat = np.full((len(seen), 3), _OPEN_COLOR)
    hit = seen >= 0
    flat[hit] = scale.rgb(data.facets.temperature_K[seen[hit]])
    outside = _environment_temperature(data)
    if outside is not None:
        flat[~hit] = scale.rgb(np.array([outside]))[0]
    colors[inside] = flat
    surfaces = np.where(hit, data.facets.surface[np.maximum(seen, 0)], -1)
    pixels = _on_map(surfaces, inside)
    border = (pixels != np.roll(pixels, 1, axis=1)) | (pixels != np.roll(pixels, 1, axis=0))
    colors[border & inside] = 0.5 * colors[border & inside] + 0.5 * np.asarray(_BORDER_COLOR)
    axes = figure.add_axes(_MAP_BOX)
    axes.imshow(colors, extent=(-2, 2, -1, 1), interpolation="lanczos")
    angle = np.linspace(0, 2 * np.pi, 361)
    axes.plot(2 * np.cos(angle), np.sin(angle), color=sheet.INK, linewidth=1.0)
    _name_directions(axes)
    axes.set_xlim(-2.2, 2.2)
    axes.set_ylim(-1.16, 1.16)
    axes.set_axis_off()
    return axes


def _environment_temperature(data: PlotData) -> float | None:
    """Return the temperature of what lies beyond the open directions; None where the model is closed."""
    for row in (data.ion or {}).get("surfaces", ()):
        if row["name"] == _ENVIRONMENT:
            return float(row["mean_temperature_K"])
    return None


def _name_directions(axes: Any) -> None:
    """Mark the coordinate axes; what may be a hole stays visible, so names stand beside their directions."""
    for name, direction in _DIRECTIONS.items():
        x, y = map_place(direction)
        halo = [withStroke(linewidth=2.2, foreground="white")]
        axes.plot([2 * x], [y], marker="+", markersize=5, markeredgewidth=0.9, color=sheet.INK, path_effects=halo)
        axes.text(2 * x, y - _NAME_DROP, name, ha="center", va="center", fontsize=8.5, color=sheet.INK,
                  path_effects=halo)  # fmt: skip
    for name, place in {"+z": (0, 1.09), "−z": (0, -1.09), "−x": (-2.1, 0), "−x ": (2.1, 0)}.items():
        axes.text(*place, name.strip(), ha="center", va="center", fontsize=8.5, color=sheet.INK)


def _number_surfaces(axes: Any, data: PlotData, names: Sequence[str], *, seen: IntArray) -> None:
    """Write the numbers of the bar chart on the widest patch of each surface."""
    surfaces = np.where(seen >= 0, data.facets.surface[np.maximum(seen, 0)], seen)[::2, ::2]
    height, width = surfaces.shape
    taken = _near_direction_names(height, width)
    for number, name in enumerate(names, start=1):
        if name == _ENVIRONMENT:
            mask = (surfaces == -1) & ~taken
        elif name in data.surface_names:
            mask = (surfaces == data.surface_names.index(name)) & ~taken
        else:
            continue
        if mask.sum() < _SMALLEST_PATCH:
            continue
        depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
        row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
        place = (4 * (column + 0.5) / width - 2, 1 - 2 * (row + 0.5) / height)
        axes.text(*place, str(number), ha="center", va="center", fontsize=8.5, weight="bold", color="white",
                  bbox={"boxstyle": "circle,pad=0.22", "facecolor": sheet.ION_COLOR, "edgecolor": "white"})  # fmt: skip


def _near_direction_names(height: int, width: int) -> BoolArray:
    """Return the pixels of the map that +x, +y, ... are written on, shape (height, width)."""
    x = 2 * ((np.arange(width) + 0.5) / width * 2 - 1)
    y = 1 - (np.arange(height) + 0.5) / height * 2
    taken = np.zeros((height, width), dtype=bool)
    for direction in _DIRECTIONS.values():
        column, row = map_place(direction)
        taken |= np.hypot(x[None, :] - 2 * column, y[:, None] - row + _NAME_DROP / 2) < _NAME_RADIUS
    return taken


def _draw_bars(figure: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    axes = figure.add_axes(_BARS_BOX)
    shares = [100 * float(row.get("share_of_T4") or 0.0) for row in rows]
    places = np.arange(len(rows))
    axes.barh(places, shares, color=to_rgb(sheet.ION_COLOR), height=0.68)
    axes.set_ylim(_BARS - 0.4, -0.6)
    axes.set_yticks(places, [f"{readable(str(row['name']))}  {n}" for n, row in enumerate(rows, start=1)], fontsize=8.5)
    axes.set_xlabel(r"share of $T_\mathrm{eff}^4$ / %", fontsize=9.5, color=sheet.INK)
    axes.tick_params(axis="x", labelsize=9)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_xlim(0, max(shares) * 1.02 if max(shares) > 0 else 1)
    columns = (
        ("share\n/ %", 0.22),
        ("T\n/ K", 0.50),
        ("Ω direct\n/ sr", 0.86),
        ("Ω effective\n/ sr", 1.29),
        ("ε", 1.58),
    )
    for text, x in columns:
        axes.text(1 + x, 1.03, text, transform=axes.transAxes, ha="right", va="bottom", fontsize=8.5, color=sheet.QUIET)
    beside = axes.get_yaxis_transform()
    for place, share, row in zip(places, shares, rows, strict=True):
        cells = (f"{share:.2f}", _number(row, "mean_temperature_K", ".2f"), _number(row, "solid_angle_sr", ".3g"),
                 _number(row, "effective_solid_angle_sr", ".3g"), _number(row, "emissivity", ".3g"))  # fmt: skip
        for text, (_, x) in zip(cells, columns, strict=True):
            axes.text(1 + x, place, text, transform=beside, ha="right", va="center", fontsize=8.5, color=sheet.INK)


def _number(row: Mapping[str, Any], key: str, spec: str) -> str:
    value = row.get(key)
    return "–" if value is None else format(float(value), spec)


def _draw_summary(figure: Any, ion: Mapping[str, Any]) -> None:
    """Write the result in words beside the map."""
    lines = []
    if ion.get("effective_temperature_K") is not None:
        lines.append((r"$T_\mathrm{eff}$", f"{float(ion['effective_temperature_K']):.3f} K"))
    if ion.get("effective_temperature_std_K") is not None:
        lines.append(("numerical std", f"{1e3 * float(ion['effective_temperature_std_K']):.2g} mK"))
    if ion.get("clock"):
        lines.append(("clock", str(ion["clock"])))
    if ion.get("fractional_shift") is not None:
        lines.append(("BBR shift Δν/ν", f"{float(ion['fractional_shift']):.3e}"))
    if ion.get("fractional_uncertainty") is not None:
        lines.append(("its uncertainty", f"{float(ion['fractional_uncertainty']):.1e}"))
    for number, (name, value) in enumerate(lines):
        y = 0.82 - 0.075 * number
        figure.text(0.765, y + 0.006, name, fontsize=8.5, color=sheet.QUIET, va="bottom")
        figure.text(0.765, y, value, fontsize=11, color=sheet.INK, va="top")


def readable(name: str) -> str:
    """Return a surface's name for people: 'bbr_cavity__inner' becomes 'bbr cavity: inner'."""
    return name.replace("__", ": ").replace("_", " ")


__all__ = ["cast_rays", "map_place", "plot_ion_sky", "readable", "sky_directions", "top_surfaces"]
