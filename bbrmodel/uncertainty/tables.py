"""Uncertainty budgets: rows, the sums that papers form of them, and the forms in which they are printed."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bbrmodel.uncertainty.channels import Quantity

# Scale and unit in which each output's contributions are printed.
PRINTED: Mapping[Quantity, tuple[float, str]] = {"temperature": (1e3, "mK"), "shift": (1e19, "1e-19")}
_SYMBOL: Mapping[Quantity, str] = {"temperature": "T_eff", "shift": "fractional shift"}


@dataclass(frozen=True)
class Row:
    """One input's contribution to one output.

    Attributes
    ----------
    name, distribution, source, group
        As the case says.
    standard
        Contribution of one standard deviation of the input, signed, in the unit of the output.
    stated
        Contribution of the width as it is stated: an interval by its half width, a standard deviation as it is.
    method
        "adjoint", "two solves", "rays" or "clock data".
    noise
        Standard deviation of `standard` where two meshes were compared.
    """

    name: str
    distribution: str
    source: str
    group: str | None
    standard: float
    stated: float
    method: str
    noise: float = 0.0


@dataclass(frozen=True)
class Sums:
    """Three ways to add contributions: all independent, all with one sign, and linear within groups."""

    quadrature: float
    linear: float
    groups: float


@dataclass(frozen=True)
class UncertaintyTable:
    """The budget of one output, largest contribution first."""

    case: str
    quantity: Quantity
    value: float
    rows: tuple[Row, ...]
    standard: Sums
    stated: Sums


def add_up(rows: Sequence[Row], *, stated: bool) -> Sums:
    """Return the three sums of contributions.

    Within a group inputs are fully correlated: their signed contributions add, and the groups add in quadrature.
    """
    values = np.array([row.stated if stated else row.standard for row in rows])
    labels = [f"group:{row.group}" if row.group else f"row:{index}" for index, row in enumerate(rows)]
    by_group: dict[str, float] = dict.fromkeys(labels, 0.0)
    for label, value in zip(labels, values, strict=True):
        by_group[label] += float(value)
    return Sums(
        quadrature=float(np.sqrt((values**2).sum())),
        linear=float(np.abs(values).sum()),
        groups=float(np.sqrt(sum(value**2 for value in by_group.values()))),
    )


def make_uncertainty_table(case: str, quantity: Quantity, value: float, rows: Sequence[Row]) -> UncertaintyTable:
    """Return the ranked budget of one output."""
    ranked = tuple(sorted(rows, key=lambda row: -abs(row.standard)))
    return UncertaintyTable(case, quantity, value, ranked, add_up(rows, stated=False), add_up(rows, stated=True))


def short(value: float, *, digits: int = 3, sign: bool = False) -> str:
    """Return a number with a few digits, without an exponent below a million."""
    plus = "+" if sign else ""
    if 10.0**digits <= abs(value) < 1e6:
        return f"{value:{plus}.0f}"
    return f"{value:{plus}.{digits}g}"


def in_unit(quantity: Quantity, value: float) -> str:
    """Return a spread of an output with its unit: "4606 mK", "20.8e-19"."""
    scale, unit = PRINTED[quantity]
    return f"{short(scale * value)} mK" if quantity == "temperature" else f"{short(scale * value)}{unit[1:]}"


def header(table: UncertaintyTable) -> tuple[str, ...]:
    """Return the column names."""
    unit = PRINTED[table.quantity][1]
    return ("input", "distribution", "source", "group", f"standard ({unit})", f"as stated ({unit})", "share %", "by")


def cells(table: UncertaintyTable) -> list[tuple[str, ...]]:
    """Return all rows and the sums as text; shares are of the variance in quadrature."""
    scale, _ = PRINTED[table.quantity]
    total = table.standard.quadrature**2 or 1.0
    lines: list[tuple[str, ...]] = []
    for row in table.rows:
        noise = f" ± {short(scale * row.noise, digits=1)}" if row.noise else ""
        share = f"{100.0 * row.standard**2 / total:.1f}"
        standard, stated = (short(scale * value, sign=True) for value in (row.standard, row.stated))
        numbers = (f"{standard}{noise}", stated, share)
        lines.append((row.name, row.distribution, row.source, row.group or "", *numbers, row.method))
    for name in ("quadrature", "groups", "linear"):
        values = (getattr(table.standard, name), getattr(table.stated, name))
        label = {"quadrature": "sum in quadrature", "groups": "sum by groups", "linear": "linear sum"}[name]
        lines.append((label, "", "", "", *(short(scale * value) for value in values), "", ""))
    return lines


def title(table: UncertaintyTable) -> str:
    """Return the heading: the output with its value."""
    value = f"{table.value:.3f} K" if table.quantity == "temperature" else f"{table.value:.5g}"
    return f"{table.case}: {_SYMBOL[table.quantity]} = {value}"


def as_csv(table: UncertaintyTable) -> str:
    """Return the budget as CSV with full digits, without the sums."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(("input", "distribution", "source", "group", "standard", "stated", "method", "noise"))
    for row in table.rows:
        writer.writerow(
            (row.name, row.distribution, row.source, row.group or "", row.standard, row.stated, row.method, row.noise)
        )
    return buffer.getvalue()


def as_markdown(table: UncertaintyTable) -> str:
    """Return the budget as a Markdown table."""
    columns = header(table)
    lines = [f"**{title(table)}**", "", _bar(columns), _bar(["---"] * len(columns))]
    lines += [_bar([cell.replace("|", "\\|") for cell in row]) for row in cells(table)]
    return "\n".join(lines) + "\n"


def _bar(row: Sequence[str]) -> str:
    return "| " + " | ".join(row) + " |"


_LATEX = {
    "\\": r"\textbackslash{}",
    "_": r"\_",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "$": r"\$",
    "*": r"{*}",
    "±": r"$\pm$",
}


def as_latex(table: UncertaintyTable) -> str:
    """Return the budget as a LaTeX tabular of input, distribution, and the two contributions."""
    unit = {"temperature": "mK", "shift": "$10^{-19}$"}[table.quantity]
    kept = [(row[0], row[1], row[4], row[5]) for row in cells(table)]
    lines = [r"\begin{tabular}{llrr}", r"\hline"]
    lines.append(rf"Input & Distribution & Standard ({unit}) & As stated ({unit}) \\ \hline")
    for row in kept:
        if row[0] == "sum in quadrature":
            lines.append(r"\hline")
        lines.append(" & ".join("".join(_LATEX.get(c, c) for c in cell) for cell in row) + r" \\")
    return "\n".join([*lines, r"\hline", r"\end{tabular}"]) + "\n"


__all__ = [
    "PRINTED",
    "Row",
    "Sums",
    "UncertaintyTable",
    "add_up",
    "as_csv",
    "as_latex",
    "as_markdown",
    "cells",
    "header",
    "in_unit",
    "make_uncertainty_table",
    "short",
    "title",
]
