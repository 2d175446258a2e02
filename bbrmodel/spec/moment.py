"""A case at one moment: the values that its schedules have then."""

from collections.abc import Mapping
from typing import Any

from bbrmodel.errors import ConfigError
from bbrmodel.spec.case import Case
from bbrmodel.spec.load import build_case, with_overrides
from bbrmodel.spec.time import Schedule
from bbrmodel.spec.toml_text import display_path

# Tables whose values may change while mesh, materials, optics and exchange stay.
_CHANGING = ("boundary_conditions", "links", "heat_sources", "joints")


def case_at(case: Case, values: Mapping[str, float]) -> Case:
    """Return a case with other values of what its schedules change.

    Parameters
    ----------
    values
        By parameter or dotted path.

    Raises
    ------
    ConfigError
        A key does not exist, its value is not allowed, or it changes something that stays the same in time.
    """
    if not values:
        return case
    raw = case._raw
    changed = with_overrides(case, values) if raw is None else build_case(raw, overrides=values, label=case.name)
    radiation = case.radiation
    if radiation is not None and changed.radiation is not None:
        outside = changed.radiation.environment_temperature_K
        radiation = radiation.model_copy(update={"environment_temperature_K": outside})
    update: dict[str, Any] = {key: getattr(changed, key) for key in _CHANGING}
    fitted = case.model_copy(update={**update, "radiation": radiation})
    ignored = ("parameters", "ion", "source", "name")
    for key in Case.model_fields:
        if key not in (*ignored, *_CHANGING) and getattr(changed, key) != getattr(fitted, key):
            raise ConfigError(f"changes {key}, which stays the same in time. Change {', '.join(_CHANGING)} only.")
    return fitted


def check_schedules(case: Case) -> None:
    """Raise `ConfigError` with one line for every schedule that cannot be meant."""
    where = display_path(case.source) if case.source is not None else case.name
    lines = [
        f"{where}: schedules.{index}.key = '{schedule.key}': {problem}"
        for index, schedule in enumerate(case.schedules)
        for problem in _problems(case, schedule)
    ]
    if lines:
        raise ConfigError("\n".join(lines), lines)


def _problems(case: Case, schedule: Schedule) -> list[str]:
    """Return what is wrong with a schedule, once."""
    bare = case.model_copy(update={"schedules": (), "levels": ()})
    bare._raw = None if case._raw is None else {k: v for k, v in case._raw.items() if k not in ("schedules", "levels")}
    for value in sorted(set(schedule.values)):
        try:
            case_at(bare, {schedule.key: value})
        except ConfigError as error:
            return [" ".join(str(error).split())]
    return []


__all__ = ["case_at", "check_schedules"]
