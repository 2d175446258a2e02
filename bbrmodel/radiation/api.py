"""View factors between the named surfaces of a mesh file, without a case."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bbrmodel.errors import EnclosureError
from bbrmodel.mesh import find_facets, read_mesh
from bbrmodel.radiation.enclosure import Enclosure, Portal
from bbrmodel.radiation.view_factors import RaySettings, ViewFactors, compute_view_factors, group_exchange
from bbrmodel.solution import RadiationReport
from bbrmodel.typing import FloatArray, Progress


@dataclass(frozen=True)
class SurfaceViewFactors:
    """View factors between named surfaces.

    Attributes
    ----------
    surfaces
        Names, in the order of rows and columns.
    areas_m2
        shape (n,).
    view_factors
        shape (n, n), [-], row = from, column = to; closed and reciprocal.
    standard_errors
        shape (n, n), [-], of `view_factors`, from ray statistics (rays taken as independent: an upper estimate).
    environment
        shape (n,), [-], what leaves the model.
    row_sums
        shape (n,), [-], area means of the facets' row sums before any correction.
    reciprocity_error
        Sum of |A_i F_ij - A_j F_ji| over the sum of A_i F_ij, of the factors counted from one side only.
    seconds
        Wall time.
    """

    surfaces: tuple[str, ...]
    areas_m2: FloatArray
    view_factors: FloatArray
    standard_errors: FloatArray
    environment: FloatArray
    row_sums: FloatArray
    reciprocity_error: float
    seconds: float
    report: RadiationReport


def compute_view_factors_of_file(
    path: Path,
    *,
    rays_per_facet: int = 1000,
    seed: int = 1,
    open_model: bool = False,
    progress: Progress | None = None,
) -> SurfaceViewFactors:
    """Return the view factors of a mesh file.

    Parameters
    ----------
    path
        Any mesh that meshio reads. Of tetrahedra the exposed faces radiate; triangles without a cell behind them
        radiate to the side that their normal points to.
    open_model
        Light may leave the model, for surfaces that do not close an enclosure.

    Raises
    ------
    MeshError
        The file cannot be used.
    EnclosureError
        Rays are lost: the model is open and `open_model` is False, or a normal points outward.
    """
    bundle = read_mesh(path)
    facets, _ = find_facets(bundle)
    exposed = facets.exposed
    enclosure = Enclosure(
        vertices_m=bundle.points_m[facets.points[exposed]],
        surface=facets.surface[exposed],
        surface_names=facets.surface_names,
        radiates=np.ones(int(exposed.sum()), dtype=bool),
        has_environment=open_model,
    )
    return surface_view_factors(enclosure, RaySettings(rays_per_facet=rays_per_facet, seed=seed), progress=progress)


def surface_view_factors(
    enclosure: Enclosure, settings: RaySettings | None = None, *, progress: Progress | None = None
) -> SurfaceViewFactors:
    """Return the view factors between the surfaces of an enclosure.

    Raises
    ------
    EnclosureError
        As `compute_view_factors`.

    Examples
    --------
    >>> corners = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    >>> facing = np.stack([corners, corners[::-1] + [0.0, 0.0, 0.5]])
    >>> plates = enclosure_of_triangles({"floor": facing[:1], "roof": facing[1:]}, open_model=True)
    >>> found = surface_view_factors(plates, RaySettings(rays_per_facet=1 << 14))
    >>> bool(abs(found.view_factors[0, 1] - found.view_factors[1, 0]) < 1e-12)
    True
    """
    start = time.perf_counter()
    found: ViewFactors = compute_view_factors(enclosure, settings, progress=progress)
    num = len(enclosure.surface_names)
    exchange, variance = group_exchange(found.areas, enclosure.surface, num)
    area = np.bincount(enclosure.surface, weights=enclosure.area_m2, minlength=num).astype(np.float64)
    raw = np.bincount(enclosure.surface, weights=enclosure.area_m2 * found.raw_row_sums, minlength=num)
    escape = np.bincount(enclosure.surface, weights=found.areas.escape, minlength=num)
    return SurfaceViewFactors(
        surfaces=enclosure.surface_names,
        areas_m2=area,
        view_factors=exchange / area[:, None],
        standard_errors=np.sqrt(variance) / area[:, None],
        environment=escape / area,
        row_sums=raw / area,
        reciprocity_error=found.report.reciprocity_deviation_before,
        seconds=time.perf_counter() - start,
        report=found.report,
    )


def enclosure_of_triangles(
    surfaces: dict[str, FloatArray], *, open_model: bool = False, portals: Sequence[Portal] = ()
) -> Enclosure:
    """Return an enclosure of named triangles, each array of shape (num, 3, 3) [m], normals into the enclosure.

    Raises
    ------
    EnclosureError
        There are no triangles.
    """
    if not surfaces:
        raise EnclosureError("an enclosure needs at least one surface of triangles.")
    vertices = [np.asarray(triangles, dtype=np.float64).reshape(-1, 3, 3) for triangles in surfaces.values()]
    sizes = [len(part) for part in vertices]
    return Enclosure(
        vertices_m=np.concatenate(vertices),
        surface=np.repeat(np.arange(len(sizes)), sizes),
        surface_names=tuple(surfaces),
        radiates=np.ones(sum(sizes), dtype=bool),
        has_environment=open_model,
        portals=tuple(portals),
    )


__all__ = ["SurfaceViewFactors", "compute_view_factors_of_file", "enclosure_of_triangles", "surface_view_factors"]
