"""A reduced model of a case: the same balances on a few modes, for any number of samples at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import qmc

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.errors import ConvergenceError
from bbrmodel.ion.shift import shift_Hz
from bbrmodel.parallel import cores
from bbrmodel.typing import FloatArray
from bbrmodel.uncertainty.channels import QUANTITIES, Channel, Quantity
from bbrmodel.uncertainty.derivatives import Solids
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.model import Model
from bbrmodel.uncertainty.optics_table import Given, SurfaceNumbers
from bbrmodel.uncertainty.quick import Guess
from bbrmodel.uncertainty.reduced_heat import Modes, ReducedHeat, find_modes, reduce_heat
from bbrmodel.uncertainty.reduced_light import ReducedLight, light_modes, reduce_light, terms_of
from bbrmodel.uncertainty.snapshots import Snapshot
from bbrmodel.uncertainty.variants import InputVariants

_PASSES, _UNDAMPED, _RENEWED, _CHANGE_K = 60, 20, 6, 1e-4
_STEADY = 0.2  # of the last step: steps that shrink so go on shrinking so
_BATCH = 256
_EXAMPLES, _WIDER = 256, 1.5  # of coefficients, over a range somewhat wider than that of the snapshots
_SEED = 3


@dataclass(frozen=True)
class Tables:
    """What all inputs do to optics, given temperatures and heat paths."""

    numbers: SurfaceNumbers
    given: Given
    variants: tuple[InputVariants, ...]


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
    """Outputs (num,) of samples, and the coefficients (num, M) of their temperatures.

    `change` (num, M) is what the balance added to the coefficients that are given.
    """

    outputs: dict[Quantity, FloatArray]
    coefficients: FloatArray
    change: FloatArray


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
    heat = None if solids is None else reduce_heat(model, inputs, tables.variants, modes, solids)
    lights = []
    for light in model.exchange.lights:
        columns = [one.irradiance[light.name] for one in snapshots] + [one.reflected[light.name] for one in snapshots]
        lights.append(reduce_light(model, light, modes, light_modes(light, columns)))
    nothing = np.zeros((modes.free.shape[1], modes.columns.shape[1]))
    found = Reduced(model, tables, modes, heat, tuple(lights), _surface_means(model, modes), nothing)
    found = _join_fields(found, inputs, np.array([one.z for one in snapshots]))
    return replace(found, coupling=_coupling(found, snapshots[0].z))


def _join_fields(reduced: Reduced, inputs: Sequence[Input], known: FloatArray) -> Reduced:
    """Return the same with fields mixed that go together, whatever the inputs and temperatures; `known` are some z."""
    modes, number = reduced.modes, known.shape[1] + reduced.modes.columns.shape[1]
    points = qmc.Sobol(number, seed=_SEED).random(_EXAMPLES)
    drawn = [one.first.coordinate(points[:, k]) for k, one in enumerate(inputs)]
    z = np.concatenate([known, np.column_stack(drawn)]) if drawn else known
    a = _WIDER * np.sqrt(3.0) * modes.size_K * (2.0 * points[:, known.shape[1] :] - 1.0)
    a = np.concatenate([np.zeros((len(known), a.shape[1])), a])
    numbers, given, step = reduced.tables.numbers(z), reduced.tables.given(z), a @ reduced.means.T
    lights = tuple(
        light.join(light.fields.coefficients(numbers, step, given), step[:, light.fields.surface])
        for light in reduced.lights
    )
    return replace(reduced, lights=lights)


def _coupling(reduced: Reduced, z: FloatArray) -> FloatArray:
    """Return the derivative of the heat by light in the case itself, whose inputs are z."""
    steps: FloatArray = np.diag(np.maximum(reduced.modes.size_K, 1e-3))
    here = np.repeat(z[None], len(steps), axis=0)
    moved = [_Batch(reduced, here, change).heat_by_light() for change in (steps, -steps)]
    slopes: FloatArray = (moved[0] - moved[1]).T / (2.0 * np.diag(steps))
    return slopes


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
    first, rest = z[:_BATCH], [z[start : start + _BATCH] for start in range(_BATCH, len(z), _BATCH)]
    parts = [_Batch(reduced, first).run()]
    if rest:  # they start near their solution
        trend = np.linalg.lstsq(_trend_terms(first), parts[0].change, rcond=None)[0]
        with ThreadPoolExecutor(cores()) as threads:
            parts += threads.map(lambda here: _Batch(reduced, here, _trend_terms(here) @ trend).run(), rest)
    outputs = {q: np.concatenate([part.outputs[q] for part in parts]) for q in QUANTITIES}
    coefficients, change = (np.concatenate([getattr(part, n) for part in parts]) for n in ("coefficients", "change"))
    return Samples(outputs, coefficients, change)


def _trend_terms(z: FloatArray) -> FloatArray:
    """Return what coefficients are roughly linear in, (num, 1 + 2 num_inputs)."""
    return np.concatenate([np.ones((len(z), 1)), z, z**2], axis=1)


def predict(reduced: Reduced, z: FloatArray) -> Guess:
    """Return what the reduced model takes for the full solution at one point z (num_inputs,)."""
    batch = _Batch(reduced, z[None])
    a = batch.run().coefficients[0]
    T = reduced.model.solved.T
    if reduced.heat is not None:
        T = T + reduced.modes.columns @ a
    irradiance, reflected = {}, {}
    for light in reduced.lights:
        forward, adjoint = batch.light_coefficients(light)
        irradiance[light.name] = light.basis @ forward[0]
        reflected[light.name] = light.basis @ adjoint[0]
    return Guess(T, irradiance, reflected)


class _Batch:
    """Some samples, solved together; `change` (num, M) is added to the coefficients to start from."""

    def __init__(self, reduced: Reduced, z: FloatArray, change: FloatArray | None = None) -> None:
        self.reduced, self.z = reduced, z
        self.numbers, self.given = reduced.tables.numbers(z), reduced.tables.given(z)
        modes = reduced.modes
        step = self.given[:, modes.given_surface] - reduced.tables.given.base[modes.given_surface]
        self.given_a = np.concatenate([step, np.zeros((len(z), modes.free.shape[1]))], axis=1)
        self.a = self.given_a if change is None else self.given_a + change

    def run(self) -> Samples:
        """Return the solution: light and temperatures by Newton's method, with the light's derivative of the case.

        Raises
        ------
        ConvergenceError
            Some samples did not converge.
        """
        first = self.reduced.modes.num_given
        if self.reduced.heat is not None and self.a.shape[1] > first:
            self._balance(self.reduced.heat, first)
        outputs = {quantity: np.zeros(len(self.z)) for quantity in QUANTITIES}
        for light in self.reduced.lights:
            for quantity, part in self._seen(light).items():
                outputs[quantity] += part
        for quantity, totals in outputs.items():
            channel = Channel(quantity, self.reduced.model)
            outputs[quantity] = np.array([channel.output(float(value))[0] for value in totals])
        return Samples(outputs, self.a, self.a - self.given_a)

    def _balance(self, heat: ReducedHeat, first: int) -> None:
        """Find the coefficients after the first ones that balance the heat."""
        self.a = self.a.copy()
        known = np.inf
        for turn in range(_PASSES):
            if turn < 2 or turn % _RENEWED == 0:
                slope = heat.slope(self.z, self.a) + self.reduced.coupling
                inverse = np.linalg.inv(slope[:, :, first:])
            missing = heat.residual(self.z, self.a) + self.heat_by_light()
            change = -np.matmul(inverse, missing[:, :, None])[:, :, 0]
            self.a[:, first:] += change if turn < _UNDAMPED else 0.5 * change
            step = float(np.abs(change).max())
            left = step * step / known if turn and step < _STEADY * known else step
            if left < _CHANGE_K:
                return
            known = step
        open_ones = int((np.abs(change).max(axis=1) >= _CHANGE_K).sum())
        raise ConvergenceError(
            f"samples: {open_ones} of {len(change)} did not find their temperatures in {_PASSES} steps (last step "
            f"{np.abs(change).max():.1e} K, {_CHANGE_K:g} K wanted). Narrow widths, or use --method linear."
        )

    def _coefficients(self, light: ReducedLight) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return coefficients of absorption, changes of mean temperature (both by field), and what absorption takes."""
        step = self.a @ self.reduced.means.T
        found = light.fields.coefficients(self.numbers, step, self.given)
        taken = light.absorbed.matrices(found)
        return found, step[:, light.fields.surface], taken

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

    def heat_by_light(self) -> FloatArray:
        """Return the heat by light that the free modes get, (num, m)."""
        total = np.zeros((len(self.z), self.reduced.modes.free.shape[1]))
        channel = Channel("temperature", self.reduced.model)
        for light in self.reduced.lights:
            found, warmer, taken = self._coefficients(light)
            sources, terms = self._sources(light, found, channel), terms_of(self.reduced.modes, self.a)
            c = self._irradiance(light, taken, light.by_ion["temperature"](sources, terms, warmer))
            total += np.matmul(light.heat.matrices(found), c[:, :, None])[:, :, 0]
            total -= light.by_heat(sources, terms, warmer)
        return total

    def _irradiance(self, light: ReducedLight, taken: FloatArray, emitted: FloatArray) -> FloatArray:
        """Return coefficients of irradiance (num, k) for emission tested with all rows."""
        channel = Channel("temperature", self.reduced.model)
        right = emitted[:, :-1] + self._outside(light, channel)[:, None] * light.escape
        solved = np.linalg.solve(light.mass + taken[:, :-1], right[:, :, None])
        return np.asarray(solved[:, :, 0], dtype=np.float64)

    def _reflected(self, light: ReducedLight, taken: FloatArray) -> FloatArray:
        """Return coefficients of the adjoint state (num, k)."""
        matrix = (light.mass + taken[:, :-1]).transpose(0, 2, 1)
        solved = np.linalg.solve(matrix, (light.scattered - taken[:, -1])[:, :, None])
        return np.asarray(solved[:, :, 0], dtype=np.float64)

    def light_coefficients(self, light: ReducedLight) -> tuple[FloatArray, FloatArray]:
        """Return coefficients of irradiance and of the adjoint state, (num, k) each."""
        found, warmer, taken = self._coefficients(light)
        sources = self._sources(light, found, Channel("temperature", self.reduced.model))
        emitted = light.by_ion["temperature"](sources, terms_of(self.reduced.modes, self.a), warmer)
        return self._irradiance(light, taken, emitted), self._reflected(light, taken)

    def _seen(self, light: ReducedLight) -> dict[Quantity, FloatArray]:
        """Return what the ion gets of one class for each output, (num,)."""
        found, warmer, taken = self._coefficients(light)
        state, terms = self._reflected(light, taken), terms_of(self.reduced.modes, self.a)
        seen: dict[Quantity, FloatArray] = {}
        for quantity, emission in light.by_ion.items():
            channel = Channel(quantity, self.reduced.model)
            sums = emission(self._sources(light, found, channel), terms, warmer)
            outside = self._outside(light, channel)
            reflected = np.einsum("nk,nk->n", state, sums[:, :-1] + outside[:, None] * light.escape)
            seen[quantity] = reflected + sums[:, -1] + outside * light.outside
        return seen


__all__ = ["Reduced", "Samples", "Tables", "build_reduced", "evaluate", "predict"]
