"""The whole chain: a case becomes a mesh, exchange, temperatures, the ion's field and the clock shift."""

import logging
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bbrmodel.errors import GeometryError
from bbrmodel.ion.clocks import clock
from bbrmodel.ion.field import first_seen
from bbrmodel.ion.near_field import WANTED_LENGTHS
from bbrmodel.ion.observe import Observed, Owners, observe
from bbrmodel.ion.shift import data_warnings
from bbrmodel.ion.watch import watch_maker
from bbrmodel.mesh import nearest_cell, report_mesh
from bbrmodel.model import (
    Assignment,
    CheckReport,
    PreparedMesh,
    ThermalSolution,
    assign,
    check_prepared,
    prepare_mesh,
    solve_temperatures,
)
from bbrmodel.model.light import build_enclosure, expected_temperatures, plan_case
from bbrmodel.model.tables import tabulate
from bbrmodel.model.thermal import first_guess
from bbrmodel.model.transient import TimeRun, check_in_time, solve_in_time
from bbrmodel.radiation.parts import find_enclosures
from bbrmodel.resources import cache_dir
from bbrmodel.solution import EnclosurePart, IonField, RadiatingFacets, SolidMesh, Solution
from bbrmodel.spec import Case, Place
from bbrmodel.typing import FloatArray, Progress

_LOG = logging.getLogger(__name__)
_NOTABLE_SIGMA = 3.0  # between two methods, and between two sources of error
_NOTABLE_SIZE_K = 0.02


def solve_case(
    case: Case, *, progress: Progress | None = None, cache: Path | None = None, run: TimeRun | None = None
) -> Solution:
    """Return temperatures, heat flows, the field at the ion and the clock shift of a case.

    A case with [time] is followed to its end; the solution is the state there, with the series of the way.

    Parameters
    ----------
    case
        As read by `bbrmodel.spec.load_case`.
    progress
        Called with (facets traced, facets in all) while view factors are computed.
    cache
        Where meshes and view factors are kept; the user's cache directory if omitted.
    run
        Of a case with [time]: checkpoint, restart and who hears of the steps.

    Raises
    ------
    BbrModelError
        Any of its kinds: what the user can mend is said in the message.
    """
    cache = cache or cache_dir()
    start = time.perf_counter()
    mesh, assignment = prepare_case(case, cache, progress)
    seconds = time.perf_counter() - start
    series = None
    if case.time is None:
        solved = solve_temperatures(case, mesh, assignment, cache=cache, progress=progress)
    else:
        found = solve_in_time(case, mesh, cache=cache, run=run, tools=(watch_maker(case), progress))
        solved, series = found.final, found.series
    solved.timings_s["mesh"] = seconds
    start = time.perf_counter()
    seen = _solve_ion(solved)
    solved.timings_s["ion"] = time.perf_counter() - start
    return replace(_collect(solved, seen), time=series)


def check_case(case: Case, *, progress: Progress | None = None, cache: Path | None = None) -> CheckReport:
    """Return what a case amounts to, or raise what is wrong with it, without solving it.

    Raises
    ------
    BbrModelError
        As `solve_case`, for all that shows before the solve.
    """
    mesh, assignment = prepare_case(case, cache or cache_dir(), progress)
    report = check_prepared(case, mesh, assignment)
    if case.time is not None:
        check_in_time(case, mesh)
    built = build_enclosure(case, mesh, assignment)
    if case.ion is not None and built is not None:
        expected = expected_temperatures(assignment, first_guess(case, assignment))
        plan = plan_case(case, mesh, assignment, built=built, expected_K=expected)
        first_seen(case.ion.position_m, built.enclosure, rays=1 << 14, seed=1, two_sided=plan.two_sided)
    return report


def prepare_case(case: Case, cache: Path, progress: Progress | None) -> tuple[PreparedMesh, Assignment]:
    """Return the mesh with the case's names resolved; catches an unknown clock and an ion in a body early.

    Raises
    ------
    BbrModelError
        As `solve_case`, for all that shows before view factors.
    """
    if case.ion is not None:
        clock(case.ion.clock)
    mesh = prepare_mesh(case, cache=cache, progress=progress)
    assignment = assign(case, mesh)
    if case.ion is not None:
        for place in (Place("ion.position_m", "", case.ion.position_m), *case.ion.further_places):
            _check_place(case, mesh, place)
    return mesh, assignment


def _check_place(case: Case, mesh: PreparedMesh, place: Place) -> None:
    """Raise when a point lies inside a body, or so far from the model that its position is not meant in metres."""
    position = np.array(place.position_m)
    named = f", {place.name}" if place.name else ""
    where = f"{case.source or case.name}: {place.key} = {position.tolist()}{named}"
    low, high = mesh.bundle.points_m.min(axis=0), mesh.bundle.points_m.max(axis=0)
    reach = float(np.linalg.norm(high - low))
    if (position < low - reach).any() or (position > high + reach).any():
        raise GeometryError(
            f"{where}: the ion lies far outside the model, which reaches from {np.round(low, 6).tolist()} to "
            f"{np.round(high, 6).tolist()} m. Positions are in metres."
        )
    if not len(mesh.bundle.cells):
        return
    cell, distance = nearest_cell(position, mesh.bundle.points_m, mesh.bundle.cells)
    if distance == 0.0:
        body = mesh.bundle.body_names[int(mesh.bundle.cell_body[cell])]
        raise GeometryError(
            f"{where}: the ion lies inside body '{body}'. It must be in free space: move the ion or the body."
        )


def _solve_ion(solved: ThermalSolution) -> Observed | None:
    """Return the ion's field, if the case has an ion and light."""
    spec, light = solved.case.ion, solved.light
    if spec is None or light is None or solved.case.radiation is None:
        return None
    facets = solved.mesh.facets
    owners = Owners(facets.body[facets.exposed][light.part_of], solved.mesh.bundle.body_names)
    return observe(spec, light, seed=solved.case.radiation.seed, owners=owners)


def _about_facets(ion: IonField) -> list[str]:
    """Return a note where two methods disagree, or where the size of facets costs more than rays do."""
    notes = []
    check, size, rays = ion.cross_check, ion.effective_temperature_facets_std_K, ion.effective_temperature_rays_std_K
    if check is not None and abs(check.deviation_sigma) >= _NOTABLE_SIGMA:
        step = check.effective_temperature_K - ion.effective_temperature_K
        notes.append(
            f"paths from the ion give {step:+.3f} K ({check.deviation_sigma:+.1f} standard deviations): compare meshes "
            "with bbrmodel converge; paths do not depend on the size of facets"
        )
    if size is not None and rays is not None and size > max(_NOTABLE_SIGMA * rays, _NOTABLE_SIZE_K):
        notes.append(
            f"the size of facets leaves {size:.2g} K in the ion's temperature, rays {rays:.2g} K: choose a finer "
            "resolution, or declare small openings as radiation.portals"
        )
    return notes


def _about_narrow_places(seen: Observed) -> list[str]:
    """Return a note for every opening that rays miss because no portal is there."""
    left = seen.field.effective_temperature_rays_std_K
    return [
        f"rays leave {left:.2g} K in the ion's temperature; {found.share:.0%} of their scatter is light between "
        f"'{found.source}' and {'the environment' if found.target is None else repr(found.target)} past a place about "
        f"{1e3 * found.radius_m:.2g} mm in radius, where one in {found.one_in:.0f} goes: declare an opening there (or "
        "a disc before a small warm surface) in [[radiation.portals]], center_m near "
        f"{_rounded(found.center_m, 0.1 * found.radius_m)}, normal near {_rounded(found.normal, 0.1)}"
        for found in seen.narrow_places
    ]


def _rounded(vector: tuple[float, float, float], step: float) -> list[float]:
    """Return coordinates to the decimal that a step has."""
    digits = -math.floor(math.log10(step))
    return [round(value, digits) + 0.0 for value in vector]


def _about_near_field(ion: IonField) -> list[str]:
    """Return a note where a surface is so near that light is not that of geometric optics."""
    near = ion.near_field
    if near is None or near.valid:
        return []
    lengths = near.distance_m / near.thermal_length_m
    return [
        f"the ion is {1e6 * near.distance_m:.3g} um from '{near.nearest_surface}', {lengths:.2g} thermal lengths; "
        f"geometric optics needs {WANTED_LENGTHS:g}: a perfect mirror there would change <E^2> by "
        f"{near.mirror_change:+.1e} of itself"
    ]


def _about_anisotropy(ion: IonField) -> list[str]:
    """Return a warning where an uneven field shifts the clock by what its data do not tell."""
    found = ion.anisotropy
    if found is None or not found.tensor_remark.startswith("no tensor data") or clock(ion.clock).kind != "optical":
        return []
    return [
        f"clock {ion.clock}: {found.tensor_remark}. The shift by the anisotropy of the field, "
        f"A = {found.lowest:.1e} .. {found.highest:.1e} over all axes, is not in the result"
    ]


def _collect(solved: ThermalSolution, seen: Observed | None) -> Solution:
    """Return the solution as plain containers."""
    ion = None if seen is None else seen.field
    mesh = solved.mesh
    exposed = mesh.facets.exposed
    vertices = mesh.facet_vertices_m[exposed]
    edge = vertices[:, 1:] - vertices[:, :1]
    facets = RadiatingFacets(
        vertices_m=vertices,
        area_m2=0.5 * np.linalg.norm(np.cross(edge[:, 0], edge[:, 1]), axis=1),
        surface=mesh.facets.surface[exposed],
        surface_names=mesh.facets.surface_names,
        **_facets_at_ion(solved, seen),
    )
    parts = _enclosures(solved)
    warnings = [*solved.assignment.warnings, *solved.warnings, *_about_enclosures(parts)]
    if ion is not None and solved.light is not None:
        used = solved.light.exchange.facet_temperature_K[solved.light.enclosure.radiates]
        warnings += data_warnings(clock(ion.clock), float(used.min()), float(used.max()))
        warnings += _about_facets(ion)
        warnings += [] if seen is None else _about_narrow_places(seen)
        warnings += _about_near_field(ion)
        warnings += _about_anisotropy(ion)
    return Solution(
        case_name=solved.case.name,
        solid=_corners(solved),
        facets=facets,
        thermal=tabulate(solved),
        mesh=report_mesh(mesh.bundle, mesh.facets),
        radiation=None if solved.light is None else solved.light.report,
        ion=ion,
        timings_s=dict(solved.timings_s),
        warnings=tuple(warnings),
        enclosures=parts,
    )


def _facets_at_ion(solved: ThermalSolution, seen: Observed | None) -> dict[str, Any]:
    """Return what the ion makes of each exposed facet of the mesh, from the sums over its parts."""
    light = solved.light
    if seen is None or light is None:
        return {}
    count = int(solved.mesh.facets.exposed.sum())

    def of_mesh(values: FloatArray) -> FloatArray:
        """Return sums over the parts of each facet of the mesh."""
        total: FloatArray = np.bincount(light.part_of, weights=values, minlength=count).astype(np.float64)
        return total

    view = seen.view
    return {
        "weight_at_ion": of_mesh(view.weight),
        "seen_at_ion": of_mesh(view.seen),
        "slope_at_ion": of_mesh(seen.slopes.by_temperature_with_optics),
        "weight_at_ion_by_light": {name: of_mesh(weight) for name, weight in view.by_light.items()},
    }


def _corners(solved: ThermalSolution) -> SolidMesh:
    """Return the mesh of the corners, which is what results hold also where temperatures are quadratic."""
    split = solved.split
    return SolidMesh(split.points_m[: split.num_corners], split.cells, split.cell_body, solved.mesh.bundle.body_names)


def _enclosures(solved: ThermalSolution) -> tuple[EnclosurePart, ...]:
    """Return the separate enclosures of a case."""
    if solved.light is None:
        return ()
    s = solved.light.exchange.surfaces
    areas = next(iter(s.areas.values()))
    return find_enclosures(areas, s.surface, surface_names=s.surface_names, radiates=s.radiates)


def _about_enclosures(parts: tuple[EnclosurePart, ...]) -> list[str]:
    """Return a note on every enclosure that exchanges no light with the largest one."""
    return [
        f"enclosure '{part.name}' ({part.facets} facets, {part.area_m2:.3g} m2) shares no light with '{parts[0].name}'"
        for part in parts[1:]
    ]


__all__ = ["check_case", "prepare_case", "solve_case"]
