"""The command `shift`: a clock in black-body radiation of one temperature."""

from typing import TYPE_CHECKING, Annotated

import typer

from bbrmodel.cli.options import JsonOption
from bbrmodel.cli.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from bbrmodel.ion.quick import ClockShift, Coefficient


def shift(
    context: typer.Context,
    *,
    clock: Annotated[str, typer.Option(metavar="ID", help="Clock of the library; `list clocks` shows them.")],
    temperature: Annotated[float, typer.Option(metavar="K", help="Temperature of the radiation.")],
    as_json: JsonOption = False,
) -> None:
    """Print the shift of a clock in black-body radiation, and the numbers it rests on."""
    from bbrmodel.cli.tables import as_plain
    from bbrmodel.cli.workflow import show_json
    from bbrmodel.ion.quick import quick_shift

    settings = context.ensure_object(Settings)
    found = quick_shift(clock, temperature)
    if as_json:
        show_json(as_plain(found), settings)
    else:
        _show(found, settings)


def _show(found: "ClockShift", settings: Settings) -> None:
    """Print the shift, its coefficients with their sources, and other published values."""
    from bbrmodel.cli.numbers import number, with_error
    from bbrmodel.cli.tables import make_table

    rows = [
        ("root-mean-square electric field", number(found.rms_field_V_m), "V/m"),
        ("BBR shift", f"{found.shift_Hz:.6g}", "Hz"),
        ("fractional shift ± clock data", with_error(found.fractional_shift, found.fractional_uncertainty), "1"),
        ("fractional shift: slope", number(found.fractional_slope_per_K), "1/K"),
        ("dynamic correction eta", number(found.dynamic_correction), "1"),
        *_magnetic_rows(found),
    ]
    title = f"{found.species} {found.transition} at {found.temperature_K:g} K"
    settings.out.print(make_table(title, ("quantity", "value", "unit"), rows=rows))
    settings.out.print(coefficient_table("Data", found.coefficients))
    if found.alternatives:
        others = [
            (with_error(a.value, a.uncertainty), number(a.shift_Hz), "yes" if a.verified else "no", a.source)
            for a in found.alternatives
        ]
        columns = ("leading coefficient", "shift Hz", "read in its source", "source")
        settings.out.print(make_table("Other published values", columns, rows=others))
    if found.tensor_remark:
        settings.out.print(f"anisotropic field: {found.tensor_remark}", soft_wrap=True, markup=False)
    settings.out.print(f"sign: {found.sign_convention}", soft_wrap=True, markup=False)
    if found.notes:
        settings.out.print(f"note: {found.notes}", soft_wrap=True, markup=False)
    for warning in found.warnings:
        settings.out.print(f"warning: {warning}", soft_wrap=True, markup=False)


def coefficient_table(title: str, coefficients: "Sequence[Coefficient]") -> "Table":
    """Return numbers of a clock's data with their sources."""
    from bbrmodel.cli.numbers import with_error
    from bbrmodel.cli.tables import make_table

    rows = [
        (c.name, with_error(c.value, c.uncertainty) if c.name != "frequency" else str(c.value), c.unit,
         "yes" if c.verified else "no", c.source)
        for c in coefficients
    ]  # fmt: skip
    return make_table(title, ("coefficient", "value", "unit", "read in its source", "source"), rows=rows)


def _magnetic_rows(found: "ClockShift") -> list[tuple[str, str, str]]:
    """Return the shift by the magnetic field, or that the data do not give it."""
    from bbrmodel.cli.numbers import number

    if found.magnetic_shift_Hz is None:
        return [("magnetic shift", "not in the data", "Hz")]
    return [
        ("magnetic shift, to be added", number(found.magnetic_shift_Hz), "Hz"),
        ("fractional magnetic shift", number(found.fractional_magnetic_shift), "1"),
    ]


__all__ = ["coefficient_table", "shift"]
