r"""The exchange of one class of light on a few modes of irradiance, for any optics and temperatures of the surfaces.

With irradiance H = W c, A H = S (e + rho H) + escape E tested with W is a small system whose matrix and right-hand side
are sums over surfaces of coefficients (their optics) times arrays that are computed once. W holds irradiances and
adjoint states of full solves, so that the error of the ion's light is the product of the errors of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import qr

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.ion.shift import shift_Hz
from bbrmodel.radiation.light_exchange import LightExchange, LightState
from bbrmodel.typing import BoolArray, FloatArray, IntArray
from bbrmodel.uncertainty.channels import QUANTITIES, Channel, Quantity
from bbrmodel.uncertainty.model import Model
from bbrmodel.uncertainty.optics_table import Fields, fields_of
from bbrmodel.uncertainty.reduced_heat import Modes, principal_axes

_TOLERANCE = 1e-5  # of the largest mode; the ion's light errs by the product of two such errors
_STEP = 1e-2  # relative, for derivatives of psi by temperature
_PAIR_K2 = 1e-3  # of two modes: what their product adds to emission is a millionth
_MIX, _MIX_HIGHER = 1e-7, 1e-4  # of the largest mixture of fields


@dataclass(frozen=True)
class FieldSum:
    """Sums over fields of coefficients times a table; fields whose coefficients vary together are mixed into fewer.

    `table` has shape (num_mixed, num_rows, num_terms), `mix` (num_fields, num_mixed), or is None for fields themselves.
    """

    table: FloatArray
    mix: FloatArray | None = None

    def __call__(self, coefficients: FloatArray, terms: FloatArray) -> FloatArray:
        """Return sums (num, num_rows) for coefficients (num, num_fields) and terms (num, num_terms)."""
        fields, rows, number = self.table.shape
        if not (fields and rows and number):
            return np.zeros((len(coefficients), rows))
        mixed = self.mixed(coefficients)
        by_field = (terms @ self.table.transpose(2, 0, 1).reshape(number, fields * rows)).reshape(-1, fields, rows)
        sums: FloatArray = np.matmul(mixed[:, None, :], by_field)[:, 0]
        return sums

    def matrices(self, coefficients: FloatArray) -> FloatArray:
        """Return sums of whole tables, (num, num_rows, num_terms)."""
        fields, rows, number = self.table.shape
        if not (fields and rows and number):
            return np.zeros((len(coefficients), rows, number))
        return (self.mixed(coefficients) @ self.table.reshape(fields, -1)).reshape(-1, rows, number)

    def mixed(self, coefficients: FloatArray) -> FloatArray:
        """Return the coefficients of the mixed fields."""
        return coefficients if self.mix is None else coefficients @ self.mix

    def join(self, examples: FloatArray, tolerance: float) -> "FieldSum":
        """Return the same sum over as many mixtures of fields as examples of coefficients (num, num_fields) span."""
        columns, triangle, _ = qr(examples.T, mode="economic", pivoting=True)
        sizes = np.abs(np.diag(triangle))
        kept = columns[:, : int((sizes > tolerance * sizes[0]).sum())]
        return FieldSum(np.tensordot(kept.T, self.table, axes=1), kept) if kept.shape[1] < len(kept) else self


@dataclass(frozen=True)
class Terms:
    """What emission is a polynomial of.

    Attributes
    ----------
    a
        shape (num, M), coefficients of modes.
    monomials
        shape (num, 1 + M + P): 1, a and the products of a for the pairs that count.
    """

    a: FloatArray
    monomials: FloatArray


@dataclass(frozen=True)
class Emission:
    """Emission tested with rows, for one output's psi, by field.

    With the change t of a facet's temperature and its mean m over the surface, psi is expanded to second order in t;
    of its third and fourth orders m^3 + 3 m^2 (t - m) and m^4 + 4 m^3 (t - m) are kept, so that a part which warms up
    by a quarter of its temperature still emits what it should.

    Attributes
    ----------
    second
        By monomial; shells hold the unit of psi in the first.
    third, fourth
        Derivatives of psi over 3! and 4!, alone and times the changes by modes.
    """

    second: FieldSum
    third: tuple[FieldSum, FieldSum]
    fourth: tuple[FieldSum, FieldSum]

    def __call__(self, coefficients: FloatArray, terms: Terms, warmer_K: FloatArray) -> FloatArray:
        """Return sums for samples, (num, num_rows), of coefficients and changes of mean temperatures by field."""
        total, one = self.second(coefficients, terms.monomials), np.ones((len(coefficients), 1))
        for order, (alone, moved) in ((3, self.third), (4, self.fourth)):
            power = coefficients * warmer_K ** (order - 1)
            total = total + order * moved(power, terms.a) - (order - 1) * alone(power * warmer_K, one)
        return total

    def join(self, coefficients: FloatArray, warmer_K: FloatArray) -> "Emission":
        """Return the same on mixtures of fields that examples of coefficients and changes of temperature span."""
        higher = []
        for order, (alone, moved) in ((3, self.third), (4, self.fourth)):
            power = coefficients * warmer_K ** (order - 1)
            higher.append((alone.join(power * warmer_K, _MIX_HIGHER), moved.join(power, _MIX_HIGHER)))
        return Emission(self.second.join(coefficients, _MIX), higher[0], higher[1])


@dataclass(frozen=True)
class ReducedLight:
    """One class of light.

    Attributes
    ----------
    name, fields
        The class and how its absorptivities are composed.
    mass
        (k, k): W A W less what is reflected where nothing absorbs, W S kept W.
    absorbed
        k + 1 rows, k terms: what absorption takes from reflection, tested with S W, and with the ion's view.
    scattered
        (k,): the ion's view of kept W.
    escape
        (k,), escape W.
    heat
        m rows, k terms: area V . field W, the heat that free modes of temperature get.
    by_ion, by_heat
        Emission tested with S W and the ion's view for each output, and with the free modes for heat.
    outside
        The ion's open sky.
    shell
        (num_fields,), True for shells, whose emission is psi of their temperature.
    basis
        (num_facets, k), W.
    """

    name: str
    fields: Fields
    mass: FloatArray
    absorbed: FieldSum
    scattered: FloatArray
    escape: FloatArray
    heat: FieldSum
    by_ion: dict[Quantity, Emission]
    by_heat: Emission
    outside: float
    shell: BoolArray
    basis: FloatArray

    def join(self, coefficients: FloatArray, warmer_K: FloatArray) -> "ReducedLight":
        """Return the same on mixtures of fields that examples span; both arguments have shape (num, num_fields)."""
        emitting = np.where(self.shell, 0.0, coefficients)
        examples = np.concatenate([emitting, np.diag(self.shell.astype(np.float64))[self.shell]])
        warmer = np.concatenate([warmer_K, np.zeros((int(self.shell.sum()), len(self.shell)))])
        return replace(
            self,
            absorbed=self.absorbed.join(coefficients, _MIX),
            heat=self.heat.join(coefficients, _MIX),
            by_ion={quantity: each.join(examples, warmer) for quantity, each in self.by_ion.items()},
            by_heat=self.by_heat.join(examples, warmer),
        )


def light_modes(light: LightState, columns: list[FloatArray]) -> FloatArray:
    """Return an orthonormal basis (in the areas) of irradiances and adjoint states, (num_facets, k)."""
    root = np.sqrt(light.solver.areas.area_m2)
    scaled = np.array([column * root / np.linalg.norm(column * root) for column in columns if column.any()]).T
    vectors, sizes = principal_axes(scaled)
    return np.asarray(vectors[:, sizes > _TOLERANCE * sizes[0]] / root[:, None])


def reduce_light(model: Model, light: LightState, modes: Modes, basis: FloatArray) -> ReducedLight:
    """Return one class of light on modes of temperature and a basis of irradiance."""
    exchange, areas = model.exchange, light.solver.areas
    fields = fields_of(model, light.name)
    seen = model.looks.direct[light.name]
    kept = areas.kept * exchange.surfaces.radiates
    sent = areas.apply(basis)
    rows = np.column_stack([sent, seen.arrival])
    tests = np.column_stack([exchange.facet_mean(column) for column in modes.free.T]) if modes.free.size else None
    heat_rows = exchange.surfaces.area_m2[:, None] * (np.zeros((len(kept), 0)) if tests is None else tests)
    shell = np.isfinite(exchange.surfaces.shell_temperature_K)
    change = [exchange.facet_temperature_change(column) for column in modes.columns.T]
    moved = np.array(change).reshape(len(change), len(kept)).T
    orders = {quantity: _taylor(exchange, light, Channel(quantity, model)) for quantity in QUANTITIES}
    return ReducedLight(
        name=light.name,
        fields=fields,
        mass=(basis * areas.area_m2[:, None]).T @ basis - sent.T @ (kept[:, None] * basis),
        absorbed=_by_field(fields, rows, basis),
        scattered=(seen.arrival * kept) @ basis,
        escape=areas.escape @ basis,
        heat=_by_field(fields, heat_rows, basis),
        by_ion={q: _emission(fields, rows, orders[q], (moved, modes)) for q in QUANTITIES},
        by_heat=_emission(fields, heat_rows, orders["temperature"], (moved, modes)),
        outside=seen.environment,
        shell=np.array([shell[fields.field[k] > 0.0].any() for k in range(len(fields.field))]),
        basis=basis,
    )


def _by_field(fields: Fields, rows: FloatArray, columns: FloatArray) -> FieldSum:
    """Return rows^T diag(field) columns for every field."""
    result = np.empty((len(fields.field), rows.shape[1], columns.shape[1]))
    for index, field in enumerate(fields.field):
        here = np.flatnonzero(field)
        result[index] = (rows[here] * field[here, None]).T @ columns[here]
    return FieldSum(result)


def _taylor(exchange: LightExchange, light: LightState, channel: Channel) -> list[FloatArray]:
    """Return share times psi of facets, and its derivatives by the facet's temperature over 1!, 2!, 3! and 4!.

    1, 0, 0, 0, 0 of shells.
    """
    shell = np.isfinite(exchange.surfaces.shell_temperature_K)
    T = np.where(exchange.surfaces.radiates & ~shell, exchange.facet_temperature_K, 77.0)
    psi = _derivatives(channel, T)
    live = (exchange.surfaces.radiates & ~shell).astype(np.float64)
    share, slope = light.share, light.share_slope
    orders = [live * (share * psi[n] + (slope * psi[n - 1] if n else 0.0)) for n in range(5)]
    return [np.where(shell, 1.0, orders[0]), *orders[1:]]


def _derivatives(channel: Channel, T: FloatArray) -> list[FloatArray]:
    """Return psi and its derivatives over 1!, 2!, 3! and 4! at temperatures [K]."""
    if channel.quantity == "temperature":
        return [STEFAN_BOLTZMANN * binomial * T ** (4 - n) for n, binomial in enumerate((1.0, 4.0, 6.0, 4.0, 1.0))]
    h = _STEP * T
    low, less, here, more, high = (shift_Hz(channel.model.transition, T + k * h) for k in (-2, -1, 0, 1, 2))
    return [
        here,
        (8.0 * (more - less) - (high - low)) / (12.0 * h),
        (16.0 * (more + less) - (high + low) - 30.0 * here) / (24.0 * h**2),
        (high - low - 2.0 * (more - less)) / (12.0 * h**3),
        (high + low - 4.0 * (more + less) + 6.0 * here) / (24.0 * h**4),
    ]


def _emission(
    fields: Fields, rows: FloatArray, orders: Sequence[FloatArray], change: tuple[FloatArray, Modes]
) -> Emission:
    """Return emission tested with rows; `change` holds the changes of facets by modes, and the modes."""
    moved, (first, second) = change[0], pairs_of(change[1])
    num, shape = moved.shape[1], (len(fields.field), rows.shape[1])
    table = np.zeros((*shape, 1 + num + len(first)))
    higher = [np.zeros((*shape, 1 + num)) for _ in range(2)]
    twice = np.where(first == second, 1.0, 2.0)
    for index, field in enumerate(fields.field):
        here = np.flatnonzero(field)
        value, slope, curve, *rest = (field[here, None] * part[here, None] for part in orders)
        there, test = moved[here], rows[here].T
        parts = [value, slope * there, curve * twice * there[:, first] * there[:, second]]
        table[index] = test @ np.concatenate(parts, axis=1)
        for order, part in zip(higher, rest, strict=True):
            order[index] = test @ np.concatenate([part, part * there], axis=1)
    third, fourth = ((FieldSum(each[:, :, :1]), FieldSum(each[:, :, 1:])) for each in higher)
    return Emission(FieldSum(table), third, fourth)


def pairs_of(modes: Modes) -> tuple[IntArray, IntArray]:
    """Return the pairs of modes whose products count in emission."""
    first, second = np.triu_indices(len(modes.size_K))
    counts = modes.size_K[first] * modes.size_K[second] > _PAIR_K2
    return first[counts], second[counts]


def terms_of(modes: Modes, a: FloatArray) -> Terms:
    """Return what emission is a polynomial of, for coefficients of samples (num, M)."""
    first, second = pairs_of(modes)
    return Terms(a, np.concatenate([np.ones((len(a), 1)), a, a[:, first] * a[:, second]], axis=1))


__all__ = ["Emission", "FieldSum", "ReducedLight", "Terms", "light_modes", "reduce_light", "terms_of"]
