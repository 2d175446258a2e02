"""Why the temperatures of a case did not come out: which body is at fault, what ties it, what heats it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bbrmodel.conduction.newton import NotConvergedError, SteadyProblem
from bbrmodel.conduction.terms import SourceTerm, Term
from bbrmodel.errors import ConvergenceError, PropertyRangeError
from bbrmodel.mesh import SplitMesh
from bbrmodel.typing import BoolArray, FloatArray

NOTHING_SOLID_K = 4000.0  # every metal has melted
_COLD_K = 1.0  # a body that more heat leaves than can reach it is driven towards zero
_WEAK = 1e-6  # of the strongest tie of any body


@dataclass(frozen=True)
class BodyState:
    """One body where an iteration ended.

    Attributes
    ----------
    tie_W_K
        What it hands to everything else per kelvin: through joints, links, films, light and fixed temperatures.
    given_W
        What sources and given fluxes bring whatever its temperature.
    residual_W
        Sum of |heat| that is left at its nodes.
    """

    name: str
    low_K: float
    high_K: float
    tie_W_K: float
    given_W: float
    residual_W: float


def failure(
    error: NotConvergedError, problem: SteadyProblem, split: SplitMesh, names: Sequence[str]
) -> ConvergenceError:
    """Return an error that adds the likely cause to what Newton's method knows."""
    states = body_states(problem, split, names, T=error.T, residual=error.residual_W)
    worst = max(states, key=lambda state: state.residual_W)
    share = worst.residual_W / max(sum(state.residual_W for state in states), 1e-300)
    where = (
        f" {100.0 * share:.0f} % of it is in '{worst.name}' ({worst.low_K:.4g} to {worst.high_K:.4g} K, tied to all "
        f"else by {worst.tie_W_K:.2e} W/K, given {worst.given_W:.3g} W)."
    )
    return ConvergenceError(f"{error}{where} {_cause(states, worst)}")


def _cause(states: Sequence[BodyState], worst: BodyState) -> str:
    """Return what most likely went wrong, and what to do."""
    cold = min(states, key=lambda state: state.low_K)
    weak = min(states, key=lambda state: state.tie_W_K)
    strongest = max(state.tie_W_K for state in states)
    if cold.low_K < _COLD_K and cold.given_W < 0.0:
        return (
            f"Likely cause: {-cold.given_W:.3g} W are taken out of '{cold.name}', more than reaches it at any "
            "temperature. Check the sign of its sources and fluxes, or give it a path that brings more heat."
        )
    if worst.high_K > NOTHING_SOLID_K or weak.tie_W_K < _WEAK * strongest:
        found = worst if worst.high_K > NOTHING_SOLID_K else weak
        return (
            f"Likely cause: '{found.name}' has almost no heat path ({found.tie_W_K:.2e} W/K; the best tied body has "
            f"{strongest:.2e} W/K) for the {found.given_W:.3g} W that it is given. Add a joint, link, film or "
            "temperature, or let it radiate."
        )
    return (
        "Look for properties that change steeply with temperature there, and for conditions that contradict each "
        "other; or set solver.relative_tolerance higher or solver.max_iterations higher."
    )


def check_solid_temperatures(T: FloatArray, problem: SteadyProblem, split: SplitMesh, names: Sequence[str]) -> None:
    """Raise when a body is so hot that nothing is solid: it is heated and has almost no way out.

    Raises
    ------
    PropertyRangeError
        Naming the body, its temperature, the heat that it is given and what ties it.
    """
    if not len(T) or T.max() <= NOTHING_SOLID_K:
        return
    states = body_states(problem, split, names, T=T, residual=np.zeros_like(T))
    hot = max(states, key=lambda state: state.high_K)
    raise PropertyRangeError(
        f"'{hot.name}' would be at {hot.high_K:.4g} K, where nothing is solid: it is given {hot.given_W:.3g} W, and "
        f"{hot.tie_W_K:.2e} W/K tie it to all else. Check the power, or add a joint, link, film or temperature, or let "
        "it radiate."
    )


def body_states(
    problem: SteadyProblem, split: SplitMesh, names: Sequence[str], *, T: FloatArray, residual: FloatArray
) -> list[BodyState]:
    """Return the state of every body; a node that two bonded bodies share counts for both."""
    if problem.radiation is not None:
        problem.radiation.linearise(T)
    states = []
    for index, name in enumerate(names):
        mine = np.zeros(len(T), dtype=bool)
        mine[split.cell_nodes[split.cell_body == index]] = True
        given = sum(float(_given(term, T)[mine].sum()) for term in problem.terms)
        low, high = float(T[mine].min()), float(T[mine].max())
        states.append(BodyState(name, low, high, _tie(problem, mine, T), given, float(np.abs(residual[mine]).sum())))
    return states


def _tie(problem: SteadyProblem, mine: BoolArray, T: FloatArray) -> float:
    """Return the heat that leaves a body per kelvin when all of it grows warmer by as much and nothing else does."""
    one = mine.astype(np.float64)
    problem.solid.set_temperature(T)
    loss = float(one @ problem.solid.linearise().multiply(one))  # to bodies that it is bonded to
    if (mine & problem.fixed).any():
        return np.inf
    loss -= sum(float(one @ term.apply_derivative(T, one)) for term in problem.terms)
    if problem.radiation is not None:
        loss -= float(one @ problem.radiation.apply_derivative(one, tolerance=1e-6))
    return loss


def _given(term: Term, T: FloatArray) -> FloatArray:
    """Return the heat of a term that does not depend on temperature, by node; zero for other terms."""
    constant = isinstance(term, SourceTerm) or term.name.startswith("flux:")
    return term.heat(T) if constant else np.zeros_like(T)


__all__ = ["NOTHING_SOLID_K", "BodyState", "body_states", "check_solid_temperatures", "failure"]
