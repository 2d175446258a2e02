"""A reduced model of a case: the same balances on a few modes, for any number of samples at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.ion.shift import shift_Hz
from bbrmodel.typing import FloatArray
from bbrmodel.uncertainty.channels import QUANTITIES, Channel, Quantity
from bbrmodel.uncertainty.derivatives import Solids
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.model import Model
from bbrmodel.uncertainty.optics_table import Given, SurfaceNumbers
from bbrmodel.uncertainty.reduced_heat import Modes, ReducedHeat, find_modes, reduce_heat
from bbrmodel.uncertainty.reduced_light import ReducedLight, light_modes, monomials, reduce_light
from bbrmodel.uncertainty.snapshots import Snapshot

_PASSES, _CHANGE_K = 8, 1e-4
_BATCH = 256


@dataclass(frozen=True)
class Tables:
    """What all inputs do to optics and given temperatures."""

    numbers: SurfaceNumbers
    given: Given


@dataclass(frozen=True)
class Reduced:
    """A reduced model.

    `means` (num_surfaces, M) are changes of surface temperatures by modes; `coupling` (m, M) is the derivative of the
    heat by light in the case itself; `heat` is None for shells without bodies.
    """

    model: Model
    tables: Tables
    modes: Modes
    heat: ReducedHeat | None
    lights: tuple[ReducedLight, ...]
    means: FloatArray
    coupling: FloatArray

    @property
    def size(self) -> dict[str, int]:
        """Number of modes of temperature and of each class of light."""
        return {"temperature": self.modes.columns.shape[1], **{one.name: len(one.mass) for one in self.lights}}


@dataclass(frozen=True)
class Samples:
    """Outputs (num,) of samples, and the coefficients (num, M) of their temperatures."""

    outputs: dict[Quantity, FloatArray]
    coefficients: FloatArray


def build_reduced(
    model: Model, inputs: Sequence[Input], tables: Tables, snapshots: Sequence[Snapshot], solids: Solids | None
) -> Reduced:
    """Return the model that the snapshots span."""
    model.exchange.linearise(model.solved.T)
    varied = [int(index) for index in tables.given.varied]
    if solids is None:
        modes = Modes(np.zeros((0, 0)), np.empty(0, dtype=np.int64), np.empty(0))
    else:
        modes = find_modes(model, [one.T for one in snapshots], varied)
    heat = None if solids is None else reduce_heat(model, inputs, modes, solids)
    lights = []
    for light in model.exchange.lights:
        columns = [one.irradiance[light.name] for one in snapshots] + [one.reflected[light.name] for one in snapshots]
        lights.append(reduce_light(model, light, modes, light_modes(light, columns)))
    coupling = [modes.free.T @ model.exchange.apply_derivative(c, tolerance=1e-5) for c in modes.columns.T]
    matrix = np.array(coupling).reshape(modes.columns.shape[1], modes.free.shape[1]).T
    return Reduced(model, tables, modes, heat, tuple(lights), _surface_means(model, modes), matrix)


def _surface_means(model: Model, modes: Modes) -> FloatArray:
    """Return the change of each surface's mean temperature by each mode, (num_surfaces, M)."""
    surfaces = model.exchange.surfaces
    num = len(surfaces.surface_names)
    area = np.bincount(surfaces.surface, weights=surfaces.area_m2, minlength=num)
    columns = [
        np.bincount(surfaces.surface, weights=surfaces.area_m2 * model.exchange.facet_mean(column), minlength=num)
        for column in modes.columns.T
    ]
    means: FloatArray = np.array(columns).reshape(len(columns), num).T / np.maximum(area, 1e-300)[:, None]
    return means


def evaluate(reduced: Reduced, z: FloatArray) -> Samples:
    """Return the outputs of samples z, shape (num, num_inputs)."""
    parts = [_Batch(reduced, z[start : start + _BATCH]).run() for start in range(0, len(z), _BATCH)]
    outputs = {q: np.concatenate([part.outputs[q] for part in parts]) for q in QUANTITIES}
    return Samples(outputs, np.concatenate([part.coefficients for part in parts]))


class _Batch:
    """Some samples, solved together."""

    def __init__(self, reduced: Reduced, z: FloatArray) -> None:
        self.reduced, self.z = reduced, z
        self.numbers, self.given = reduced.tables.numbers(z), reduced.tables.given(z)
        modes = reduced.modes
        step = self.given[:, modes.given_surface] - reduced.tables.given.base[modes.given_surface]
        self.a = np.concatenate([step, np.zeros((len(z), modes.free.shape[1]))], axis=1)

    def run(self) -> Samples:
        """Return the solution: light and temperatures by Newton's method, with the light's derivative of the case."""
        heat, first = self.reduced.heat, self.reduced.modes.num_given
        if heat is not None and self.a.shape[1] > first:
            for _ in range(_PASSES):
                value, slope = heat.residual(self.z, self.a)
                residual = value + sum(self._heat_of(light) for light in self.reduced.lights)
                matrix = (slope + self.reduced.coupling)[:, :, first:]
                change = np.linalg.solve(matrix, -residual[:, :, None])[:, :, 0]
                self.a[:, first:] += change
                if np.abs(change).max() < _CHANGE_K:
                    break
        return Samples({quantity: self._output(quantity) for quantity in QUANTITIES}, self.a)

    def _coefficients(self, light: ReducedLight) -> tuple[FloatArray, FloatArray]:
        """Return coefficients of absorption, and the matrix of the exchange (num, k, k)."""
        step = self.a @ self.reduced.means.T
        found = light.fields.coefficients(self.numbers, step, self.given)
        size = len(light.mass)
        taken = found @ light.absorbed[:, :size].reshape(len(light.shell), -1)
        return found, light.mass + taken.reshape(-1, size, size)

    def _sources(self, light: ReducedLight, found: FloatArray, channel: Channel) -> FloatArray:
        """Return coefficients of emission: those of absorption, times psi of a shell's own temperature."""
        T = np.where(light.shell, np.nan_to_num(self.given[:, light.fields.surface], nan=77.0), 77.0)
        return np.where(light.shell, found * self._sent(light, T, channel), found)

    def _sent(self, light: ReducedLight, T: FloatArray, channel: Channel) -> FloatArray:
        """Return share times psi of black bodies."""
        share, _ = self.reduced.model.exchange.surfaces.optics.share(light.name, T)
        if channel.quantity == "temperature":
            return np.asarray(share * STEFAN_BOLTZMANN * T**4)
        return np.asarray(share * shift_Hz(channel.model.transition, T))

    def _outside(self, light: ReducedLight, channel: Channel) -> FloatArray:
        """Return what the surroundings send, (num,)."""
        outside = self.given[:, -1]
        if np.isnan(outside).any():
            return np.zeros(len(outside))
        return self._sent(light, outside, channel)

    def _heat_of(self, light: ReducedLight) -> FloatArray:
        """Return the heat by one class of light that the free modes get, (num, m)."""
        channel = Channel("temperature", self.reduced.model)
        found, matrix = self._coefficients(light)
        sources, powers = self._sources(light, found, channel), monomials(self.a)
        right = light.by_ion["temperature"](sources, powers)[:, :-1]
        right = right + self._outside(light, channel)[:, None] * light.escape
        c = np.linalg.solve(matrix, right[:, :, None])[:, :, 0]
        fields, tests, size = light.heat.shape
        taken = (found @ light.heat.reshape(fields, -1)).reshape(-1, tests, size)
        return np.asarray(np.einsum("nij,nj->ni", taken, c) - light.by_heat(sources, powers))

    def _output(self, quantity: Quantity) -> FloatArray:
        """Return one output, (num,)."""
        channel = Channel(quantity, self.reduced.model)
        total = np.zeros(len(self.z))
        for light in self.reduced.lights:
            found, matrix = self._coefficients(light)
            seen = light.scattered - found @ light.absorbed[:, -1]
            d = np.linalg.solve(matrix.transpose(0, 2, 1), seen[:, :, None])[:, :, 0]
            sums = light.by_ion[quantity](self._sources(light, found, channel), monomials(self.a))
            outside = self._outside(light, channel)
            total += np.einsum("nk,nk->n", d, sums[:, :-1] + outside[:, None] * light.escape)
            total += sums[:, -1] + outside * light.outside
        return np.array([channel.output(float(value))[0] for value in total])


__all__ = ["Reduced", "Samples", "Tables", "build_reduced", "evaluate"]
