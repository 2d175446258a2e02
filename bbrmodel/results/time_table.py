"""The series of a run in time as a table: one row for each step, the unit in each column's name."""

import csv
from pathlib import Path

from bbrmodel.solution import TimeSeries

Series = tuple[float, ...]


def time_columns(series: TimeSeries) -> dict[str, Series]:
    """Return every series by the name of its column."""
    columns: dict[str, Series] = {
        "time_s": series.times_s,
        "step_s": series.step_s,
        "step_error_K": series.step_error_K,
        "energy_balance": series.energy_balance,
    }
    for name in ("effective_temperature_K", "shift_Hz", "fractional_shift"):
        values: Series | None = getattr(series, name)
        if values is not None:
            columns[f"ion.{name}"] = values
    groups = (
        ("sensors.{}.temperature_K", series.sensors_K),
        ("bodies.{}.mean_K", series.bodies_K),
        ("heat_flows.{}.heat_W", series.heat_flows_W),
        ("baths.{}.boil_off_L_per_day", series.boil_off_L_per_day),
        ("baths.{}.level_m", series.levels_m),
        ("schedules.{}", series.schedules),
    )
    for template, found in groups:
        columns |= {template.format(name): values for name, values in found.items()}
    return columns


def write_time_csv(path: Path, series: TimeSeries) -> None:
    """Write the series; every number is written so that it is read back exactly."""
    columns = time_columns(series)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


__all__ = ["time_columns", "write_time_csv"]
