r"""One step in time by TR-BDF2: the trapezoidal rule to a place inside the step, then a backward difference.

With the enthalpy E of the nodes and the heat Q that reaches them, :math:`dE/dt = Q(T, t)` becomes, with
:math:`\gamma = 2 - \sqrt 2`, :math:`d = \gamma / 2`, :math:`w = \sqrt 2 / 4`,

.. math::

    E_\gamma = E_0 + d\,\Delta t\,(Q_0 + Q_\gamma), \qquad
    E_1 = E_0 + \Delta t\,(w Q_0 + w Q_\gamma + d Q_1).

Both stages have the same Jacobian. The method is L-stable and of second order; the weights of a third-order formula on
the same stages tell the error [1]_. What is stored in a step is the weighted heat of its stages, so that energy is
conserved to the residual of the stages.

Slow quantities beside the temperatures, such as the volume of a liquid, go explicitly with the weights of [2]_.

References
----------
.. [1] M. E. Hosea, L. F. Shampine, Appl. Numer. Math. 20, 21 (1996), doi:10.1016/0168-9274(95)00115-8.
.. [2] F. X. Giraldo, J. F. Kelly, E. M. Constantinescu, SIAM J. Sci. Comput. 35, B1162 (2013),
   doi:10.1137/120876034.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bbrmodel.conduction.linearised import Conduction
from bbrmodel.conduction.newton import RadiationCoupling, SteadyProblem
from bbrmodel.conduction.stage import StageSolver, heat_into_nodes
from bbrmodel.conduction.storage import Storage, StorageTerm
from bbrmodel.conduction.terms import Term
from bbrmodel.typing import BoolArray, FloatArray

GAMMA = 2.0 - math.sqrt(2.0)
DIAGONAL = 0.5 * GAMMA
SIDE = 0.25 * math.sqrt(2.0)
WEIGHTS = (SIDE, SIDE, DIAGONAL)
THIRD_ORDER = ((1.0 - SIDE) / 3.0, (3.0 * SIDE + 1.0) / 3.0, DIAGONAL / 3.0)
ERROR_ORDER = 3  # the error of a step goes as its length to this power
_LATE = (3.0 + 2.0 * math.sqrt(2.0)) / 6.0  # weight of the second stage in the third of what goes explicitly


@dataclass(frozen=True)
class Conditions:
    """What acts on the solid at one moment: heat paths, fixed temperatures (at `fixed` nodes) and light."""

    terms: Sequence[Term]
    fixed: BoolArray
    value_K: FloatArray
    radiation: RadiationCoupling | None = None


class TimeSystem(Protocol):
    """A solid in surroundings that change with time."""

    @property
    def solid(self) -> Conduction:
        """Conduction."""
        ...

    @property
    def storage(self) -> Storage:
        """Stored heat."""
        ...

    def conditions(self, time_s: float, slow: FloatArray, *, after: bool) -> Conditions:
        """Return what acts at a moment; `after` tells which side of a jump at that moment is meant.

        The light's given temperatures are set by the call: it holds until the next one.
        """
        ...

    def slow_rates(self, conditions: Conditions, T: FloatArray, slow: FloatArray) -> FloatArray:
        """Return the rates of change of the slow quantities."""
        ...

    def slow_after_jump(self, time_s: float, slow: FloatArray) -> FloatArray:
        """Return the slow quantities on the far side of a jump."""
        ...

    def flows(self, conditions: Conditions, T: FloatArray, heat_W: FloatArray) -> Mapping[str, float]:
        """Return the heat [W] that enters by every path from outside; `heat_W` is what reaches each node."""
        ...


@dataclass(frozen=True)
class TimeState:
    """Everything that the next step starts from.

    Attributes
    ----------
    time_s
        [s].
    T
        shape (num_nodes,), [K].
    stored_W
        shape (num_nodes,), heat that each free node stores per time; zero at nodes of given temperature.
    slow, slow_rate
        Slow quantities and their rates.
    slow_at_T
        Slow quantities at which the temperatures were found; they differ from `slow` by the error of a step.
    flows_W
        Heat by every path from outside.
    trend_K_s
        shape (num_nodes,), change of temperature in the last step, to start the next from.
    """

    time_s: float
    T: FloatArray
    stored_W: FloatArray
    slow: FloatArray
    slow_rate: FloatArray
    slow_at_T: FloatArray
    flows_W: Mapping[str, float]
    trend_K_s: FloatArray


@dataclass(frozen=True)
class Step:
    """A step that was tried.

    `error_K` estimates what it adds to the error of the temperature, at the worst node; `slow_error` the same of the
    slow quantities. `balance` is the difference of stored heat and heat that entered, in parts of the largest.
    """

    state: TimeState
    error_K: float
    slow_error: FloatArray
    slow_change: FloatArray
    mean_flows_W: Mapping[str, float]
    balance: float
    iterations: int


def state_after_jump(system: TimeSystem, before: TimeState, *, time_s: float) -> TimeState:
    """Return the state on the far side of a jump of the surroundings: temperatures stay, all rates are new."""
    slow = system.slow_after_jump(time_s, before.slow)
    now = system.conditions(time_s, slow, after=True)
    T = np.where(now.fixed, now.value_K, before.T)
    heat, _ = heat_into_nodes(SteadyProblem(system.solid, now.terms, now.fixed, T, now.radiation), T)
    return TimeState(
        time_s=time_s,
        T=T,
        stored_W=np.where(now.fixed, 0.0, heat),
        slow=slow,
        slow_rate=system.slow_rates(now, T, slow),
        slow_at_T=slow,
        flows_W=system.flows(now, T, heat),
        trend_K_s=np.zeros_like(T),
    )


def take_step(system: TimeSystem, old: TimeState, end_s: float, *, tolerance: float) -> Step:
    """Return the step from a state to a later moment.

    Parameters
    ----------
    tolerance
        Residual of each stage as a part of its largest heat flow.

    Raises
    ------
    ConvergenceError
        A stage does not converge.
    PropertyRangeError
        A temperature leaves the data of a material.
    """
    return _Step(system, old, end_s - old.time_s, end_s, tolerance).run()


@dataclass(frozen=True)
class _Stage:
    """What holds at the end of a stage."""

    T: FloatArray
    stored_W: FloatArray
    slow: FloatArray
    slow_rate: FloatArray
    flows_W: Mapping[str, float]
    fixed: BoolArray


class _Step:
    """The stages of one step."""

    def __init__(self, system: TimeSystem, old: TimeState, step_s: float, end_s: float, tolerance: float) -> None:
        self.system, self.old, self.step_s, self.end_s = system, old, step_s, end_s
        self.stage_s = DIAGONAL * step_s
        self.tolerance = tolerance
        self.energy = system.storage.energy(old.T)
        self.iterations = 0
        self.solver: StageSolver | None = None

    def run(self) -> Step:
        """Return the step."""
        old, dt = self.old, self.step_s
        first = _Stage(old.T, old.stored_W, old.slow, old.slow_rate, old.flows_W, np.empty(0, dtype=bool))
        slow = old.slow + GAMMA * dt * old.slow_rate
        target = self.energy + self.stage_s * old.stored_W
        middle = self._stage(old.time_s + GAMMA * dt, slow, target, guess=old.T + GAMMA * dt * old.trend_K_s)
        slow = old.slow + dt * ((1.0 - _LATE) * old.slow_rate + _LATE * middle.slow_rate)
        target = self.energy + SIDE * dt * (old.stored_W + middle.stored_W)
        last = self._stage(self.end_s, slow, target, guess=old.T + (middle.T - old.T) / GAMMA)
        self.system.solid.check_range(last.T)
        self.system.storage.check_range(last.T)
        return self._finished((first, middle, last))

    def _stage(self, time_s: float, slow: FloatArray, target: FloatArray, *, guess: FloatArray) -> _Stage:
        """Return what holds at the end of a stage that stores up to `target` [J]."""
        system = self.system
        at = system.conditions(time_s, slow, after=False)
        term = StorageTerm(system.storage, target, self.stage_s, ~at.fixed)
        start = np.where(at.fixed, at.value_K, guess)
        problem = SteadyProblem(system.solid, (*at.terms, term), at.fixed, start, at.radiation)
        if self.solver is None:
            self.solver = StageSolver(problem, tolerance=self.tolerance)
        found = self.solver.solve(problem)
        self.iterations += found.iterations
        T = found.T
        return _Stage(
            T=T,
            stored_W=term.rate(T),
            slow=slow,
            slow_rate=system.slow_rates(at, T, slow),
            flows_W=system.flows(at, T, found.heat_W),
            fixed=at.fixed,
        )

    def _finished(self, stages: tuple[_Stage, _Stage, _Stage]) -> Step:
        """Return the step that three stages make."""
        old, last, dt = self.old, stages[-1], self.step_s
        stored, rates = [stage.stored_W for stage in stages], [stage.slow_rate for stage in stages]
        slow_change = dt * _weighted(WEIGHTS, rates)
        mean = {
            name: sum(weight * stage.flows_W[name] for weight, stage in zip(WEIGHTS, stages, strict=True))
            for name in last.flows_W
        }
        state = TimeState(
            time_s=self.end_s,
            T=last.T,
            stored_W=last.stored_W,
            slow=old.slow + slow_change,
            slow_rate=last.slow_rate,
            slow_at_T=last.slow,
            flows_W=last.flows_W,
            trend_K_s=(last.T - old.T) / dt,
        )
        return Step(
            state=state,
            error_K=self._size(dt * _weighted(_ERROR, stored)),
            slow_error=np.abs(dt * _weighted(_ERROR, rates)),
            slow_change=slow_change,
            mean_flows_W=mean,
            balance=self._balance(last.T, last.fixed, mean),
            iterations=self.iterations,
        )

    def _size(self, error_J: FloatArray) -> float:
        """Return the largest temperature that an error of stored heat amounts to."""
        if self.solver is None:
            return 0.0
        return float(np.abs(self.solver.smooth(error_J, self.stage_s)).max())

    def _balance(self, T: FloatArray, fixed: BoolArray, mean_flows_W: Mapping[str, float]) -> float:
        """Return stored heat less heat that entered, as a part of the largest heat."""
        stored = float(np.where(fixed, 0.0, self.system.storage.energy(T) - self.energy).sum())
        entered = self.step_s * sum(mean_flows_W.values())
        largest = max([abs(stored), *(self.step_s * abs(flow) for flow in mean_flows_W.values())])
        return abs(stored - entered) / max(largest, 1e-300)


_ERROR = tuple(b - third for b, third in zip(WEIGHTS, THIRD_ORDER, strict=True))


def _weighted(weights: Sequence[float], values: Sequence[FloatArray]) -> FloatArray:
    """Return the weighted sum over the stages."""
    total: FloatArray = np.sum([weight * value for weight, value in zip(weights, values, strict=True)], axis=0)
    return total


__all__ = [
    "ERROR_ORDER",
    "GAMMA",
    "Conditions",
    "Step",
    "TimeState",
    "TimeSystem",
    "state_after_jump",
    "take_step",
]
