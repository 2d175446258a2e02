"""Solve the temperatures of a case: conduction and radiation coupled by Newton."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bbrmodel.conduction.terms import LinkTerm, Term
from bbrmodel.conduction.terms_wire import WireTerm
from bbrmodel.errors import ConvergenceError, PropertyRangeError
from bbrmodel.mesh import SplitMesh, split_at_joints, without_middles
from bbrmodel.model.assign import Assignment
from bbrmodel.model.baths import boiling_notes
from bbrmodel.model.heat_checks import check_heat_paths, check_lit
from bbrmodel.model.light import Light, LightCache, build_light, expected_temperatures
from bbrmodel.model.paths import PathBuilder
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.radiation.light_exchange import LightExchange
from bbrmodel.spec import Case
from bbrmodel.typing import BoolArray, FloatArray, Progress

if TYPE_CHECKING:
    from bbrmodel.conduction.newton import SteadyProblem

# Optics from resistivity or from the totals of a finish are fixed for a solve; emissivity goes about with temperature,
# so that 2 % of the one is 2 % of the other at most.
MAX_CHANGE = 0.02
MAX_PASSES = 4
_START_TOLERANCE = 1e-3  # of the largest heat flow, for linear temperatures that quadratic ones start from


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
    warnings: tuple[str, ...] = ()


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
    split = split_at_joints(mesh.bundle, mesh.facets, mesh.interfaces, pairs=pairs, degree=case.solver.degree)
    check_heat_paths(case, mesh, assignment, split=split)
    if len(mesh.bundle.cells):
        from bbrmodel.conduction.fenicsx import require_dolfinx

        require_dolfinx()  # before minutes of ray tracing
    passes = _Passes(case, mesh, assignment, split, cache, progress)
    light, solved, warnings = passes.run(timings)
    terms, T, reaction, fixed_nodes, (residual, scale, history) = solved
    fields = (terms, T, reaction, fixed_nodes, residual, scale, history)
    notes = (*warnings, *boiling_notes(terms, T))
    return ThermalSolution(case, mesh, assignment, split, *fields, light, timings, notes)


@dataclass(frozen=True)
class _Passes:
    """Solves again while optics that were fixed before the solve do not fit the temperatures that come out."""

    case: Case
    mesh: PreparedMesh
    assignment: Assignment
    split: SplitMesh
    cache: Path
    progress: Progress | None

    def run(self, timings: dict[str, float]) -> tuple[Light | None, Any, tuple[str, ...]]:
        """Return the light, what `_solve` returns, and what to warn of."""
        expected = expected_temperatures(self.assignment, first_guess(self.case, self.assignment))
        timings.update(view_factors=0.0, temperatures=0.0)
        for _ in range(MAX_PASSES):
            start = time.perf_counter()
            keep = LightCache(self.cache, expected, self.progress)
            light = build_light(self.case, self.mesh, self.assignment, split=self.split, cache=keep)
            timings["view_factors"] += time.perf_counter() - start
            if light is not None:
                check_lit(self.case, self.mesh, self.assignment, light)
            start = time.perf_counter()
            exchange = None if light is None else light.exchange
            solved = _solve(self.case, self.mesh, self.assignment, split=self.split, exchange=exchange)
            timings["temperatures"] += time.perf_counter() - start
            if light is None or not light.plan.fixed.any():
                return light, solved, ()
            found = np.where(light.plan.fixed, _surface_temperatures(light, expected), expected)
            worst = int(np.abs(found / expected - 1.0).argmax())
            if abs(found[worst] / expected[worst] - 1.0) <= MAX_CHANGE:
                return light, solved, ()
            used, expected = expected, found
        name = self.mesh.facets.surface_names[worst]
        note = f"optics of '{name}' are those at {used[worst]:.4g} K, but it is at {found[worst]:.4g} K"
        return light, solved, (note,)


def _surface_temperatures(light: Light, expected: FloatArray) -> FloatArray:
    """Return the mean temperature of every surface that radiates, the expected one of the others [K]."""
    here, num = light.enclosure.radiates, len(expected)
    surface, area = light.enclosure.surface[here], light.enclosure.area_m2[here]
    whole = np.bincount(surface, weights=area, minlength=num)
    total = np.bincount(surface, weights=area * light.exchange.facet_temperature_K[here], minlength=num)
    return np.where(whole > 0.0, total / np.maximum(whole, 1e-300), expected)


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
    from bbrmodel.conduction.newton import NotConvergedError, solve_steady
    from bbrmodel.model.diagnosis import check_solid_temperatures, failure

    builder = PathBuilder(case, mesh, split)
    guess = np.full(len(split.points_m), first_guess(case, assignment))
    if split.degree == 2:
        guess = _linear_start(case, mesh, assignment, split=split, exchange=exchange)
    problem, fixed_nodes = _pose(builder, assignment, split=split, exchange=exchange, guess=guess)
    solver = case.solver
    try:
        result = solve_steady(problem, tolerance=solver.relative_tolerance, max_iterations=solver.max_iterations)
    except NotConvergedError as error:
        raise failure(error, problem, split, mesh.bundle.body_names) from error
    check_solid_temperatures(result.T, problem, split, mesh.bundle.body_names)
    for term in problem.terms:
        if isinstance(term, LinkTerm | WireTerm):
            term.check_range(result.T)
    numbers = (result.residual_W, result.scale_W, result.history_W)
    return tuple(problem.terms), result.T, result.reaction_W, fixed_nodes, numbers


def _pose(
    builder: PathBuilder,
    assignment: Assignment,
    *,
    split: SplitMesh,
    exchange: LightExchange | None,
    guess: FloatArray,
) -> "tuple[SteadyProblem, Mapping[str, BoolArray]]":
    """Return the problem of a case on one mesh, starting from a guess, and the fixed nodes of each surface."""
    from bbrmodel.conduction.newton import SteadyProblem
    from bbrmodel.conduction.spread import make_solid

    fixed, value, fixed_nodes = builder.fixed(assignment)
    solid = make_solid(split, assignment.curves)
    start = np.where(fixed, value, guess)
    return SteadyProblem(solid, builder.terms(assignment), fixed, start, exchange), fixed_nodes


def _linear_start(
    case: Case, mesh: PreparedMesh, assignment: Assignment, *, split: SplitMesh, exchange: LightExchange | None
) -> FloatArray:
    """Return nodal temperatures for quadratic elements to start from: those of linear ones, roughly solved."""
    from bbrmodel.conduction.newton import solve_steady

    corners = without_middles(split)
    at_corners = None if exchange is None else exchange.at_corners(split.num_corners)
    guess = np.full(len(corners.points_m), first_guess(case, assignment))
    builder = PathBuilder(case, mesh, corners)
    problem, _ = _pose(builder, assignment, split=corners, exchange=at_corners, guess=guess)
    try:
        T = solve_steady(problem, tolerance=_START_TOLERANCE, max_iterations=case.solver.max_iterations).T
    except (ConvergenceError, PropertyRangeError):  # quadratic elements say what is wrong
        T = problem.start_K
    return np.concatenate([T, T[split.edges].mean(axis=1)])


def first_guess(case: Case, assignment: Assignment) -> float:
    """Return a temperature to start from: that of a bath, else the mean of all that are given."""
    from bbrmodel.materials import ln2

    for condition in assignment.conditions.values():
        if condition.bath is not None:
            return float(ln2.saturation_temperature(condition.pressure_Pa)) + 0.5
    known = [float(c.ambient_K) for c in assignment.conditions.values() if c.ambient_K is not None]
    known += [float(c.temperature_K) for c in assignment.conditions.values() if c.temperature_K is not None]
    for link in case.links:
        ends = (link.to_temperature_K, *(sink.temperature_K for sink in link.sinks))
        known += [float(end) for end in ends if end is not None]
    if case.radiation is not None and case.radiation.environment_temperature_K is not None:
        known.append(case.radiation.environment_temperature_K)
    return float(np.mean(known)) if known else 293.0


__all__ = ["ThermalSolution", "first_guess", "solve_temperatures"]
