"""Steady state by Newton's method with the exact Jacobian applied matrix-free."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import LinearOperator, gmres

from bbrmodel.conduction.linearised import Conduction, Inverse, Linearised
from bbrmodel.conduction.terms import Term
from bbrmodel.errors import ConvergenceError
from bbrmodel.typing import BoolArray, FloatArray

_LOG = logging.getLogger(__name__)
_MAX_STEP_HALVINGS = 12
_GOOD_STEP = 0.5  # of the residual: a full step that leaves more may be too long
_LEAST_FOURTH = 4e-3  # of T^4 that one step may leave, T down to a quarter
_ALIKE = 0.01  # change of temperatures and of slopes for which an inverse is made anew
_GMRES_RESTART = 60
_LOOSEST, _TIGHTEST = 1e-2, 1e-8  # of the residual, for the linear solve of a step
_ROUNDING = 1e-13  # sums over thousands of nodes of terms that cancel
_PRECISION = float(np.finfo(np.float64).eps)
_LIGHT_ROUNDING = 1e-11  # what the exchange solve may leave
START_TOLERANCE = 1e-2  # of the largest heat flow, for the steps at given light


class RadiationCoupling(Protocol):
    """Radiation as the solid sees it; `linearise` fixes the state, the others use it."""

    def linearise(self, T: FloatArray, *, frozen: bool = False) -> FloatArray:
        """Return the net radiative heat into each node [W]; `frozen` keeps the arriving light of the last call."""
        ...

    def apply_derivative(self, direction: FloatArray, *, tolerance: float) -> FloatArray:
        """Return the change of that heat for a change of temperatures."""
        ...

    def local_derivative(self) -> Any:
        """Return the part of the derivative that stays on the facet, sparse, negative semidefinite [W/K]."""
        ...

    def largest_flow(self) -> float:
        """Return the largest net heat that any surface takes or gives [W]."""
        ...

    def emitted_power(self) -> float:
        """Return the power that all surfaces send out [W]; sets the rounding of every balance."""
        ...


@dataclass(frozen=True)
class SteadyProblem:
    """Solid, heat paths and fixed temperatures.

    `fixed` is a mask (num_nodes,), `start_K` (num_nodes,) holds the fixed values there and a first guess elsewhere.
    """

    solid: Conduction
    terms: Sequence[Term]
    fixed: BoolArray
    start_K: FloatArray
    radiation: RadiationCoupling | None = None


@dataclass(frozen=True)
class SteadyResult:
    """Temperatures, heat that the fixed nodes supply, and the path to them."""

    T: FloatArray
    reaction_W: FloatArray  # (num_nodes,), zero at free nodes
    residual_W: float  # 1-norm over the free nodes
    scale_W: float  # largest heat flow
    history_W: tuple[float, ...]
    start_steps: int = 0  # Newton steps at given light, before those of `history_W`


class NotConvergedError(ConvergenceError):
    """A `ConvergenceError` that knows the last state, so that a caller can say which body is at fault.

    Attributes
    ----------
    T
        shape (num_nodes,), last temperatures [K].
    residual_W
        shape (num_nodes,), heat left at each free node [W].
    history_W
        Sum of |residual| after every step [W].
    """

    def __init__(self, message: str, *, T: FloatArray, residual_W: FloatArray, history_W: Sequence[float]) -> None:
        super().__init__(message)
        self.T, self.residual_W, self.history_W = T, residual_W, tuple(history_W)


def solve_steady(
    problem: SteadyProblem,
    *,
    tolerance: float = 1e-8,
    max_iterations: int = 50,
    linear_tolerance: float | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> SteadyResult:
    """Return the temperatures at which every free node's heat adds up to zero.

    Parameters
    ----------
    tolerance
        Sum of |heat| left at the free nodes, as a part of the largest heat flow.
    linear_tolerance
        Of every step's linear solve, as a part of the residual; by default as tight as convergence asks for.
    progress
        Called with (iteration, relative residual).

    Raises
    ------
    NotConvergedError
        The tolerance was not reached; the message holds the residual history.
    """
    T, start_steps, kept = problem.start_K.copy(), 0, _KeptInverse()
    if problem.radiation is not None:
        # The first steps find the temperatures at given light, without an exchange solve each.
        start = _Iteration(problem, frozen=True, tolerance=START_TOLERANCE)
        T, start_history, _ = _iterate(start, T, max_iterations)
        start_steps, kept = len(start_history) - 1, start.kept
    iteration = _Iteration(problem, frozen=False, tolerance=tolerance, linear_tolerance=linear_tolerance)
    iteration.kept = kept
    T, history, done = _iterate(iteration, T, max_iterations, progress)
    scale = iteration.scale(T)
    if done:
        problem.solid.check_range(T)
        return SteadyResult(T, iteration.reaction(), history[-1], scale, tuple(history), start_steps)
    raise NotConvergedError(
        f"the temperatures did not converge: residual {history[-1]:.3e} W after {len(history) - 1} Newton steps, "
        f"{tolerance * scale:.1e} W wanted; history [W]: {_in_short(history)}.",
        T=T,
        residual_W=iteration.residual(T),
        history_W=history,
    )


def _in_short(history: Sequence[float]) -> str:
    """Return numbers as text, of many the first and the last."""
    shown = [f"{value:.2e}" for value in history]
    return ", ".join(shown if len(shown) <= 10 else [*shown[:5], "...", *shown[-5:]])


def _iterate(
    iteration: "_Iteration", T: FloatArray, max_iterations: int, progress: Callable[[int, float], None] | None = None
) -> tuple[FloatArray, list[float], bool]:
    """Return temperatures, residual history [W] and whether the tolerance was reached."""
    residual = iteration.residual(T)
    history = [float(np.abs(residual).sum())]
    for step in range(max_iterations):
        scale = iteration.scale(T)
        target = iteration.tolerance * scale
        if progress:
            progress(step, history[-1] / scale)
        _LOG.info("newton %d%s: residual %.3e W of %.3e W", step, iteration.label, history[-1], scale)
        if history[-1] <= target:
            return T, history, True
        change = iteration.direction(T, residual, history, target=target)
        if not np.isfinite(change).all():  # a singular Jacobian
            break
        T, residual = iteration.search(T, change, history[-1])
        history.append(float(np.abs(residual).sum()))
        if len(history) > 4 and history[-1] > 0.9999 * history[-4]:
            break
    return T, history, history[-1] <= iteration.tolerance * iteration.scale(T)


class _KeptInverse:
    """An inverse that still serves as a preconditioner while temperatures and heat paths change little."""

    def __init__(self) -> None:
        self._last: tuple[Inverse, FloatArray, FloatArray] | None = None

    def keep(self, solve: Inverse, near: Any, T: FloatArray) -> None:
        """Keep an inverse with what it was made for."""
        self._last = (solve, near.diagonal(), T.copy())

    def find(self, near: Any, T: FloatArray) -> Inverse | None:
        """Return the inverse that was kept if it is good enough for this state, else None."""
        if self._last is None:
            return None
        solve, diagonal, T_then = self._last
        alike = np.abs(near.diagonal() - diagonal) <= _ALIKE * np.abs(diagonal)
        return solve if bool(alike.all() and (np.abs(T - T_then) <= _ALIKE * T_then).all()) else None


class _Iteration:
    """The moving parts of one Newton solve."""

    def __init__(
        self, problem: SteadyProblem, *, frozen: bool, tolerance: float, linear_tolerance: float | None = None
    ) -> None:
        self.problem = problem
        self.tolerance = tolerance
        self.linear_tolerance = linear_tolerance
        self._stiffness: float | None = None
        self.frozen = frozen
        self.label = " (given light)" if frozen else ""
        self.free = ~problem.fixed
        self.flow_out = np.zeros(problem.solid.num_nodes)
        self.kept = _KeptInverse()

    def residual(self, T: FloatArray) -> FloatArray:
        """Return the heat that piles up at each free node [W] (zero at fixed nodes)."""
        problem = self.problem
        problem.solid.set_temperature(T)
        heat = -problem.solid.heat_out_of_nodes()
        for term in problem.terms:
            heat += term.heat(T)
        if problem.radiation is not None:
            heat += problem.radiation.linearise(T, frozen=self.frozen)
        self.flow_out = heat
        return np.where(self.free, heat, 0.0)

    def reaction(self) -> FloatArray:
        """Return the heat that fixed nodes must supply [W]."""
        return np.where(self.free, 0.0, -self.flow_out)

    def scale(self, T: FloatArray) -> float:
        """Return the largest heat flow: of a term, of the fixed nodes, or of a radiating surface."""
        flows = [float(np.abs(term.heat(T)).sum()) / 2.0 for term in self.problem.terms]
        flows.append(float(np.abs(self.reaction()).sum()) / 2.0)
        if self.problem.radiation is not None:
            flows.append(self.problem.radiation.largest_flow())
        return float(max(*flows, self._noise(T) / self.tolerance))

    def _noise(self, T: FloatArray) -> float:
        """Return a residual [W] that rounding alone can leave: where nothing flows, no smaller one can be asked for."""
        if self._stiffness is None:
            conduction = self.problem.solid.linearise()
            # Sums that cancel, and temperatures that are known to one part in 10^16 at every node.
            self._stiffness = max(_ROUNDING * conduction.largest_diagonal(), _PRECISION * conduction.diagonal_sum())
        light = 0.0 if self.problem.radiation is None else _LIGHT_ROUNDING * self.problem.radiation.emitted_power()
        return max(self._stiffness * float(np.abs(T).max()), light)

    def direction(self, T: FloatArray, residual: FloatArray, history: Sequence[float], *, target: float) -> FloatArray:
        """Return the Newton step, solved only as far as it pays (Eisenstat-Walker) unless told otherwise."""
        conduction = self.problem.solid.linearise()
        near = self._near_terms(T)
        solve = self.kept.find(near, T)
        if solve is None:
            solve = conduction.inverse(near, self.free)
            self.kept.keep(solve, near, T)
        forcing = self.linear_tolerance
        if forcing is None:
            forcing = _LOOSEST if len(history) < 2 else min(_LOOSEST, (history[-1] / history[-2]) ** 2)
            forcing = max(forcing, 0.1 * target / history[-1], _TIGHTEST)
        exact = self._exact_operator(conduction, T, 0.01 * forcing)
        inverse = LinearOperator(exact.shape, matvec=lambda x: solve(np.asarray(x, dtype=np.float64).ravel()))
        change, failed = gmres(exact, residual, rtol=forcing, atol=0.0, M=inverse, restart=_GMRES_RESTART, maxiter=5)
        if failed:
            _LOG.info("newton: the linear solve stopped short of %.1e", forcing)
        step: FloatArray = change
        return step

    def _near_terms(self, T: FloatArray) -> Any:
        """Return the derivative of all heat paths but conduction, as far as it stays near a node, sparse [W/K]."""
        total = csr_matrix((len(T), len(T)))
        for term in self.problem.terms:
            total = total + term.derivative(T)
        if self.problem.radiation is not None:
            total = total + self.problem.radiation.local_derivative()
        return total

    def _exact_operator(self, conduction: Linearised, T: FloatArray, tolerance: float) -> LinearOperator:
        """Return the action of the full Jacobian, with radiation between facets and links in full."""
        problem, free = self.problem, self.free

        def action(vector: FloatArray) -> FloatArray:
            direction = np.where(free, np.asarray(vector, dtype=np.float64).ravel(), 0.0)
            image = conduction.multiply(direction)
            for term in problem.terms:
                image -= term.apply_derivative(T, direction)
            if problem.radiation is not None:
                image -= problem.radiation.apply_derivative(direction, tolerance=tolerance)
            return np.where(free, image, vector)

        return LinearOperator((len(free), len(free)), matvec=action, dtype=np.float64)

    def search(self, T: FloatArray, change: FloatArray, before: float) -> tuple[FloatArray, FloatArray]:
        """Return temperatures and residual after the first step that reduces the residual, else the best of all."""
        best: tuple[float, FloatArray, FloatArray] | None = None
        last: FloatArray | None = None
        for trial, enough in self._trials(T, change):
            residual, last = self.residual(trial), trial
            size = float(np.nan_to_num(np.abs(residual).sum(), nan=np.inf))
            if best is None or size < best[0]:
                best = (size, trial, residual)
            if best[0] < enough * before:
                break
        if best is None or last is None:
            raise ConvergenceError("the Newton step has no length: the start temperatures are not finite.")
        return best[1], best[2] if last is best[1] else self.residual(best[1])

    def _trials(self, T: FloatArray, change: FloatArray) -> Iterator[tuple[FloatArray, float]]:
        """Yield temperatures to try, and the part of the residual that is little enough to stop there.

        After the full step comes the one that a body of its own would take which only radiates: linear in T^4. From a
        cold start the full step overshoots by the cube of the ratio of temperatures. Then halves, quarters and so on.
        """
        fall = max(float(-change.min()), 1e-300)
        length = min(1.0, 0.6 * float(T.min()) / fall)
        yield T + length * change, _GOOD_STEP
        if self.problem.radiation is not None:
            yield T * np.maximum(1.0 + 4.0 * change / T, _LEAST_FOURTH) ** 0.25, 1.0 - 1e-4 * length
        for _ in range(_MAX_STEP_HALVINGS):
            length *= 0.5
            yield T + length * change, 1.0 - 1e-4 * length


__all__ = ["NotConvergedError", "RadiationCoupling", "SteadyProblem", "SteadyResult", "solve_steady"]
