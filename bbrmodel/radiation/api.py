"""View factors between the named surfaces of a mesh file, without a case."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from bbrmodel.errors import EnclosureError
from bbrmodel.mesh import find_facets, read_mesh
from bbrmodel.radiation.adaptive import Tolerance, compute_to_tolerance, surface_factors
from bbrmodel.radiation.enclosure import Enclosure, Portal
from bbrmodel.radiation.parts import EnclosurePart, find_enclosures
from bbrmodel.radiation.scene import origin_lift
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.radiation.view_factors import ViewFactors, compute_view_factors
from bbrmodel.solution import RadiationReport
from bbrmodel.typing import BoolArray, FloatArray, Progress

Method = Literal["ray", "exact"]
# Facets whose centres are closer than a nanometre count as one facet standing twice.
_LEAST_STEP_M = 4e-9


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
        shape (n, n), [-], of `view_factors`, after closure, from the scatter of independent replicas;
        without rays, from the error estimates of all pairs of facets.
    environment
        shape (n,), [-], what leaves the model.
    row_sums
        shape (n,), [-], area means of the facets' row sums before any correction.
    reciprocity_error
        Sum of |A_i F_ij - A_j F_ji| over the sum of A_i F_ij, of the factors counted from one side only.
    seconds
        Wall time.
    enclosures
        Groups of facets between which light passes; more than one where the model falls into separate rooms.
    report
        How the facets' view factors came about.
    """

    surfaces: tuple[str, ...]
    areas_m2: FloatArray
    view_factors: FloatArray
    standard_errors: FloatArray
    environment: FloatArray
    row_sums: FloatArray
    reciprocity_error: float
    seconds: float
    enclosures: tuple[EnclosurePart, ...]
    report: RadiationReport

    @property
    def rays(self) -> int:
        """Rays behind these numbers; 0 for exact view factors."""
        return self.report.rays

    @property
    def lost_rays(self) -> int:
        """Rays that slipped between facets."""
        return int(self.report.lost_rays or 0)


@dataclass(frozen=True)
class ViewFactorOptions:
    """How view factors of a mesh file are computed.

    Attributes
    ----------
    method
        "ray", or "exact": closed forms and clipping, for models of few facets.
    rays_per_facet
        Rays, unless `tolerance` says how many.
    tolerance
        Absolute standard error that no view factor between surfaces may exceed; by name: that of the rows of named
        surfaces.
    open_model
        Light may leave the model, for surfaces that do not close an enclosure.
    two_sided
        Triangles without a cell behind them radiate on both sides; the other side is the surface `<name>__back`.
    length_unit_m
        Metres per length unit of the file; only areas depend on it.
    """

    method: Method = "ray"
    rays_per_facet: int = 1000
    tolerance: Tolerance | None = None
    seed: int = 1
    open_model: bool = False
    two_sided: bool = False
    length_unit_m: float = 1.0


def compute_view_factors_of_file(
    path: Path, options: ViewFactorOptions | None = None, *, progress: Progress | None = None
) -> SurfaceViewFactors:
    """Return the view factors of a mesh file.

    Parameters
    ----------
    path
        Any mesh that meshio reads. Of tetrahedra the exposed faces radiate; triangles without a cell behind them
        radiate to the side that their normal points to, or to both.

    Raises
    ------
    MeshError
        The file cannot be used.
    EnclosureError
        Rays are lost: the model is open and the options do not say so, or a normal points outward.
    ConfigError
        The tolerance asks for more than the memory holds.
    """
    options = options or ViewFactorOptions()
    enclosure = enclosure_of_file(
        path, open_model=options.open_model, two_sided=options.two_sided, length_unit_m=options.length_unit_m
    )
    settings = RaySettings(rays_per_facet=options.rays_per_facet, seed=options.seed)
    try:
        return surface_view_factors(
            enclosure,
            settings,
            method=options.method,
            tolerance=options.tolerance,
            progress=progress,
        )
    except EnclosureError as error:
        if options.open_model:
            raise
        sheets = "from behind" in str(error) and not options.two_sided
        hint = "sheets that radiate on both sides need --two-sided; " if sheets else ""
        why = "the outer sides of shells radiate too" if options.two_sided else "the surfaces do not close a cavity"
        raise EnclosureError(f"{error} (Of a mesh file alone: {hint}where {why}, allow it with --open.)") from error


def enclosure_of_file(
    path: Path, *, open_model: bool = False, two_sided: bool = False, length_unit_m: float = 1.0
) -> Enclosure:
    """Return the exposed facets of a mesh file as an enclosure in which all of them radiate.

    Raises
    ------
    MeshError
        The file cannot be used.
    """
    bundle = read_mesh(path, length_unit_m=length_unit_m)
    facets, _ = find_facets(bundle)
    exposed = facets.exposed
    enclosure = Enclosure(
        vertices_m=bundle.points_m[facets.points[exposed]],
        surface=facets.surface[exposed],
        surface_names=facets.surface_names,
        radiates=np.ones(int(exposed.sum()), dtype=bool),
        has_environment=open_model,
    )
    return with_back_sides(enclosure, facets.body[exposed] < 0) if two_sided else enclosure


def with_back_sides(enclosure: Enclosure, shell: BoolArray) -> Enclosure:
    """Return an enclosure in which the facets `shell` radiate to both sides.

    Each gets a twin of opposite orientation in the surface `<name>__back`. Facets stay where they are; twins stand
    back by twice the distance by which a ray's origin is lifted off its facet, far below any gap, so that rays always
    meet the right one first.
    """
    standing_back = max(2.0 * float(origin_lift(enclosure).max()), _LEAST_STEP_M)
    twins = enclosure.vertices_m[shell][:, ::-1] - standing_back * enclosure.normal[shell][:, None]
    fronts, back = np.unique(enclosure.surface[shell], return_inverse=True)
    names = enclosure.surface_names
    return replace(
        enclosure,
        vertices_m=np.concatenate([enclosure.vertices_m, twins]),
        surface=np.concatenate([enclosure.surface, len(names) + back]),
        surface_names=(*names, *(f"{names[k]}__back" for k in fronts)),
        radiates=np.concatenate([enclosure.radiates, enclosure.radiates[shell]]),
    )


def surface_view_factors(
    enclosure: Enclosure,
    settings: RaySettings | None = None,
    *,
    method: Method = "ray",
    tolerance: Tolerance | None = None,
    progress: Progress | None = None,
) -> SurfaceViewFactors:
    """Return the view factors between the surfaces of an enclosure.

    Parameters
    ----------
    settings
        Rays per facet, if `tolerance` is not given, and their seed.
    tolerance
        Absolute standard error that no view factor between surfaces may exceed, or by name for the rows of named
        surfaces. For the exact method: error of every view factor between facets.

    Raises
    ------
    EnclosureError
        As `compute_view_factors` and `compute_exact_view_factors`.
    ConfigError
        The tolerance asks for more than the memory holds.
    UnknownSurfaceError
        A tolerance is given for a surface that the enclosure does not have.

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
    found = _facet_view_factors(enclosure, settings or RaySettings(), method, tolerance, progress)
    num = len(enclosure.surface_names)
    factors, errors = surface_factors(enclosure, found)
    area = np.bincount(enclosure.surface, weights=enclosure.area_m2, minlength=num).astype(np.float64)
    raw = np.bincount(enclosure.surface, weights=enclosure.area_m2 * found.raw_row_sums, minlength=num)
    escape = np.bincount(enclosure.surface, weights=found.areas.escape, minlength=num)
    return SurfaceViewFactors(
        surfaces=enclosure.surface_names,
        areas_m2=area,
        view_factors=factors,
        standard_errors=errors,
        environment=escape / area,
        row_sums=raw / area,
        reciprocity_error=float(found.report.reciprocity_deviation_before or 0.0),
        seconds=time.perf_counter() - start,
        enclosures=find_enclosures(
            found.areas, enclosure.surface, surface_names=enclosure.surface_names, radiates=enclosure.radiates
        ),
        report=found.report,
    )


def _facet_view_factors(
    enclosure: Enclosure, settings: RaySettings, method: Method, tolerance: Tolerance | None, progress: Progress | None
) -> ViewFactors:
    """Return the view factors of all facets by the method chosen."""
    if method == "exact":
        from bbrmodel.radiation.exact import ExactSettings, compute_exact_view_factors

        least = min(tolerance.values()) if isinstance(tolerance, Mapping) else tolerance
        exact = ExactSettings() if least is None else ExactSettings(least, least)
        return compute_exact_view_factors(enclosure, exact, progress=progress)
    if tolerance is not None:
        return compute_to_tolerance(enclosure, settings, tolerance=tolerance, progress=progress)
    return compute_view_factors(enclosure, settings, progress=progress)


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


__all__ = [
    "Method",
    "SurfaceViewFactors",
    "ViewFactorOptions",
    "compute_view_factors_of_file",
    "enclosure_of_file",
    "enclosure_of_triangles",
    "surface_view_factors",
    "with_back_sides",
]
