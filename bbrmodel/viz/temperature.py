"""The two pictures of temperatures: the whole apparatus and the surroundings of the ion."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bbrmodel.typing import FloatArray
from bbrmodel.viz import sheet
from bbrmodel.viz.color import ColorScale, focused_scale, full_scale
from bbrmodel.viz.data import PlotData
from bbrmodel.viz.scene import Part, cut_parts, render_owners, render_temperatures, shells_within, whole_bodies
from bbrmodel.viz.view import Region, View, all_points, find_region, fit_view

_BAR_BOX = (0.24, 0.085, 0.52, 0.022)
_REGION_MARGIN = 1.12
_NO_BODIES = np.zeros(0, dtype=np.int64)


def plot_apparatus(data: PlotData, path: Path, *, window_size: tuple[int, int]) -> Path:
    """Draw everything there is, cut open by the plane y = const through the ion (without one: through the middle)."""
    region = find_region(data)
    points = all_points(data)
    origin = (points.min(axis=0) + points.max(axis=0)) / 2 if region is None else region.center_m
    parts = cut_parts(data, origin, whole=_NO_BODIES if region is None else whole_bodies(data, region))
    view = fit_view(_points(parts), sheet.picture_size(window_size))
    scale = full_scale(np.concatenate([part.temperatures for part in parts]))
    cut = f"cut open at y = {origin[1] * 1e3:.3g} mm"
    titles = (f"{data.case}: temperature of the apparatus", cut)
    return _draw(data, parts, view, scale=scale, path=path, titles=titles)


def plot_cavity(data: PlotData, path: Path, *, window_size: tuple[int, int]) -> Path | None:
    """Draw the region round the ion on a scale of its own; None without an ion."""
    region = find_region(data)
    if region is None:
        return None
    radius = _REGION_MARGIN * region.radius_m
    parts = shells_within(cut_parts(data, region.center_m, whole=whole_bodies(data, region)), region, radius)
    size = sheet.picture_size(window_size)
    view = View(region.center_m, radius, *size)
    titles = (
        f"{data.case}: temperature around the ion",
        f"cut open at y = {region.center_m[1] * 1e3:.3g} mm; small parts near the ion are left whole",
    )
    return _draw(data, parts, view, scale=cavity_scale(data, region), path=path, titles=titles)


def cavity_scale(data: PlotData, region: Region) -> ColorScale:
    """Return the scale that resolves the bodies round the ion (the shells, where there are no bodies)."""
    groups: list[FloatArray] = []
    weights: list[float] = []
    near = np.linalg.norm(data.solid.points_m - region.center_m, axis=1) <= region.radius_m
    for body in np.unique(data.solid.body):
        nodes = np.unique(data.solid.cells[data.solid.body == body])
        nodes = nodes[near[nodes]]
        if len(nodes):
            groups.append(data.solid.temperature_K[nodes])
            weights.append(_weight(data, int(body)))
    if not groups:
        return focused_scale([data.facets.temperature_K], [1.0])
    return focused_scale(groups, weights)


def _weight(data: PlotData, body: int) -> float:
    of_body = data.facet_body == body
    weight = data.facets.area_m2 if data.facets.weight is None else data.facets.weight
    return float(weight[of_body].sum())


def _points(parts: Sequence[Part]) -> FloatArray:
    return np.concatenate([np.asarray(part.surface.points, dtype=np.float64) for part in parts])


def _draw(
    data: PlotData, parts: Sequence[Part], view: View, *, scale: ColorScale, path: Path, titles: tuple[str, str]
) -> Path:
    window = (round(view.width / sheet.PICTURE_BOX[2]), round(view.height / sheet.PICTURE_BOX[3]))
    figure = sheet.new_figure(window)
    sheet.draw_title(figure, *titles)
    axes = sheet.draw_picture(figure, render_temperatures(parts, view, scale))
    owner = render_owners(parts, view)
    labels = sheet.find_labels(parts, owner)
    ion = data.ion_position_m
    if ion is not None:
        sheet.draw_ion(axes, view, ion)
        labels.append(_ion_label(data, view, ion))
    sheet.draw_labels(axes, labels, view, columns=sheet.label_columns(owner))
    sheet.draw_scale_bar(axes, view)
    sheet.draw_axes(axes, view)
    sheet.draw_color_bar(figure, scale, _BAR_BOX)
    return sheet.save_figure(figure, path)


def _ion_label(data: PlotData, view: View, position_m: FloatArray) -> sheet.Label:
    x, y = view.project(position_m)[0]
    effective = (data.ion or {}).get("effective_temperature_K")
    text = "ion" if effective is None else f"ion sees\n{float(effective):.2f} K"
    return sheet.Label(text, float(x), float(y), sheet.ION_COLOR)


__all__ = ["cavity_scale", "plot_apparatus", "plot_cavity"]
