"""The two pictures of temperatures: the whole apparatus and the surroundings of the ion."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bbrmodel.typing import BoolArray, FloatArray
from bbrmodel.viz import sheet
from bbrmodel.viz.color import ColorScale, focused_scale, full_scale
from bbrmodel.viz.data import PlotData
from bbrmodel.viz.scene import Part, cut_parts, render_owners, render_temperatures, shells_within, whole_bodies
from bbrmodel.viz.view import Region, View, all_points, find_region, fit_view

_BAR_BOX = (0.24, 0.085, 0.52, 0.022)
_REGION_MARGIN = 1.05
_TRAP_SHARE = 0.5  # of the cavity's radius; larger parts need no closer picture
_NO_BODIES = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class _Page:
    """A file to write and what its head says."""

    path: Path
    title: str
    subtitle: str


def plot_apparatus(data: PlotData, path: Path, *, window_size: tuple[int, int]) -> Path:
    """Draw everything there is, cut open by the plane y = const through the ion (without one: through the middle)."""
    region = find_region(data)
    points = all_points(data)
    origin = (points.min(axis=0) + points.max(axis=0)) / 2 if region is None else region.center_m
    parts = cut_parts(data, origin, whole=_NO_BODIES if region is None else whole_bodies(data, region))
    view = fit_view(_points(parts), sheet.picture_size(window_size))
    scale = full_scale(np.concatenate([part.temperatures for part in parts]))
    cut = f"cut open at y = {origin[1] * 1e3:.3g} mm"
    page = _Page(path, f"{data.case}: temperature of the apparatus", cut)
    return _draw(data, parts, view, scale=scale, page=page)


def plot_cavity(data: PlotData, path: Path, *, window_size: tuple[int, int]) -> Path | None:
    """Draw the region round the ion on a scale of its own; None without an ion."""
    region = find_region(data)
    if region is None:
        return None
    return _plot_near(data, path, region=region, window_size=window_size, what="temperature around the ion")


def plot_trap(data: PlotData, path: Path, *, window_size: tuple[int, int]) -> Path | None:
    """Draw the parts next to the ion, closer and on their own scale; None where nothing is gained."""
    region = find_trap_region(data)
    if region is None:
        return None
    return _plot_near(data, path, region=region, window_size=window_size, what="temperature of the parts at the ion")


def find_trap_region(data: PlotData) -> Region | None:
    """Return the sphere that holds the bodies that stay whole; None if it is not much smaller than the cavity's."""
    region = find_region(data)
    if region is None:
        return None
    nodes = np.unique(data.solid.cells[np.isin(data.solid.body, whole_bodies(data, region))])
    if not len(nodes):
        return None
    radius = float(np.linalg.norm(data.solid.points_m[nodes] - region.center_m, axis=1).max())
    return Region(region.center_m, radius) if radius < _TRAP_SHARE * region.radius_m else None


def _plot_near(data: PlotData, path: Path, *, region: Region, window_size: tuple[int, int], what: str) -> Path:
    whole = whole_bodies(data, find_region(data) or region)
    reach = _REGION_MARGIN * region.radius_m
    everything = cut_parts(data, region.center_m, whole=whole)
    parts = shells_within(everything, region, reach) or everything
    points = _points(parts)
    near = points[np.linalg.norm(points - region.center_m, axis=1) < reach]
    view = fit_view(near if len(near) else points, sheet.picture_size(window_size))
    cut = f"cut open at y = {region.center_m[1] * 1e3:.3g} mm"
    page = _Page(path, f"{data.case}: {what}", f"{cut}; small parts near the ion are left whole" if len(whole) else cut)
    scale = cavity_scale(data, region)
    return _draw(data, parts, view, scale=scale, page=page)


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
            weights.append(_weight(data, data.facet_body == body))
    if not groups:
        for surface in np.unique(data.facets.surface):
            of_surface = data.facets.surface == surface
            groups.append(data.facets.temperature_K[of_surface])
            weights.append(_weight(data, of_surface))
    return focused_scale(groups, weights)


def _weight(data: PlotData, chosen: BoolArray) -> float:
    weight = data.facets.area_m2 if data.facets.weight is None else data.facets.weight
    return float(weight[chosen].sum())


def _points(parts: Sequence[Part]) -> FloatArray:
    return np.concatenate([np.asarray(part.surface.points, dtype=np.float64) for part in parts])


def _draw(data: PlotData, parts: Sequence[Part], view: View, *, scale: ColorScale, page: _Page) -> Path:
    window = (round(view.width / sheet.PICTURE_BOX[2]), round(view.height / sheet.PICTURE_BOX[3]))
    figure = sheet.new_figure(window)
    sheet.draw_title(figure, page.title, page.subtitle)
    axes = sheet.draw_picture(figure, render_temperatures(parts, view, scale))
    owner = render_owners(parts, view)
    scale = _with_extremes(scale, [part for number, part in enumerate(parts) if (owner == number).any()], view)
    labels = sheet.find_labels(parts, owner)
    ion = data.ion_position_m
    if ion is not None:
        sheet.draw_ion(axes, view, ion)
        labels.append(_ion_label(data, view, ion))
    sheet.draw_labels(axes, labels, view, columns=sheet.label_columns(owner))
    sheet.draw_scale_bar(axes, view)
    sheet.draw_axes(axes, view)
    sheet.draw_color_bar(figure, scale, _BAR_BOX)
    return sheet.save_figure(figure, page.path)


def _with_extremes(scale: ColorScale, parts: Sequence[Part], view: View) -> ColorScale:
    """Return the scale with the extremes of what lies within the picture, for the note on what is off it."""
    low, high = scale.low_K, scale.high_K
    for part in parts:
        places = part.surface.cell_centers().points if part.is_shell else part.surface.points
        x, y = view.project(np.asarray(places, dtype=np.float64)).T
        shown = part.temperatures[(x >= 0) & (x < view.width) & (y >= 0) & (y < view.height)]
        if len(shown):
            low, high = min(low, float(shown.min())), max(high, float(shown.max()))
    return replace(scale, data_low_K=low, data_high_K=high)


def _ion_label(data: PlotData, view: View, position_m: FloatArray) -> sheet.Label:
    x, y = view.project(position_m)[0]
    effective = (data.ion or {}).get("effective_temperature_K")
    text = "ion" if effective is None else f"ion sees\n{float(effective):.2f} K"
    return sheet.Label(text, float(x), float(y), sheet.ION_COLOR)


__all__ = ["cavity_scale", "find_trap_region", "plot_apparatus", "plot_cavity", "plot_trap"]
