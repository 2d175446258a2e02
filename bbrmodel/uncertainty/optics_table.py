"""The optics of every surface as functions of all inputs, and the fields on facets that they multiply."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.materials.optics import warm_share
from bbrmodel.radiation.light_classes import BandOptics, SourceOptics
from bbrmodel.typing import FloatArray, IntArray
from bbrmodel.uncertainty.curves import InputCurve, curve_through
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.model import Model
from bbrmodel.uncertainty.variants import InputVariants, given_of, log_numbers_of

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


def check_samples(model: Model) -> None:
    """Raise `ConfigError` where the light of the case is followed by paths."""
    if model.looks.paths:
        raise ConfigError(
            f"{model.solved.case.name}: samples need light that is followed by view factors; here something passes "
            "surfaces or depends on direction. Use --method linear, or --geometry for whole solves of each input."
        )


def tabulate_surfaces(
    model: Model, inputs: Sequence[Input], variants: Sequence[InputVariants]
) -> tuple[SurfaceNumbers, Given]:
    """Return optics and given temperatures of all surfaces over the inputs."""
    numbers: dict[int, InputCurve] = {}
    given: dict[int, InputCurve] = {}
    for index, (one, found) in enumerate(zip(inputs, variants, strict=True)):
        if found.numbers is not None:
            numbers[index] = curve_through(one, found.numbers)
        if found.given is not None:
            given[index] = curve_through(one, found.given)
    return SurfaceNumbers(log_numbers_of(model, model.base), numbers), Given(given_of(model.base), given)


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


__all__ = ["Fields", "Given", "SurfaceNumbers", "check_samples", "fields_of", "tabulate_surfaces"]
