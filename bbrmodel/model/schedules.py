"""What the schedules of a case say at a moment, and when something happens."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bbrmodel.spec import BathLevel, Case, Schedule
from bbrmodel.typing import FloatArray


@dataclass(frozen=True)
class Course:
    """A value over time, written out for a whole run.

    A step keeps the value of each time until the next; before the first time the first value holds.
    """

    key: str
    times_s: FloatArray
    values: FloatArray
    steps: bool

    def at(self, time_s: float, *, after: bool) -> float:
        """Return the value at a moment; `after` tells which side of a step at that very moment is meant."""
        if not self.steps:
            return float(np.interp(time_s, self.times_s, self.values))
        index = int(np.searchsorted(self.times_s, time_s, side="right" if after else "left")) - 1
        return float(self.values[max(index, 0)])


def write_out(schedule: Schedule, end_s: float) -> Course:
    """Return the course of a schedule up to a time, with every repetition."""
    times, values = np.array(schedule.times_s), np.array(schedule.values)
    if schedule.period_s is not None:
        cycles = np.arange(-1, int(end_s / schedule.period_s) + 2)
        times = (times + schedule.period_s * cycles[:, None]).ravel()
        values = np.tile(values, len(cycles))
    return Course(schedule.key, np.array(tidy(times.tolist())), values, schedule.interpolation == "step")


def tidy(times_s: Iterable[float]) -> list[float]:
    """Return times without the rounding of sums, so that moments that are meant to be one are equal."""
    return [float(f"{time:.12g}") for time in times_s]


@dataclass(frozen=True)
class Events:
    """Moments that a step ends at, and which of them are jumps; both grow, the end is among the first."""

    stops_s: FloatArray
    jumps_s: FloatArray


def refill_times(level: BathLevel, end_s: float) -> list[float]:
    """Return when the refills of a bath begin, up to the end."""
    if level.refill_every_s is None:
        return []
    first = level.refill_every_s if level.first_refill_s is None else level.first_refill_s
    count = int(np.floor((end_s - first) / level.refill_every_s)) + 1
    return tidy(first + k * level.refill_every_s for k in range(max(count, 0)))


def refill_ends(level: BathLevel, end_s: float) -> list[float]:
    """Return when these refills end."""
    return tidy(start + level.refill_duration_s for start in refill_times(level, end_s))


def find_events(case: Case) -> Events:
    """Return the events of a case with [time]."""
    if case.time is None:
        return Events(np.empty(0), np.empty(0))
    end, every = case.time.end_time_s, case.time.output_every_s
    stops: set[float] = set(tidy(case.time.output_times_s or ()))
    if every is not None:
        stops.update(tidy(every * k for k in range(1, int(end / every) + 1)))
    jumps: set[float] = set()
    for schedule in case.schedules:
        course = write_out(schedule, end)
        (jumps if course.steps else stops).update(course.times_s.tolist())
    for level in case.levels:
        jumps.update((*refill_times(level, end), *refill_ends(level, end)))
    inside = sorted(t for t in stops | jumps if 0.0 < t < end)
    return Events(np.array([*inside, end]), np.array(sorted(t for t in jumps if 0.0 < t < end)))


__all__ = ["Course", "Events", "find_events", "refill_ends", "refill_times", "tidy", "write_out"]
