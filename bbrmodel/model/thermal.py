"""Solve the temperatures of a case: conduction and radiation coupled by Newton."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bbrmodel.conduction.terms import Term
from bbrmodel.mesh import SplitMesh, split_at_joints
from bbrmodel.model.assign import Assignment
from bbrmodel.model.paths import PathBuilder, check_anchored
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.radiation.cache import cached_view_factors
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.grey_exchange import FacetOptics, GreyExchange, RadiatingSurfaces
from bbrmodel.radiation.radiosity import make_patches
from bbrmodel.radiation.view_factors import RaySettings, ViewFactors
from bbrmodel.spec import Case
from bbrmodel.typing import BoolArray, FloatArray, IntArray, Progress


@dataclass(frozen=True)
class ThermalSolution:
    """A solved case before it is put into tables.

    `exposed` lists the facets of the mesh that the enclosure's facets are, in order; `reaction_W` is the heat that
    fixed nodes supply, `fixed_nodes` says for which surface.
    """

    case: Case
    mesh: PreparedMesh
    assignment: Assignment
    split: SplitMesh
    terms: tuple[Term, ...]
    T: FloatArray
    reaction_W: FloatArray
    fixed_nodes: Mapping[str, BoolArray]
    residual_W: float
    scale_W: float
    history_W: tuple[float, ...]
    exposed: IntArray
    enclosure: Enclosure | None
    view_factors: ViewFactors | None
    exchange: GreyExchange | None
    timings_s: dict[str, float] = field(default_factory=dict)


def build_enclosure(case: Case, mesh: PreparedMesh, assignment: Assignment) -> tuple[Enclosure | None, IntArray]:
    """Return the enclosure of all exposed facets, and which facets of the mesh they are."""
    exposed = np.flatnonzero(mesh.facets.exposed)
    if case.radiation is None:
        return None, exposed
    surface = mesh.facets.surface[exposed]
    radiates = np.array([finish is not None for finish in assignment.finishes], dtype=bool)[surface]
    enclosure = Enclosure(
        vertices_m=mesh.facet_vertices_m[exposed],
        surface=surface,
        surface_names=mesh.facets.surface_names,
        radiates=radiates,
        has_environment=case.radiation.environment_temperature_K is not None,
        portals=mesh.portals,
    )
    return enclosure, exposed


def solve_temperatures(
    case: Case, mesh: PreparedMesh, assignment: Assignment, *, cache: Path, progress: Progress | None = None
) -> ThermalSolution:
    """Return the steady temperatures of a case.

    Raises
    ------
    ConfigError
        A body has no way to any temperature.
    EnclosureError
        The view factors reveal an open or inconsistent enclosure.
    ConvergenceError
        Newton's method did not reach the tolerance.
    PropertyRangeError
        A temperature leaves the range of a material's data.
    MissingDependencyError
        dolfinx is not installed and there is a solid to solve.
    """
    timings: dict[str, float] = {}
    pairs = [joint.bodies for joint in assignment.split_joints]
    split = split_at_joints(mesh.bundle, mesh.facets, mesh.interfaces, pairs=pairs)
    check_anchored(case, mesh, assignment, split=split)
    if len(mesh.bundle.cells):
        from bbrmodel.conduction.fenicsx import require_dolfinx

        require_dolfinx()  # before minutes of ray tracing
    start = time.perf_counter()
    enclosure, exposed = build_enclosure(case, mesh, assignment)
    view_factors = exchange = None
    if enclosure is not None and case.radiation is not None:
        settings = RaySettings(case.radiation.rays_per_facet, case.radiation.portal_rays, case.radiation.seed)
        view_factors = cached_view_factors(enclosure, settings, cache=cache, progress=progress)
        exchange = _build_exchange(case, assignment, enclosure, view_factors=view_factors, split=split, exposed=exposed)
    timings["view_factors"] = time.perf_counter() - start
    start = time.perf_counter()
    solved = _solve(case, mesh, assignment, split=split, exchange=exchange)
    timings["temperatures"] = time.perf_counter() - start
    terms, T, reaction, fixed_nodes, numbers = solved
    return ThermalSolution(
        case, mesh, assignment, split, terms, T, reaction, fixed_nodes, *numbers,
        exposed=exposed, enclosure=enclosure, view_factors=view_factors, exchange=exchange, timings_s=timings,
    )  # fmt: skip


def _build_exchange(
    case: Case,
    assignment: Assignment,
    enclosure: Enclosure,
    *,
    view_factors: ViewFactors,
    split: SplitMesh,
    exposed: IntArray,
) -> GreyExchange:
    """Return the radiative exchange with the finishes and shell temperatures of the case."""
    nodes = split.facet_nodes[exposed]
    finishes = assignment.finishes
    table = np.array([(1.0, 1.0, 1.0) if f is None else (f.e77, f.e293, f.a77_293) for f in finishes])
    optics = FacetOptics(*(table[enclosure.surface, k] for k in range(3)))
    given = [assignment.conditions.get(index) for index in range(len(finishes))]
    temperature = np.array([np.nan if c is None or c.temperature_K is None else c.temperature_K for c in given])
    shell = np.where(nodes[:, 0] < 0, temperature[enclosure.surface], np.nan)
    surfaces = RadiatingSurfaces(
        areas=view_factors.areas,
        optics=optics,
        patch=make_patches(enclosure.vertices_m.mean(axis=1), enclosure.surface),
        nodes=nodes,
        shell_temperature_K=shell,
        surface=enclosure.surface,
        surface_names=enclosure.surface_names,
        radiates=enclosure.radiates,
        environment_temperature_K=case.radiation.environment_temperature_K if case.radiation else None,
    )
    return GreyExchange(surfaces, len(split.points_m))


def _solve(
    case: Case, mesh: PreparedMesh, assignment: Assignment, *, split: SplitMesh, exchange: GreyExchange | None
) -> tuple[tuple[Term, ...], FloatArray, FloatArray, Mapping[str, BoolArray], tuple[float, float, tuple[float, ...]]]:
    """Return heat paths, temperatures, reactions, fixed nodes and (residual, scale, history)."""
    if not len(split.cells):  # shells of given temperature: nothing to solve but the light
        empty = np.empty(0)
        scale = 1.0
        if exchange is not None:
            exchange.linearise(empty)
            scale = max(exchange.largest_flow(), 1e-300)
        return (), empty, empty, {}, (0.0, scale, ())
    from bbrmodel.conduction.newton import SteadyProblem, solve_steady
    from bbrmodel.conduction.solid import Solid

    builder = PathBuilder(case, mesh, split)
    terms = builder.terms(assignment)
    fixed, value, fixed_nodes = builder.fixed(assignment)
    guess = _first_guess(case, assignment, value[fixed])
    problem = SteadyProblem(Solid(split, assignment.curves), terms, fixed, np.where(fixed, value, guess), exchange)
    solver = case.solver
    result = solve_steady(problem, tolerance=solver.relative_tolerance, max_iterations=solver.max_iterations)
    numbers = (result.residual_W, result.scale_W, result.history_W)
    return tuple(terms), result.T, result.reaction_W, fixed_nodes, numbers


def _first_guess(case: Case, assignment: Assignment, fixed_values: FloatArray) -> float:
    """Return a temperature to start from: that of a bath, else the mean of what is fixed, else the surroundings."""
    from bbrmodel.materials import ln2

    for condition in assignment.conditions.values():
        if condition.bath is not None:
            return float(ln2.saturation_temperature(condition.pressure_Pa)) + 0.5
    known = [float(fixed_values.mean())] if len(fixed_values) else []
    known += [float(c.ambient_K) for c in assignment.conditions.values() if c.ambient_K is not None]
    known += [float(c.temperature_K) for c in assignment.conditions.values() if c.temperature_K is not None]
    known += [float(link.to_temperature_K) for link in case.links if link.to_temperature_K is not None]
    if case.radiation is not None and case.radiation.environment_temperature_K is not None:
        known.append(case.radiation.environment_temperature_K)
    return float(np.mean(known))


__all__ = ["ThermalSolution", "build_enclosure", "solve_temperatures"]
