"""The tables of a case file that say what changes with time."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Literal

from pydantic import Field

from bbrmodel.spec.base import Finding, Spec, as_mapping
from bbrmodel.spec.fields import Name, NotNegative, Number, Positive, Positives, Temperature


class Time(Spec):
    """How the temperatures are followed in time; without this table the steady state is computed."""

    at_most_one = (("output_times_s", "output_every_s"),)

    end_time_s: Positive = Field(description="Time at which the run ends; it begins at 0")
    initial_temperature_K: Temperature | None = Field(
        default=None,
        description="Temperature of all bodies at the beginning; without it the steady state of what acts then",
    )
    tolerance_K: Positive = Field(default=0.005, description="Error that one step may add to any temperature")
    max_step_s: Positive | None = Field(default=None, description="Longest step; without it the error alone decides")
    output_times_s: Positives | None = Field(
        default=None, description="Times that a step ends at, growing; every step is in the result anyway"
    )
    output_every_s: Positive | None = Field(default=None, description="The same at equal distances")

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that output times grow and lie before the end."""
        end, times = data.get("end_time_s"), data.get("output_times_s")
        yield from _growing(("output_times_s",), times)
        if _is_number(end) and isinstance(times, list | tuple) and times and _is_number(times[-1]) and times[-1] > end:
            yield Finding(("output_times_s",), times, f"goes beyond end_time_s = {end:g}", "Leave out later times")


class Schedule(Spec):
    """A value of the case that changes with time."""

    key: Name = Field(description='Parameter of the case, or dotted path of a value, as for --set: "rf_power_W"')
    times_s: tuple[NotNegative, ...] = Field(description="Times, growing")
    values: tuple[Number, ...] = Field(description="Value at or from each time")
    interpolation: Literal["step", "linear"] = Field(
        default="step", description="A value holds until the next time, or straight lines join them"
    )
    period_s: Positive | None = Field(default=None, description="Time after which everything repeats itself")

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that each time has a value and that times grow within the period."""
        times, values, period = data.get("times_s"), data.get("values"), data.get("period_s")
        yield from _growing(("times_s",), times)
        if not (isinstance(times, list | tuple) and isinstance(values, list | tuple)):
            return
        if not times:
            yield Finding(("times_s",), times, "is empty", "Give one time at least")
        if len(times) != len(values):
            rule = f"has {len(values)} values for {len(times)} times"
            yield Finding(("values",), values, rule, "Give each time its value")
        if _is_number(period) and times and _is_number(times[-1]) and times[-1] >= period:
            yield Finding(("period_s",), period, f"is not longer than the last time, {times[-1]:g}", "Make it longer")


class BathLevel(Spec):
    """The level of a bath that falls as the heat into the liquid boils it off, and its refills."""

    only_with = (
        ("first_refill_s", "refill_every_s"),
        ("refill_to_m", "refill_every_s"),
    )

    surface: Name = Field(
        description="Surface of the bath's boundary condition, whose level_m is that at the beginning"
    )
    refill_every_s: Positive | None = Field(default=None, description="Time from one refill to the next")
    first_refill_s: NotNegative | None = Field(
        default=None, description="Time of the first refill; without it refill_every_s after the beginning"
    )
    refill_to_m: Number | None = Field(
        default=None, description="Height z of the liquid's surface after a refill; without it that at the beginning"
    )
    refill_duration_s: Positive = Field(default=600.0, description="Time that a refill takes; the level rises evenly")
    free_area_m2: Positive | None = Field(
        default=None, description="Area of the liquid's surface; without it that inside the surface at each height"
    )

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that a refill ends before the next."""
        every, lasts = data.get("refill_every_s"), data.get("refill_duration_s", 600.0)
        if _is_number(every) and _is_number(lasts) and lasts >= every:
            yield Finding(("refill_every_s",), every, f"is not longer than a refill, {lasts:g} s", "Make it longer")


def check_time(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Check what the tables about time say together and of the rest of the case."""
    for key in ("schedules", "levels"):
        if data.get(key) and data.get("time") is None:
            yield Finding((key,), data[key], "means nothing without [time]", "Add the table [time] with end_time_s")
    yield from _unique(data, "schedules", "key")
    yield from _unique(data, "levels", "surface")
    conditions = [as_mapping(item) or {} for item in _list(data, "boundary_conditions")]
    wet = [str(item.get("surface")) for item in conditions if item.get("bath") is not None]
    levelled = {str(item.get("surface")) for item in conditions if item.get("level_m") is not None}
    for index, item in enumerate(_list(data, "levels")):
        surface = (as_mapping(item) or {}).get("surface")
        if not isinstance(surface, str):
            continue
        where = ("levels", index, "surface")
        if surface not in wet:
            known = ", ".join(wet) or "none"
            yield Finding(where, surface, "is not the surface of a bath of this case", f"Those of baths: {known}")
        elif surface not in levelled:
            yield Finding(where, surface, "has a bath without level_m", "Give the level at the beginning as level_m")


def _unique(data: Mapping[str, Any], key: str, name: str) -> Iterator[Finding]:
    """Refuse two entries of a list about the same thing."""
    first: dict[str, int] = {}
    for index, item in enumerate(_list(data, key)):
        value = (as_mapping(item) or {}).get(name)
        if isinstance(value, str) and value in first:
            yield Finding((key, index, name), value, f"is set by {key}.{first[value]} already", "Keep one of the two")
        elif isinstance(value, str):
            first[value] = index


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    items = data.get(key)
    return list(items) if isinstance(items, list | tuple) else []


def _growing(where: tuple[str, ...], times: object) -> Iterator[Finding]:
    """Refuse times that do not grow."""
    if isinstance(times, list | tuple) and all(map(_is_number, times)) and any(b <= a for a, b in pairwise(times)):
        yield Finding(where, times, "must grow", "Sort the times")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


__all__ = ["BathLevel", "Schedule", "Time", "check_time"]
