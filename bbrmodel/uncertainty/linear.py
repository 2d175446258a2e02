"""The linear budget: every input's derivative times its width, for T_eff and for the shift."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bbrmodel.ion.shift import fractional_data_uncertainty
from bbrmodel.resources import cache_dir
from bbrmodel.typing import Progress
from bbrmodel.uncertainty.channels import QUANTITIES, Channel, Quantity, ion_sum
from bbrmodel.uncertainty.derivatives import Adjoint, Solids, change_of_output, solid_of, solve_adjoint, try_out
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.model import Model, vary
from bbrmodel.uncertainty.tables import Row, UncertaintyTable, make_uncertainty_table
from bbrmodel.uncertainty.whole import WholeSolves, open_whole_solves

# Of z, whose scale is the width of the input: small, so that the derivative is that at the case itself.
STEP = 1e-4
_TOLERANCE = 1e-7  # of the adjoint solves: tables show three digits
POLARIZABILITY, DYNAMIC = "clock: polarizability", "clock: dynamic correction"
RAYS, FACETS = "numerical: rays", "numerical: size of facets"


@dataclass(frozen=True)
class Slope:
    """Derivatives of all outputs by the coordinate z of one input, and their noise where two meshes are compared."""

    by_z: Mapping[Quantity, float]
    noise: Mapping[Quantity, float]
    method: str


def compute_linear(
    model: Model, inputs: Sequence[Input], *, whole: WholeSolves | None = None, progress: Progress | None = None
) -> tuple[UncertaintyTable, ...]:
    """Return the linear budgets of T_eff and of the fractional shift.

    Inputs that change the mesh or the exchange of radiation are taken from two whole solves each, with the same seed,
    which `whole` keeps; all others from one adjoint solve for each output.

    Raises
    ------
    BbrModelError
        A variant of the case cannot be solved.
    """
    slopes = compute_slopes(model, inputs, whole=whole, progress=progress)
    return tabulate_linear(model, inputs, slopes)


def tabulate_linear(model: Model, inputs: Sequence[Input], slopes: Sequence[Slope]) -> tuple[UncertaintyTable, ...]:
    """Return the budgets that derivatives amount to."""
    values = {quantity: values_at(model, quantity) for quantity in QUANTITIES}
    tables = []
    for quantity in QUANTITIES:
        rows = [_row(one, slope, quantity) for one, slope in zip(inputs, slopes, strict=True)]
        rows += own_rows(model, quantity, values[quantity])
        name = model.solved.case.name
        tables.append(make_uncertainty_table(name, quantity, values[quantity], rows))
    return tuple(tables)


def compute_slopes(
    model: Model, inputs: Sequence[Input], *, whole: WholeSolves | None = None, progress: Progress | None = None
) -> list[Slope]:
    """Return the derivatives of all outputs by every input."""
    whole = whole or open_whole_solves(model.solved.case, cache_dir())
    solids = solid_of(model) if model.num_nodes else None
    adjoints = [solve_adjoint(model, quantity, solids, tolerance=_TOLERANCE) for quantity in QUANTITIES]
    slopes = []
    for done, one in enumerate(inputs):
        slopes.append(_slope(model, one, adjoints, solids, whole))
        if progress is not None:
            progress(done + 1, len(inputs))
    return slopes


def _slope(model: Model, one: Input, adjoints: Sequence[Adjoint], solids: Solids | None, whole: WholeSolves) -> Slope:
    """Return the derivatives by one input."""
    up, down = step_ends(one, STEP)
    setups = [vary(model, one.overrides(z)) for z in (up, down)]
    if setups[0] is None or setups[1] is None:
        return _slope_by_solves(one, whole)
    after, before = (try_out(model, setup, solids) for setup in setups if setup is not None)
    by_z = {a.channel.quantity: change_of_output(a, after, before) / (up - down) for a in adjoints}
    return Slope(by_z, dict.fromkeys(QUANTITIES, 0.0), "adjoint")


def needs_new_exchange(model: Model, one: Input) -> bool:
    """Tell whether an input changes the mesh or the exchange of radiation, which costs whole solves."""
    return vary(model, one.overrides(step_ends(one, STEP)[0])) is None


def step_ends(one: Input, step: float) -> tuple[float, float]:
    """Return two coordinates about the nominal one, inside the range of z."""
    start = one.first.start
    if one.first.is_unbounded:
        return start + step, start - step
    return min(start + step, 1.0), max(start - step, -1.0)


def _slope_by_solves(one: Input, whole: WholeSolves) -> Slope:
    """Return derivatives from two whole solves one standard deviation apart on either side."""
    up, down = (round(z, 9) for z in step_ends(one, one.first.std))  # the places of the curves of samples
    high, low = (whole.at(one.name, one.overrides(z)) for z in (up, down))
    by_z: dict[Quantity, float] = {}
    noise: dict[Quantity, float] = {}
    for quantity in QUANTITIES:
        by_z[quantity] = (high.value(quantity) - low.value(quantity)) / (up - down)
        noise[quantity] = float(np.hypot(high.noise(quantity), low.noise(quantity))) / (up - down)
    return Slope(by_z, noise, "two solves")


def _row(one: Input, slope: Slope, quantity: Quantity) -> Row:
    """Return the contribution of one input to one output."""
    by_z = slope.by_z[quantity]
    return Row(
        name=one.name,
        distribution=one.words,
        source=one.source,
        group=one.group,
        standard=one.first.std * by_z,
        stated=by_z,
        method=slope.method,
        noise=one.first.std * slope.noise[quantity],
    )


def values_at(model: Model, quantity: Quantity) -> float:
    """Return an output of the case itself."""
    if quantity == "temperature":
        return model.view.temperature_K
    channel = Channel(quantity, model)
    return channel.output(ion_sum(model, model.exchange, channel))[0]


def own_rows(model: Model, quantity: Quantity, value: float) -> list[Row]:
    """Return the rows that need no input of the case: numerical error, and the data of the clock."""
    view, T = model.view, model.view.temperature_K
    per_kelvin = 1.0 if quantity == "temperature" else 4.0 * abs(value) / T
    parts = ((RAYS, view.rays_std, "scatter of rays"), (FACETS, view.facets_std, "quarter of its correction"))
    rows = []
    for name, size, source in parts:
        error = per_kelvin * view.in_kelvin(size)
        rows.append(Row(name, "normal", source, None, error, error, "numerical"))
    if quantity == "temperature":
        return rows
    transition = model.transition
    whole = float(fractional_data_uncertainty(transition, T))
    static = abs(value) * _relative_polarizability(model)
    dynamic = float(np.sqrt(max(whole**2 - static**2, 0.0)))
    for name, part in ((POLARIZABILITY, static), (DYNAMIC, dynamic)):
        rows.append(Row(name, "normal", f"clock {transition.id}", None, part, part, "clock data"))
    return rows


def _relative_polarizability(model: Model) -> float:
    """Return the relative uncertainty of the clock's leading coefficient."""
    response = model.transition.response
    pairs = (("u_delta_alpha0", "delta_alpha0"), ("u_beta_stark", "beta_stark"))
    for width, value in pairs:
        if hasattr(response, width):
            return abs(float(getattr(response, width)) / float(getattr(response, value)))
    return 0.0


__all__ = [
    "STEP",
    "Slope",
    "compute_linear",
    "compute_slopes",
    "needs_new_exchange",
    "own_rows",
    "step_ends",
    "tabulate_linear",
    "values_at",
]
