"""What the ion sees, as tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from bbrmodel.cli.numbers import kelvin, number, with_error
from bbrmodel.cli.tables import make_table

_TOP_SURFACES = 10


def ion_rows(ion: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return temperature and shift with their errors."""
    fraction, numerical = ion["fractional_shift"], ion["fractional_uncertainty_numerical"]
    rows = [
        (
            "effective temperature ± numerical",
            with_error(ion["effective_temperature_K"], ion["effective_temperature_std_K"]),
            "K",
        ),
        (f"BBR shift of {ion['clock']}", number(ion["shift_Hz"]), "Hz"),
        ("fractional shift ± numerical and clock data", with_error(fraction, ion["fractional_uncertainty"]), "1"),
        ("fractional uncertainty: numerical", number(numerical), "1"),
        ("fractional uncertainty: clock data", number(ion["fractional_uncertainty_clock_data"]), "1"),
        ("sum of weights at the ion - 1", _difference_from_one(ion["sum_of_weights"]), "1"),
    ]
    rows += _field_rows(ion)
    check = ion.get("cross_check")
    if check is not None:
        value = with_error(check["effective_temperature_K"], check["effective_temperature_std_K"])
        rows.append((f"the same by {check['paths']} paths", value, "K"))
        rows.append(("difference, of its standard deviation", f"{check['deviation_sigma']:.2f}", "1"))
    return rows


def _difference_from_one(value: float | None) -> str:
    return "-" if value is None else f"{value - 1.0:.2e}"


def _field_rows(ion: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what else is known of the field; older results know less."""
    rows = []
    if ion.get("magnetic_shift_Hz") is not None:
        rows.append(("magnetic shift, to be added", number(ion["magnetic_shift_Hz"]), "Hz"))
    else:
        rows.append(("magnetic shift", "not in the clock's data", "Hz"))
    if (spectrum := ion.get("spectrum")) is not None:
        rows.append(("root-mean-square electric field", number(spectrum["rms_field_V_m"]), "V/m"))
    if (near := ion.get("near_field")) is not None:
        lengths = near["distance_m"] / near["thermal_length_m"]
        rows.append((f"nearest surface: {near['nearest_surface']}", number(1e3 * near["distance_m"]), "mm"))
        rows.append(("nearest surface, in thermal lengths (10 wanted)", f"{lengths:.1f}", "1"))
    if (found := ion.get("anisotropy")) is not None:
        limits = f"{found['lowest']:.2e} .. {found['highest']:.2e}"
        rows.append(("anisotropy of the field, over all axes", limits, "1"))
        if found["value"] is not None:
            rows.append(("anisotropy along the quantisation axis", with_error(found["value"], found["std"]), "1"))
        rows += [
            (f"tensor shift of |m| = {shift['m']:g}", with_error(shift["shift_Hz"], shift.get("uncertainty_Hz")), "Hz")
            for shift in found["tensor_shifts"]
        ]
        if remark := found.get("tensor_remark"):
            rows.append(("tensor shift", remark.split(":")[0], "Hz"))
    return rows


def surface_table(surfaces: Sequence[Mapping[str, Any]], *, count: int = _TOP_SURFACES) -> Table:
    """Return the surfaces that supply most of T_eff^4."""
    ordered = sorted(surfaces, key=lambda surface: -(surface["share_of_T4"] or 0.0))
    rows = [
        (
            surface["name"],
            f"{100.0 * (surface['share_of_T4'] or 0.0):.3f}",
            number(surface["solid_angle_sr"]),
            number(surface["effective_solid_angle_sr"]),
            kelvin(surface["mean_temperature_K"]),
            number(surface["emissivity"]),
            number(surface["absorptivity_warm"]),
            number(surface.get("temperature_slope")),
        )
        for surface in ordered[:count]
    ]
    title = "Surfaces as the ion sees them"
    if len(ordered) > count:
        title += f": the first {count} of {len(ordered)} by share of T^4"
    columns = (
        *("surface", "share of T^4 %", "direct sr", "effective sr", "mean K", "emissivity", "warm absorptivity"),
        "dT_eff/dT",
    )
    return make_table(title, columns, rows=rows)


def ion_tables(ion: Mapping[str, Any]) -> list[Table]:
    """Return bodies as the ion sees them, the field at further points, and what paths make of each surface."""
    bodies = [
        (
            body["name"],
            f"{100.0 * body['share_of_T4']:.3f}",
            number(body["solid_angle_sr"]),
            number(body["effective_solid_angle_sr"]),
            kelvin(body["mean_temperature_K"]),
        )
        for body in sorted(ion.get("bodies", ()), key=lambda body: -(body["share_of_T4"] or 0.0))
    ]
    points = [
        (
            point["name"],
            ", ".join(f"{1e3 * x:.4g}" for x in point["position_m"]),
            "-" if point["distance_m"] is None else f"{1e3 * point['distance_m']:.4g}",
            with_error(point["effective_temperature_K"], point["effective_temperature_std_K"]),
            number(point["shift_Hz"]),
            f"{point['fractional_shift']:.3e}",
            f"{point['nearest_surface']}, {1e3 * point['nearest_surface_m']:.3g}",
        )
        for point in ion.get("points", ())
    ]
    tables: list[tuple[str, Sequence[str], Sequence[Sequence[str]]]] = [
        ("Bodies as the ion sees them", ("body", "share of T^4 %", "direct sr", "effective sr", "mean K"), bodies),
        (
            "Further points",
            ("point", "x, y, z mm", "along the line mm", "T_eff K", "shift Hz", "fractional", "nearest surface, mm"),
            points,
        ),
    ]
    tables.append(_check_table(ion.get("cross_check") or {}))
    return [make_table(title, columns, rows=rows) for title, columns, rows in tables if rows]


def _check_table(check: Mapping[str, Any]) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
    """Return effective solid angles by both methods, the largest first, as title, columns and rows."""
    found = sorted(check.get("surfaces", ()), key=lambda row: -(row["first_sr"] or 0.0))
    rows = [
        (
            row["name"],
            with_error(row["first_sr"], row["first_std_sr"]),
            with_error(row["effective_solid_angle_sr"], row["effective_solid_angle_std_sr"]),
            f"{row['deviation_sigma']:+.2f}",
        )
        for row in found[:_TOP_SURFACES]
    ]
    worst = max((abs(row["deviation_sigma"]) for row in found), default=0.0)
    title = f"Effective solid angles by both methods; of all {len(found)} surfaces the largest deviation is {worst:.1f}"
    return title, ("surface", "first method sr", "by paths sr", "deviation"), rows


__all__ = ["ion_rows", "ion_tables", "surface_table"]
