"""Solve the temperatures of a case: conduction and radiation coupled by Newton."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bbrmodel.conduction.terms import Term
from bbrmodel.mesh import SplitMesh, split_at_joints
from bbrmodel.model.assign import Assignment
from bbrmodel.model.light import Light, LightCache, build_light
from bbrmodel.model.paths import PathBuilder, check_anchored
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.radiation.light_exchange import LightExchange
from bbrmodel.spec import Case
from bbrmodel.typing import BoolArray, FloatArray, Progress


@dataclass(frozen=True)
class ThermalSolution:
    """A solved case before it is put into tables.

    `reaction_W` is the heat that fixed nodes supply, `fixed_nodes` says for which surface.
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
    light: Light | None
    timings_s: dict[str, float] = field(default_factory=dict)


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
    keep = LightCache(cache, first_guess(case, assignment), progress)
    light = build_light(case, mesh, assignment, split=split, cache=keep)
    timings["view_factors"] = time.perf_counter() - start
    start = time.perf_counter()
    solved = _solve(case, mesh, assignment, split=split, exchange=None if light is None else light.exchange)
    timings["temperatures"] = time.perf_counter() - start
    terms, T, reaction, fixed_nodes, numbers = solved
    return ThermalSolution(
        case, mesh, assignment, split, terms, T, reaction, fixed_nodes, *numbers, light=light, timings_s=timings
    )


def _solve(
    case: Case, mesh: PreparedMesh, assignment: Assignment, *, split: SplitMesh, exchange: LightExchange | None
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
    guess = first_guess(case, assignment)
    problem = SteadyProblem(Solid(split, assignment.curves), terms, fixed, np.where(fixed, value, guess), exchange)
    solver = case.solver
    result = solve_steady(problem, tolerance=solver.relative_tolerance, max_iterations=solver.max_iterations)
    numbers = (result.residual_W, result.scale_W, result.history_W)
    return tuple(terms), result.T, result.reaction_W, fixed_nodes, numbers


def first_guess(case: Case, assignment: Assignment) -> float:
    """Return a temperature to start from: that of a bath, else the mean of all that are given."""
    from bbrmodel.materials import ln2

    for condition in assignment.conditions.values():
        if condition.bath is not None:
            return float(ln2.saturation_temperature(condition.pressure_Pa)) + 0.5
    known = [float(c.ambient_K) for c in assignment.conditions.values() if c.ambient_K is not None]
    known += [float(c.temperature_K) for c in assignment.conditions.values() if c.temperature_K is not None]
    known += [float(link.to_temperature_K) for link in case.links if link.to_temperature_K is not None]
    if case.radiation is not None and case.radiation.environment_temperature_K is not None:
        known.append(case.radiation.environment_temperature_K)
    return float(np.mean(known)) if known else 293.0


__all__ = ["ThermalSolution", "first_guess", "solve_temperatures"]
