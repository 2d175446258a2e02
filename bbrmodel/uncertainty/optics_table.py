"""The optics of every surface as functions of all inputs, and the fields on facets that they multiply."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.materials.optics import warm_share
from bbrmodel.radiation.light_classes import BandOptics, SourceOptics
from bbrmodel.typing import FloatArray, IntArray
from bbrmodel.uncertainty.curves import InputCurve, curve_through, nodes_of
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.model import Model, Setup, vary

_STEP_K = 1e-3


@dataclass(frozen=True)
class SurfaceNumbers:
    """Logarithms of the numbers that optics consist of, by surface: the case's, and what each input adds.

    `base` has shape (num_numbers, num_surfaces); `curves` hold that shape for the inputs (by index) that matter.
    """

    base: FloatArray
    curves: dict[int, InputCurve]

    def __call__(self, z: FloatArray) -> FloatArray:
        """Return the numbers for samples z of shape (num, num_inputs), shape (num, num_numbers, num_surfaces)."""
        total = np.broadcast_to(self.base, (len(z), *self.base.shape)).copy()
        for index, curve in self.curves.items():
            total += curve(z[:, index])
        return np.minimum(np.exp(total), 1.0)


@dataclass(frozen=True)
class Given:
    """Temperatures that the case gives to surfaces, and outside, as functions of all inputs [K].

    `base` has shape (num_surfaces + 1,), NaN where none is given; the last is that of the surroundings.
    """

    base: FloatArray
    curves: dict[int, InputCurve]

    def __call__(self, z: FloatArray) -> FloatArray:
        """Return the temperatures for samples, shape (num, num_surfaces + 1)."""
        total = np.broadcast_to(self.base, (len(z), *self.base.shape)).copy()
        for index, curve in self.curves.items():
            total += curve(z[:, index])
        return total

    @property
    def varied(self) -> IntArray:
        """Indices of the surfaces whose temperature varies."""
        moving = np.zeros(len(self.base), dtype=bool)
        for curve in self.curves.values():
            moving |= np.abs(curve(np.array(curve.reach))).max(axis=0) > 0.0
        return np.flatnonzero(moving[:-1])


def tabulate_surfaces(model: Model, inputs: Sequence[Input]) -> tuple[SurfaceNumbers, Given]:
    """Return optics and given temperatures of all surfaces over the inputs.

    Raises
    ------
    ConfigError
        The light of the case is followed by paths, or an input changes what rays do.
    """
    if model.looks.paths:
        raise ConfigError(
            f"{model.solved.case.name}: samples need light that is followed by view factors; here something passes "
            "surfaces or depends on direction. Use --method linear."
        )
    numbers0, given0 = np.log(_numbers(model, model.base)), _given(model.base)
    numbers: dict[int, InputCurve] = {}
    given: dict[int, InputCurve] = {}
    for index, one in enumerate(inputs):
        ends = [_variant(model, one, z) for z in (1.0, -1.0)]
        of_optics = any(_changes(np.log(_numbers(model, end)), numbers0) for end in ends)
        of_given = any(_changes(_given(end), given0) for end in ends)
        if not of_optics and not of_given:
            continue
        setups = [_variant(model, one, float(z)) for z in nodes_of(one)]
        if of_optics:
            numbers[index] = curve_through(one, np.array([np.log(_numbers(model, s)) - numbers0 for s in setups]))
        if of_given:
            given[index] = curve_through(one, np.array([np.nan_to_num(_given(s) - given0) for s in setups]))
    return SurfaceNumbers(numbers0, numbers), Given(given0, given)


def _changes(one: FloatArray, other: FloatArray) -> bool:
    return not np.array_equal(one, other, equal_nan=True)


def _variant(model: Model, one: Input, z: float) -> Setup:
    """Return the case with one input moved."""
    setup = vary(model, one.overrides(z))
    if setup is None:
        raise ConfigError(f"{one.name}: changes the mesh or what rays do; such an input cannot be sampled.")
    return setup


def _numbers(model: Model, setup: Setup) -> FloatArray:
    """Return the numbers of each surface, shape (num_numbers, num_surfaces); 1 where nothing radiates."""
    surfaces, optics = model.exchange.surfaces, setup.surfaces.optics
    fields: FloatArray
    if isinstance(optics, SourceOptics):
        fields = np.array([optics.e77, optics.e293, optics.a77_293])
    elif isinstance(optics, BandOptics):
        fields = np.asarray(optics.emissivity)
    else:
        raise ConfigError("these classes of light cannot be sampled. Use --method linear.")
    result = np.ones((len(fields), len(surfaces.surface_names)))
    first = np.unique(surfaces.surface, return_index=True)
    result[:, first[0]] = np.where(surfaces.radiates[first[1]], fields[:, first[1]], 1.0)
    return result


def _given(setup: Setup) -> FloatArray:
    """Return given temperatures of surfaces and outside [K]."""
    result = np.full(len(setup.surfaces.surface_names) + 1, np.nan)
    for index, condition in setup.assignment.conditions.items():
        if condition.temperature_K is not None:
            result[index] = condition.temperature_K
    outside = setup.surfaces.environment_temperature_K
    result[-1] = np.nan if outside is None else outside
    return result


@dataclass(frozen=True)
class Fields:
    """How absorptivities in one class of light are sums of fields on facets times coefficients.

    Attributes
    ----------
    field
        shape (num_fields, num_facets): one or three fields on each surface, zero elsewhere.
    surface
        shape (num_fields,), the surface of each field.
    kind
        shape (num_fields,): 0 the number `number` itself; 1 and 2 the warm absorptivity at 77 K and at 293 K; 3 the
        slope of both with the mean temperature of the surface; 4 a shell of given temperature, warm light.
    number
        Which number counts in kind 0.
    """

    field: FloatArray
    surface: IntArray
    kind: IntArray
    number: int

    def coefficients(self, numbers: FloatArray, step_K: FloatArray, given_K: FloatArray) -> FloatArray:
        """Return the coefficients of samples, shape (num, num_fields).

        Parameters
        ----------
        numbers
            shape (num, num_numbers, num_surfaces).
        step_K
            shape (num, num_surfaces), how much warmer each surface is than in the case.
        given_K
            shape (num, num_surfaces + 1).
        """
        here = numbers[:, :, self.surface]
        if not (self.kind > 0).any():
            return here[:, self.number]
        cold, rise = here[:, 2], here[:, 1] - here[:, 2]
        shell = cold + warm_share(np.nan_to_num(given_K[:, self.surface], nan=77.0)) * rise
        kinds = [self.kind == value for value in (1, 2, 3, 4)]
        return np.select(kinds, [cold, here[:, 1], rise * step_K[:, self.surface], shell], here[:, self.number])


def fields_of(model: Model, name: str) -> Fields:
    """Return the fields of one class of light at the solution of the case."""
    exchange = model.exchange
    surfaces, optics = exchange.surfaces, exchange.surfaces.optics
    shell = np.isfinite(surfaces.shell_temperature_K)
    warm = isinstance(optics, SourceOptics) and name == "warm"
    mean = exchange.facet_mean(model.solved.T)  # what absorptivities go by
    T = np.where(surfaces.radiates & ~shell, mean, 77.0)
    share = warm_share(T)
    slope = (warm_share(T + _STEP_K) - warm_share(T - _STEP_K)) / (2.0 * _STEP_K)
    rows: list[tuple[FloatArray, int, int]] = []
    for index in np.unique(surfaces.surface[surfaces.radiates]):
        mine = ((surfaces.surface == index) & surfaces.radiates).astype(np.float64)
        if not warm:
            rows.append((mine, int(index), 0))
        elif shell[surfaces.surface == index].any():
            rows.append((mine, int(index), 4))
        else:
            rows += [(mine * part, int(index), k + 1) for k, part in enumerate((1.0 - share, share, slope))]
    number = optics.light_names.index(name) if isinstance(optics, BandOptics) else 0
    field, surface, kind = zip(*rows, strict=True)
    return Fields(np.array(field), np.array(surface), np.array(kind), number)


__all__ = ["Fields", "Given", "SurfaceNumbers", "fields_of", "tabulate_surfaces"]
