"""The temperatures at the end of an implicit stage: chord iterations with one factorisation, light followed exactly.

A stage starts close to its solution, so that a Jacobian of the beginning of the step serves all of it. Light that
surfaces send each other changes little meanwhile; it is kept while conduction and storage settle, then followed anew.
Where that does not converge fast, Newton's method of the steady state takes over.
"""

import logging
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from bbrmodel.conduction.newton import SteadyProblem, solve_steady
from bbrmodel.conduction.storage import StorageTerm
from bbrmodel.errors import ConvergenceError
from bbrmodel.typing import FloatArray

_LOG = logging.getLogger(__name__)
_MAX_ROUNDS = 12
_MAX_CHORDS = 8
_SLOW = 0.5  # of the residual left by one iteration: Newton's method is faster
_ROUNDING = 4e-16  # of the largest stiffness x temperature, at every node
_LIGHT_ROUNDING = 1e-11
_ENERGY_ROUNDING = 4e-16


@dataclass(frozen=True)
class StageSolution:
    """Temperatures, the heat that reaches each node other than from storage, and the iterations."""

    T: FloatArray
    heat_W: FloatArray
    residual_W: float
    scale_W: float
    iterations: int


class StageSolver:
    """Solves the stages of one step with the Jacobian at its beginning."""

    def __init__(self, problem: SteadyProblem, *, tolerance: float) -> None:
        self._tolerance = tolerance
        T = problem.start_K
        problem.solid.set_temperature(T)
        conduction = problem.solid.linearise()
        self._stiffness = conduction.largest_diagonal()
        near = csr_matrix((len(T), len(T)))
        for term in problem.terms:
            near = near + term.derivative(T)
        if problem.radiation is not None:
            problem.radiation.linearise(T, frozen=True)
            near = near + problem.radiation.local_derivative()
        self._inverse = conduction.inverse(near, ~problem.fixed)

    def smooth(self, energy_J: FloatArray, step_s: float) -> FloatArray:
        """Return the temperatures [K] that energies amount to once conduction has spread them for a stage."""
        return self._inverse(energy_J / step_s)

    def solve(self, problem: SteadyProblem) -> StageSolution:
        """Return the solution of a stage whose Jacobian is near that of the constructor.

        Raises
        ------
        ConvergenceError
            The energy residual does not fall to the tolerance.
        """
        state = _Residual(problem, self._stiffness, self._tolerance)
        T = problem.start_K.copy()
        residual = state.at(T, frozen=problem.radiation is not None)
        T, count = self._settle(state, T, residual, 0.1)
        sizes: list[float] = []
        for _ in range(_MAX_ROUNDS):
            residual = state.at(T)
            sizes.append(float(np.abs(residual).sum()))
            limit = state.limit(T)
            if sizes[-1] <= limit:
                return StageSolution(T, state.heat_W, sizes[-1], limit / self._tolerance, count)
            if not np.isfinite(sizes[-1]) or (len(sizes) > 1 and sizes[-1] > _SLOW * sizes[-2]):
                break
            T, more = self._settle(state, T, residual, 0.1)
            count += more
        return self._by_newton(problem, T, count)

    def _settle(self, state: "_Residual", T: FloatArray, residual: FloatArray, part: float) -> tuple[FloatArray, int]:
        """Return temperatures that fit the light as it is, and the number of iterations."""
        before = float(np.abs(residual).sum())
        for count in range(_MAX_CHORDS):
            if before <= part * state.limit(T):
                return T, count
            trial = T + self._inverse(residual)
            if not (np.isfinite(trial).all() and trial.min() > 0.0):
                raise ConvergenceError("a stage of a time step left the range of temperatures: take a shorter step.")
            residual = state.at(trial, frozen=state.problem.radiation is not None)
            size = float(np.abs(residual).sum())
            if size > before and count:
                return T, count
            T = trial
            if size > _SLOW * before and count:
                return T, count + 1
            before = size
        return T, _MAX_CHORDS

    def _by_newton(self, problem: SteadyProblem, T: FloatArray, count: int) -> StageSolution:
        """Return the solution by Newton's method from temperatures that are near."""
        start = np.where(problem.fixed, problem.start_K, T) if np.isfinite(T).all() else problem.start_K
        near = SteadyProblem(problem.solid, problem.terms, problem.fixed, start, problem.radiation)
        result = solve_steady(near, tolerance=self._tolerance)
        _LOG.info("stage: by Newton's method, %d steps", len(result.history_W) - 1)
        state = _Residual(problem, self._stiffness, self._tolerance)
        state.at(result.T)
        iterations = count + len(result.history_W)
        return StageSolution(result.T, state.heat_W, result.residual_W, result.scale_W, iterations)


class _Residual:
    """The heat balance of one stage."""

    def __init__(self, problem: SteadyProblem, stiffness: float, tolerance: float) -> None:
        self.problem = problem
        self.heat_W = np.zeros(problem.solid.num_nodes)
        self._free = ~problem.fixed
        self._stiffness, self._tolerance = stiffness, tolerance

    def at(self, T: FloatArray, *, frozen: bool = False) -> FloatArray:
        """Return the heat that piles up at each free node [W]; keeps the heat that storage has no part in."""
        self.heat_W, stored = heat_into_nodes(self.problem, T, frozen=frozen)
        return np.where(self._free, self.heat_W + stored, 0.0)

    def limit(self, T: FloatArray) -> float:
        """Return the residual that is small enough [W]: a part of the largest flow, or what rounding leaves."""
        problem = self.problem
        flows = [0.5 * float(np.abs(term.heat(T)).sum()) for term in problem.terms]
        flows.append(0.5 * float(np.abs(self.heat_W[problem.fixed]).sum()))
        noise = _ROUNDING * self._stiffness * float(np.abs(T).sum())
        if problem.radiation is not None:
            flows.append(problem.radiation.largest_flow())
            noise = max(noise, _LIGHT_ROUNDING * problem.radiation.emitted_power())
        for term in problem.terms:
            if isinstance(term, StorageTerm):
                noise += _ENERGY_ROUNDING * float(np.abs(term.before_J).sum()) / term.step_s
        return max(self._tolerance * max(flows), noise)


def heat_into_nodes(problem: SteadyProblem, T: FloatArray, *, frozen: bool = False) -> tuple[FloatArray, FloatArray]:
    """Return the heat into each node [W] from all paths but storage, and that from storage."""
    problem.solid.set_temperature(T)
    heat = -problem.solid.heat_out_of_nodes()
    stored = np.zeros_like(heat)
    for term in problem.terms:
        if isinstance(term, StorageTerm):
            stored += term.heat(T)
        else:
            heat += term.heat(T)
    if problem.radiation is not None:
        heat += problem.radiation.linearise(T, frozen=frozen)
    return heat, stored


__all__ = ["StageSolution", "StageSolver", "heat_into_nodes"]
