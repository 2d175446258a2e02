"""Inputs that need whole solves, added to the samples: one curve for each, without interaction with the others.

An input that changes the mesh, a mirror, paths of light or the level of a liquid is beyond the reduced model. A few
whole solves over its distribution, with the same seed, give a curve c(z); samples become y + sum of c(z) - c(nominal).
What is additive has Sobol indices that need no further samples: the variance of the curve, and where an input shares
its random number with others the covariance with them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaincc, ndtr

from bbrmodel.model.baths import BathTerm
from bbrmodel.typing import FloatArray, Progress
from bbrmodel.uncertainty.channels import QUANTITIES, Quantity
from bbrmodel.uncertainty.distributions import Distribution
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.linear import values_at
from bbrmodel.uncertainty.model import Model, Setup, vary
from bbrmodel.uncertainty.sampling import Drivers, SampleStudy, find_drivers
from bbrmodel.uncertainty.whole import WholeSolve, WholeSolves

_FIT = 0.05  # probability of a larger misfit below which a curve needs another degree
_SEED = 31


@dataclass(frozen=True)
class Added:
    """One input that is added.

    Attributes
    ----------
    z, values
        shape (num_points,): coordinates, and the first number that it moves there.
    points, noise
        For each output, shape (num_points,): whole solves and their numerical errors.
    degree
        For each output, of the polynomial in z that meets the points within their errors.
    std, std_noise
        For each output: standard deviation over the samples, and that of the mean noise of the points.
    """

    name: str
    z: FloatArray
    values: FloatArray
    points: Mapping[Quantity, FloatArray]
    noise: Mapping[Quantity, FloatArray]
    degree: Mapping[Quantity, int]
    std: Mapping[Quantity, float]
    std_noise: Mapping[Quantity, float]


@dataclass(frozen=True)
class Curve:
    """Polynomial in z through points; straight beyond the outermost ones."""

    coefficients: FloatArray  # of z - middle, highest power first
    middle: float
    low: float
    high: float

    def __call__(self, z: FloatArray) -> FloatArray:
        """Return values, shape of `z`."""
        inside: FloatArray = np.clip(z, self.low, self.high) - self.middle
        slope: FloatArray = np.polyval(np.polyder(self.coefficients), inside)
        value: FloatArray = np.polyval(self.coefficients, inside) + slope * (z - self.middle - inside)
        return value


def places(one: Distribution) -> FloatArray:
    """Return where whole solves are made: the nominal value, a standard deviation to either side, and the ends."""
    start, width = one.start, one.std
    if one.is_unbounded:
        return np.array([start + width * step for step in (-2.0, -1.0, 0.0, 1.0, 2.0)])
    inner = np.clip([start - width, start, start + width], -1.0, 1.0)
    found = np.unique(np.round(np.concatenate([[-1.0], inner, [1.0]]), 9))
    return np.asarray(found, dtype=np.float64)


def moves_level(model: Model, one: Input) -> bool:
    """Tell whether an input moves the level of a bath, which the reduced model does not know."""
    known = _wet(model.base)
    for z in places(one.first)[[0, -1]]:
        setup = vary(model, one.overrides(float(z)))
        if setup is not None and not all(np.array_equal(a, b) for a, b in zip(_wet(setup), known, strict=True)):
            return True
    return False


def _wet(setup: Setup) -> list[FloatArray]:
    """Return the wetted parts of the facets of all baths."""
    return [term.wall.wet for term in setup.terms if isinstance(term, BathTerm)]


def solve_curves(
    model: Model, inputs: Sequence[Input], whole: WholeSolves, *, progress: Progress | None = None
) -> list[tuple[FloatArray, list[WholeSolve]]]:
    """Return for each input where whole solves were made, and those; the nominal one is that of the model.

    Raises
    ------
    BbrModelError
        A variant of the case cannot be solved; the message names the input.
    """
    view, shift = model.view, values_at(model, "shift")
    noise = view.temperature_std_K
    nominal = WholeSolve(view.temperature_K, shift, noise, 4.0 * abs(shift) * noise / view.temperature_K)
    at = [places(one.first) for one in inputs]
    total, done = sum(len(z) for z in at), 0
    found = []
    for one, z in zip(inputs, at, strict=True):
        solves = []
        for value in z:
            is_nominal = abs(value - one.first.start) < 1e-6
            solves.append(nominal if is_nominal else whole.at(one.name, one.overrides(float(value))))
            done += 1
            if progress is not None:
                progress(done, total)
        found.append((z, solves))
    return found


def fit_curve(z: FloatArray, points: FloatArray, noise: FloatArray) -> Curve:
    """Return the polynomial of lowest degree that meets the points within their noise."""
    weight = 1.0 / np.maximum(noise, 1e-12 * np.abs(points).max() + 1e-300)
    middle = float(z.mean())
    coefficients = np.polyfit(z - middle, points, 1, w=weight)
    for degree in range(1, len(z)):
        coefficients = np.polyfit(z - middle, points, degree, w=weight)
        left, free = (points - np.polyval(coefficients, z - middle)) * weight, len(z) - degree - 1
        if free == 0 or gammaincc(0.5 * free, 0.5 * float(left @ left)) > _FIT:
            break
    return Curve(coefficients, middle, float(z.min()), float(z.max()))


def add_inputs(
    study: SampleStudy | None,
    inputs: tuple[Sequence[Input], Sequence[Input]],
    found: Sequence[tuple[FloatArray, list[WholeSolve]]],
    *,
    base: Mapping[Quantity, float],
    num: int,
) -> tuple[SampleStudy, tuple[Added, ...]]:
    """Return samples with further inputs added, and what was added.

    Parameters
    ----------
    study
        Samples of the first inputs; None: all inputs are added.
    inputs
        Those of the study, and those to add.
    found
        As `solve_curves` returns it.
    base
        Outputs of the case itself, and
    num
        the number of samples, where there is no study.
    """
    known, more = inputs
    if study is None:
        study = _empty(base, num)
    drivers = find_drivers([*known, *more])
    uniform = _uniform(study, known, drivers)
    total = _Total(study, drivers)
    added, z = [], [study.z]
    for one, column, (at, solves) in zip(more, drivers.column[len(known) :], found, strict=True):
        here = one.first.coordinate(uniform[:, column])
        z.append(here[:, None])
        added.append(_add(one, at, solves, total, (column, here)))
    solves_made = sum(len(at) for at, _ in found)
    return total.study(np.concatenate(z, axis=1), solves_made), tuple(added)


def _empty(base: Mapping[Quantity, float], num: int) -> SampleStudy:
    """Return samples in which nothing varies."""
    nothing = {quantity: np.zeros(0) for quantity in QUANTITIES}
    outputs = {quantity: np.full(num, base[quantity]) for quantity in QUANTITIES}
    error: dict[Quantity, float] = dict.fromkeys(QUANTITIES, 0.0)
    return SampleStudy(Drivers((), ()), np.zeros((num, 0)), outputs, nothing, dict(nothing), error, 0, {})


def _uniform(study: SampleStudy, known: Sequence[Input], drivers: Drivers) -> FloatArray:
    """Return uniform numbers (num, num_drivers): those of the study, stratified at random for the others."""
    rng, num = np.random.default_rng(_SEED), len(study.z)
    found = np.array([(rng.permutation(num) + rng.random(num)) / num for _ in range(drivers.number)]).T
    found = found.reshape(num, drivers.number)
    for k, one in enumerate(known):
        found[:, drivers.column[k]] = uniform_of(one.first, study.z[:, k])
    return found


def uniform_of(one: Distribution, z: FloatArray) -> FloatArray:
    """Return the uniform numbers that lead to coordinates; the inverse of `Distribution.coordinate`."""
    if one.is_unbounded:
        normal: FloatArray = ndtr(z)
        return normal
    if one.kind == "triangular":
        return np.where(z < 0.0, 0.5 * (1.0 + z) ** 2, 1.0 - 0.5 * (1.0 - z) ** 2)
    return 0.5 * (1.0 + z)


class _Total:
    """Samples to which curves are added one after the other, with the variance that each driver causes."""

    def __init__(self, study: SampleStudy, drivers: Drivers) -> None:
        self._study, self._drivers = study, drivers
        self.outputs = {quantity: study.outputs[quantity].copy() for quantity in QUANTITIES}
        self._first = {quantity: self._variances(study.first[quantity], quantity) for quantity in QUANTITIES}
        self._whole = {quantity: self._variances(study.total[quantity], quantity) for quantity in QUANTITIES}
        # Sums of what is independent: samples of it correlate by chance.
        self._size = {quantity: float(np.var(study.outputs[quantity])) for quantity in QUANTITIES}

    def _variances(self, indices: FloatArray, quantity: Quantity) -> FloatArray:
        """Return variances by driver, zero for new ones."""
        found = np.zeros(self._drivers.number)
        found[: len(indices)] = indices * float(np.var(self._study.outputs[quantity]))
        return found

    def add(self, quantity: Quantity, driver: int, change: FloatArray) -> None:
        """Add a change (num,) that one driver causes by itself."""
        shared = driver < self._study.drivers.number or self._first[quantity][driver] > 0.0
        both = float(np.cov(self.outputs[quantity], change, bias=True)[0, 1]) if shared else 0.0
        more = float(np.var(change)) + 2.0 * both
        self._first[quantity][driver] += more
        self._whole[quantity][driver] += more
        self._size[quantity] += more
        self.outputs[quantity] += change

    def study(self, z: FloatArray, solves: int) -> SampleStudy:
        """Return the samples with all that was added."""
        study = self._study
        size = {quantity: max(self._size[quantity], 1e-300) for quantity in QUANTITIES}
        return replace(
            study,
            drivers=self._drivers,
            z=z,
            outputs=self.outputs,
            first={quantity: self._first[quantity] / size[quantity] for quantity in QUANTITIES},
            total={quantity: self._whole[quantity] / size[quantity] for quantity in QUANTITIES},
            full_solves=study.full_solves + solves,
        )


def _add(
    one: Input, at: FloatArray, solves: Sequence[WholeSolve], total: _Total, where: tuple[int, FloatArray]
) -> Added:
    """Add the curve of one input; `where` holds its driver and its coordinates (num,)."""
    driver, here = where
    points, noise, degree, std, std_noise = {}, {}, {}, {}, {}
    for quantity in QUANTITIES:
        points[quantity] = np.array([solve.value(quantity) for solve in solves])
        noise[quantity] = np.array([solve.noise(quantity) for solve in solves])
        curve = fit_curve(at, points[quantity], noise[quantity])
        change = curve(here) - float(curve(np.array([one.first.start]))[0])
        total.add(quantity, driver, change)
        degree[quantity], std[quantity] = len(curve.coefficients) - 1, float(change.std())
        std_noise[quantity] = float(np.sqrt(np.mean(noise[quantity] ** 2)))
    values = np.array([one.first.value(float(z)) for z in at])
    return Added(one.name, at, values, points, noise, degree, std, std_noise)


__all__ = ["Added", "Curve", "add_inputs", "fit_curve", "moves_level", "places", "solve_curves", "uniform_of"]
