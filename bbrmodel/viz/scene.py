"""Surfaces of a cut-open apparatus, drawn by VTK: a picture of temperatures, and one that tells what is where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bbrmodel.typing import FloatArray, IntArray
from bbrmodel.viz.color import ABOVE_COLOR, BELOW_COLOR, ColorScale, color_map
from bbrmodel.viz.data import PlotData, require_pyvista
from bbrmodel.viz.view import Region, View

_FEATURE_DEG = 32.0
_SHELL_EDGE_COLOR = "#3a3f44"
_BODY_EDGE_COLOR = "#e9e6ee"  # bodies are mostly cold, that is dark
_SCALARS = "temperature_K"


@dataclass(frozen=True)
class Part:
    """One body, or one shell that belongs to none, ready to be drawn."""

    name: str
    surface: Any  # pyvista.PolyData with `temperature_K` on its points (bodies) or cells (shells)
    is_shell: bool

    @property
    def temperatures(self) -> FloatArray:
        """Temperatures of the drawn points or triangles."""
        values = self.surface.cell_data if self.is_shell else self.surface.point_data
        return np.asarray(values[_SCALARS], dtype=np.float64)


def cut_parts(data: PlotData, origin_m: FloatArray, *, whole: IntArray) -> list[Part]:
    """Return the bodies and shells behind the plane y = origin y.

    Parameters
    ----------
    origin_m
        shape (3,), a point of the plane.
    whole
        bodies that stay uncut, so that small parts near the ion are seen as they are.
    """
    parts = []
    for body in np.unique(data.solid.body):
        grid = _body_grid(data, int(body))
        if body not in whole:
            grid = grid.clip(normal=(0.0, 1.0, 0.0), origin=origin_m, invert=False)
        if grid.n_cells:
            parts.append(Part(data.body_names[body], grid.extract_surface(algorithm=None), False))
    for name, facets in _shells(data).items():
        surface = _facet_surface(data, facets).clip(normal=(0.0, 1.0, 0.0), origin=origin_m, invert=False)
        if surface.n_cells:
            parts.append(Part(name, surface, True))
    return parts


def shells_within(parts: Sequence[Part], region: Region, radius_m: float) -> list[Part]:
    """Return the parts with shells reduced to their triangles nearer than `radius_m` to the centre of `region`."""
    kept = []
    for part in parts:
        if not part.is_shell:
            kept.append(part)
            continue
        centers = np.asarray(part.surface.cell_centers().points)
        near = np.linalg.norm(centers - region.center_m, axis=1) < radius_m
        if near.any():
            kept.append(Part(part.name, part.surface.extract_cells(near).extract_surface(algorithm=None), True))
    return kept


def whole_bodies(data: PlotData, region: Region) -> IntArray:
    """Return the bodies to leave uncut: those nearer to the ion than every body larger than the region.

    These are the trap's small parts; the larger bodies are walls, supports and what lies outside.
    """
    reach: dict[int, tuple[float, float, float]] = {}
    for body in np.unique(data.solid.body):
        points = data.solid.points_m[np.unique(data.solid.cells[data.solid.body == body])]
        distance = np.linalg.norm(points - region.center_m, axis=1)
        reach[int(body)] = (distance.min(), distance.max(), float(np.linalg.norm(np.ptp(points, axis=0))))
    wall = min((near for near, _, size in reach.values() if size > region.radius_m), default=np.inf)
    inner = [body for body, (_, far, _) in reach.items() if far <= wall]
    return np.asarray(inner if np.isfinite(wall) else [], dtype=np.int64)


def render_temperatures(parts: Sequence[Part], view: View, scale: ColorScale) -> Any:
    """Return the picture, shape (height, width, 3), uint8, on white."""
    plotter = _plotter(view)
    plotter.enable_anti_aliasing("ssaa")
    for part in parts:
        plotter.add_mesh(
            part.surface.copy(), scalars=_SCALARS, preference="cell" if part.is_shell else "point",
            cmap=color_map(), clim=(scale.low_K, scale.high_K), above_color=ABOVE_COLOR, below_color=BELOW_COLOR,
            interpolate_before_map=True, show_scalar_bar=False,
            ambient=0.58, diffuse=0.52, specular=0.0, smooth_shading=False,
        )  # fmt: skip
        edges = _outline(part)
        if edges.n_cells:
            color, opacity = (_SHELL_EDGE_COLOR, 1.0) if part.is_shell else (_BODY_EDGE_COLOR, 0.55)
            plotter.add_mesh(edges, color=color, opacity=opacity, line_width=1.6, lighting=False)
    return _shoot(plotter)


def render_owners(parts: Sequence[Part], view: View) -> IntArray:
    """Return which part is seen in each pixel, shape (height, width); -1 where nothing is."""
    plotter = _plotter(view)
    plotter.render_window.SetMultiSamples(0)  # a blend of two numbers at an edge would be a third part's number
    for number, part in enumerate(parts, start=1):
        color = (number % 256 / 255, number // 256 / 255, 0.0)
        plotter.add_mesh(part.surface.copy(), color=color, lighting=False, scalars=None)
    pixels = np.asarray(_shoot(plotter), dtype=np.int64)
    owner = pixels[..., 0] + 256 * pixels[..., 1] - 1
    return np.where(pixels[..., 2] > 0, -1, owner)


def _shells(data: PlotData) -> dict[str, IntArray]:
    """Return the facets of each shell, such as a vacuum chamber: all that share the part of the name before `__`."""
    owners = [name.split("__")[0] for name in data.surface_names]
    loose = np.flatnonzero(data.facet_body < 0)
    shell = np.array([owners.index(owners[surface]) for surface in data.facets.surface[loose]], dtype=np.int64)
    return {owners[first]: loose[shell == first] for first in np.unique(shell)}


def _body_grid(data: PlotData, body: int) -> Any:
    pyvista = require_pyvista()
    cells = data.solid.cells[data.solid.body == body]
    nodes, local = np.unique(cells, return_inverse=True)
    grid = pyvista.UnstructuredGrid({pyvista.CellType.TETRA: local.reshape(-1, 4)}, data.solid.points_m[nodes])
    grid.point_data[_SCALARS] = data.solid.temperature_K[nodes]
    return grid


def _facet_surface(data: PlotData, facets: IntArray) -> Any:
    pyvista = require_pyvista()
    corners = data.facets.vertices_m[facets].reshape(-1, 3)
    points, index = np.unique(corners, axis=0, return_inverse=True)
    surface = pyvista.PolyData.from_regular_faces(points, index.reshape(-1, 3))
    surface.cell_data[_SCALARS] = data.facets.temperature_K[facets]
    return surface


def _outline(part: Part) -> Any:
    """Return sharp edges and the rims of cuts, without the wireframe of the mesh."""
    surface = part.surface.clean() if part.surface.n_cells else part.surface
    return surface.extract_feature_edges(
        feature_angle=_FEATURE_DEG, boundary_edges=part.is_shell, non_manifold_edges=False, manifold_edges=False
    )


def _plotter(view: View) -> Any:
    pyvista = require_pyvista()
    plotter = pyvista.Plotter(off_screen=True, window_size=(view.width, view.height), lighting="none")
    plotter.set_background("white")
    right, up, forward = view.axes
    for direction, strength in ((-0.4 * right + 0.9 * up - forward, 0.75), (0.9 * right + 0.1 * up - forward, 0.35)):
        light = pyvista.Light(position=direction, focal_point=(0.0, 0.0, 0.0), light_type="scene light")
        light.intensity = strength
        plotter.add_light(light)
    _aim(plotter, view)
    return plotter


def _aim(plotter: Any, view: View) -> None:
    """Place the camera; without own parts in the scene VTK would choose."""
    _, up, forward = view.axes
    far = 100 * view.half_height_m
    plotter.camera.parallel_projection = True
    plotter.camera.focal_point = tuple(view.center_m)
    plotter.camera.position = tuple(view.center_m - far * forward)
    plotter.camera.up = tuple(up)
    plotter.camera.parallel_scale = view.half_height_m
    plotter.camera_set = True


def _shoot(plotter: Any) -> Any:
    """Take the picture and free what VTK holds."""
    try:
        plotter.renderer.ResetCameraClippingRange()
        return np.asarray(plotter.screenshot(return_img=True))[..., :3]
    finally:
        plotter.close()


__all__ = ["Part", "cut_parts", "render_owners", "render_temperatures", "shells_within", "whole_bodies"]
