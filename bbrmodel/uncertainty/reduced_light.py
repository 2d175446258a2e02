r"""The exchange of one class of light on a few modes of irradiance, for any optics and temperatures of the surfaces.

With irradiance H = W c, A H = S (e + rho H) + escape E tested with W is a small system whose matrix and right-hand side
are sums over surfaces of coefficients (their optics) times arrays that are computed once. W holds irradiances and
adjoint states of full solves, so that the error of the ion's light is the product of the errors of both.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import svd

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.ion.shift import shift_Hz
from bbrmodel.radiation.light_exchange import LightExchange, LightState
from bbrmodel.typing import FloatArray
from bbrmodel.uncertainty.channels import QUANTITIES, Channel, Quantity
from bbrmodel.uncertainty.model import Model
from bbrmodel.uncertainty.optics_table import Fields, fields_of
from bbrmodel.uncertainty.reduced_heat import Modes

_TOLERANCE = 1e-7  # of the largest mode
_STEP = 1e-3  # relative, for the curvature of the shift


@dataclass(frozen=True)
class Emission:
    """Emission tested with rows, for one output's psi: by field, row, and the second-order monomials of modes.

    `table` has shape (num_fields, num_rows, 1 + M + M (M + 1) / 2); shells hold the unit of psi in the first.
    """

    table: FloatArray

    def __call__(self, coefficients: FloatArray, monomials: FloatArray) -> FloatArray:
        """Return sums for samples, (num, num_rows), of coefficients (num, num_fields)."""
        fields, rows, terms = self.table.shape
        by_field = monomials @ self.table.transpose(2, 0, 1).reshape(terms, fields * rows)
        sums: FloatArray = np.einsum("nf,nfr->nr", coefficients, by_field.reshape(-1, fields, rows))
        return sums


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
        (num_fields, k + 1, k): what absorption takes from reflection, tested with S W, and with the ion's view.
    scattered
        (k,): the ion's view of kept W.
    escape
        (k,), escape W.
    heat
        (num_fields, m, k): area V . field W, the heat that free modes of temperature get.
    by_ion, by_heat
        Emission tested with S W and the ion's view for each output, and with the free modes for heat.
    outside
        The ion's open sky.
    shell
        (num_fields,), True for shells, whose emission is psi of their temperature.
    """

    name: str
    fields: Fields
    mass: FloatArray
    absorbed: FloatArray
    scattered: FloatArray
    escape: FloatArray
    heat: FloatArray
    by_ion: dict[Quantity, Emission]
    by_heat: Emission
    outside: float
    shell: FloatArray


def light_modes(light: LightState, columns: list[FloatArray]) -> FloatArray:
    """Return an orthonormal basis (in the areas) of irradiances and adjoint states, (num_facets, k)."""
    root = np.sqrt(light.solver.areas.area_m2)
    scaled = np.array([column * root / np.linalg.norm(column * root) for column in columns if column.any()]).T
    vectors, sizes, _ = svd(scaled, full_matrices=False, lapack_driver="gesvd")
    kept = vectors[:, sizes > _TOLERANCE * sizes[0]]
    return np.asarray(kept / root[:, None])


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
    channels = {quantity: Channel(quantity, model) for quantity in QUANTITIES}
    return ReducedLight(
        name=light.name,
        fields=fields,
        mass=(basis * areas.area_m2[:, None]).T @ basis - sent.T @ (kept[:, None] * basis),
        absorbed=_by_field(fields, rows, basis),
        scattered=(seen.arrival * kept) @ basis,
        escape=areas.escape @ basis,
        heat=_by_field(fields, heat_rows, basis),
        by_ion={q: _emission(fields, rows, _taylor(exchange, light, c), moved) for q, c in channels.items()},
        by_heat=_emission(fields, heat_rows, _taylor(exchange, light, channels["temperature"]), moved),
        outside=seen.environment,
        shell=np.array([shell[fields.field[k] > 0.0].any() for k in range(len(fields.field))]),
    )


def _by_field(fields: Fields, rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Return rows^T diag(field) columns for every field, (num_fields, num_rows, num_columns)."""
    result = np.empty((len(fields.field), rows.shape[1], columns.shape[1]))
    for index, field in enumerate(fields.field):
        here = np.flatnonzero(field)
        result[index] = (rows[here] * field[here, None]).T @ columns[here]
    return result


def _taylor(exchange: LightExchange, light: LightState, channel: Channel) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return share times psi of facets and its first two derivatives by the facet's temperature; 1, 0, 0 of shells."""
    shell = np.isfinite(exchange.surfaces.shell_temperature_K)
    T = np.where(exchange.surfaces.radiates & ~shell, exchange.facet_temperature_K, 77.0)
    psi = [_psi(channel, T * (1.0 + k * _STEP)) for k in (-1, 0, 1)]
    first = (psi[2] - psi[0]) / (2.0 * _STEP * T)
    second = (psi[2] - 2.0 * psi[1] + psi[0]) / (_STEP * T) ** 2
    share, slope = light.share, light.share_slope
    live = (exchange.surfaces.radiates & ~shell).astype(np.float64)
    value = np.where(live > 0.0, share * psi[1], np.where(shell, 1.0, 0.0))
    return value, live * (share * first + slope * psi[1]), live * (share * second + 2.0 * slope * first)


def _psi(channel: Channel, T: FloatArray) -> FloatArray:
    """Return psi at temperatures [K]."""
    if channel.quantity == "temperature":
        return np.asarray(STEFAN_BOLTZMANN * T**4)
    return shift_Hz(channel.model.transition, T)


def _emission(
    fields: Fields, rows: FloatArray, taylor: tuple[FloatArray, FloatArray, FloatArray], moved: FloatArray
) -> Emission:
    """Return emission tested with rows."""
    num = moved.shape[1]
    first, second = np.triu_indices(num)
    table = np.zeros((len(fields.field), rows.shape[1], 1 + num + len(first)))
    twice = np.where(first == second, 0.5, 1.0)
    for index, field in enumerate(fields.field):
        here = np.flatnonzero(field)
        value, slope, curve = (field[here] * part[here] for part in taylor)
        there = moved[here]
        terms = [value[:, None], slope[:, None] * there, curve[:, None] * twice * there[:, first] * there[:, second]]
        table[index] = rows[here].T @ np.concatenate(terms, axis=1)
    return Emission(table)


def monomials(a: FloatArray) -> FloatArray:
    """Return 1, a and the products of a of samples, (num, 1 + M + M (M + 1) / 2)."""
    first, second = np.triu_indices(a.shape[1])
    return np.concatenate([np.ones((len(a), 1)), a, a[:, first] * a[:, second]], axis=1)


__all__ = ["Emission", "ReducedLight", "light_modes", "monomials", "reduce_light"]
