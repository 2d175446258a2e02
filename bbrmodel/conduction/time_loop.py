"""Steps in time of a length that keeps the error of each at its tolerance, ending exactly where something happens."""

import logging
from dataclasses import dataclass, replace

import numpy as np

from bbrmodel.conduction.transient import ERROR_ORDER, Step, TimeState, TimeSystem, state_after_jump, take_step
from bbrmodel.errors import ConvergenceError, PropertyRangeError
from bbrmodel.typing import FloatArray

_LOG = logging.getLogger(__name__)
_SAFETY = 0.9
_FASTEST_GROWTH, _FASTEST_FALL = 5.0, 0.1
_AFTER_FAILURE = 0.25
_SMALLEST_ERROR = 1e-5  # of the tolerance; less says nothing
_SHORTEST = 1e-12  # of the whole time
_FIRST = 2.0  # tolerances that temperatures may move in the first step after a jump


@dataclass(frozen=True)
class TimePlan:
    """When to stop and how exact to be.

    Attributes
    ----------
    end_s
        Last moment.
    stops_s
        Moments that a step ends at, growing; those of jumps among them.
    jumps_s
        Moments at which something jumps.
    tolerance_K
        Error of temperature that one step may add at any node.
    slow_tolerance
        The same for each slow quantity.
    residual
        Residual of the stages as a part of the largest heat flow.
    max_step_s
        Longest step.
    """

    end_s: float
    stops_s: FloatArray
    jumps_s: FloatArray
    tolerance_K: float
    slow_tolerance: FloatArray
    residual: float
    max_step_s: float


@dataclass(frozen=True)
class Position:
    """How far an integration has come: all that the next step depends on."""

    state: TimeState
    next_step_s: float
    last_step_s: float = 0.0  # none since a jump
    last_error: float = 1.0  # of the last step, of its tolerance
    steps: int = 0
    rejected: int = 0


def begin(system: TimeSystem, plan: TimePlan, *, time_s: float, T: FloatArray, slow: FloatArray) -> Position:
    """Return the position at the beginning, with the surroundings of that moment."""
    nothing = np.zeros_like(T)
    blank = TimeState(time_s, T, nothing, slow, np.zeros_like(slow), slow, {}, nothing)
    state = state_after_jump(system, blank, time_s=time_s)
    return Position(state, _first_step(system, plan, state))


def advance(system: TimeSystem, plan: TimePlan, position: Position) -> tuple[Position, Step]:
    """Return the position after one step, before whatever jumps at its end, and the step.

    Raises
    ------
    ConvergenceError
        The temperatures cannot be followed, however short the step.
    PropertyRangeError
        A temperature leaves the data of a material.
    """
    begin_s, step_s, rejected = position.state.time_s, position.next_step_s, position.rejected
    stop = float(plan.stops_s[np.searchsorted(plan.stops_s, begin_s, side="right")])
    while True:
        end = _end_of_step(begin_s, min(step_s, plan.max_step_s), stop)
        step, size = _try_step(system, plan, position.state, end)
        if step is not None and size <= 1.0:
            break
        rejected += 1
        fall = _AFTER_FAILURE if step is None else max(_FASTEST_FALL, _SAFETY * size ** (-1.0 / ERROR_ORDER))
        step_s = fall * (end - begin_s)
    taken = end - begin_s
    growth = min(_growth(size, taken, position), _FASTEST_GROWTH if rejected == position.rejected else 1.0)
    # A step that was cut short to end at a stop says little against the length that the controller wanted.
    next_step = max(taken * growth, step_s if taken < step_s else 0.0)
    _LOG.info("time %.6g s: step %d of %.3g s, error %.2g K", end, position.steps + 1, taken, step.error_K)
    return Position(step.state, next_step, taken, size, position.steps + 1, rejected), step


def _try_step(system: TimeSystem, plan: TimePlan, state: TimeState, end_s: float) -> tuple[Step | None, float]:
    """Return a step and its error in units of the tolerance; no step where it failed, but a shorter one may not."""
    taken = end_s - state.time_s
    shortest = taken <= _SHORTEST * plan.end_s
    try:
        step = take_step(system, state, end_s, tolerance=plan.residual)
    except (ConvergenceError, PropertyRangeError) as error:
        _LOG.info("time %.6g s: a step of %.3g s failed: %s", state.time_s, taken, error)
        if shortest:
            raise type(error)(f"at {state.time_s:.6g} s: {error}") from None
        return None, np.inf
    size = _relative_error(step, plan)
    if size > 1.0 and shortest:
        raise ConvergenceError(
            f"at {state.time_s:.6g} s: even a step of {taken:.3g} s has an error of {step.error_K:.3g} K "
            f"({plan.tolerance_K:g} K allowed). Loosen time.tolerance_K, or look for what jumps there."
        )
    return step, size


def cross_jump(system: TimeSystem, plan: TimePlan, position: Position) -> Position:
    """Return the position on the far side of a jump; the same one where nothing jumps, and at the end."""
    time_s = position.state.time_s
    if time_s >= plan.end_s or not bool(np.any(plan.jumps_s == time_s)):
        return position
    after = state_after_jump(system, position.state, time_s=time_s)
    next_step = min(position.next_step_s, _first_step(system, plan, after))
    return replace(position, state=after, next_step_s=next_step, last_step_s=0.0)


def _growth(size: float, taken_s: float, position: Position) -> float:
    """Return by how much the next step may be longer: Gustafsson's controller, which foresees how errors grow."""
    growth: float = _SAFETY * size ** (-1.0 / ERROR_ORDER)
    if position.last_step_s > 0.0:
        trend = (position.last_error / size) ** (1.0 / ERROR_ORDER) * taken_s / position.last_step_s
        growth *= min(1.0, trend)
    return growth


def _relative_error(step: Step, plan: TimePlan) -> float:
    """Return the error of a step in units of its tolerance."""
    errors = [step.error_K / plan.tolerance_K, *(step.slow_error / plan.slow_tolerance), _SMALLEST_ERROR]
    return float(max(errors)) if np.isfinite(errors).all() else np.inf


def _end_of_step(time_s: float, step_s: float, stop_s: float) -> float:
    """Return where a step ends: at the stop if that is near, half way to it if it is not much further."""
    left = stop_s - time_s
    if step_s >= left * (1.0 - 1e-9):
        return stop_s
    return time_s + (0.5 * left if step_s > 0.5 * left else step_s)


def _first_step(system: TimeSystem, plan: TimePlan, state: TimeState) -> float:
    """Return a step in which temperatures move little more than the tolerance, at the rates of a moment."""
    capacity = system.storage.capacity(state.T)
    rate = float(np.max(np.abs(state.stored_W) / np.maximum(capacity, 1e-300), initial=0.0))
    longest = min(plan.max_step_s, 0.01 * plan.end_s)
    return float(np.clip(_FIRST * plan.tolerance_K / max(rate, 1e-300), _SHORTEST * plan.end_s, longest))


__all__ = ["Position", "TimePlan", "advance", "begin", "cross_jump"]
