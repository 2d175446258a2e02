"""Monte Carlo samples of a case through its reduced model, the error of that, and Sobol indices."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import qmc

from bbrmodel.results import case_hash
from bbrmodel.typing import FloatArray, Progress
from bbrmodel.uncertainty.channels import QUANTITIES, Quantity
from bbrmodel.uncertainty.derivatives import solid_of
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.model import Model
from bbrmodel.uncertainty.optics_table import check_samples, tabulate_surfaces
from bbrmodel.uncertainty.reduced import Reduced, Tables, build_reduced, evaluate, predict
from bbrmodel.uncertainty.snapshots import Snapshot, Start, base_snapshot, load_or_take
from bbrmodel.uncertainty.variants import tabulate_variants

_LOG = logging.getLogger(__name__)
# Of the spread of the output, for the root mean square error at points that the reduced model does not know.
WANTED_ERROR = 5e-4
_BEYOND = (5, 13, 21, 33, 49)  # full solves above the number of drivers
_BATCH = 8  # points that judge
_INDEX_SAMPLES, _LEAST_DRAWN, _DEGREE = 512, 4096, 6
_SEED = 20
_FORMAT = "full solves 2"  # another number where stored solves mean something else


@dataclass(frozen=True)
class Drivers:
    """Independent random numbers: one for each input, or for each group of fully correlated ones.

    `column` (num_inputs,) is the number of the driver of each input.
    """

    names: tuple[str, ...]
    column: tuple[int, ...]

    @property
    def number(self) -> int:
        """Number of drivers."""
        return len(self.names)


@dataclass(frozen=True)
class SampleStudy:
    """Samples of all outputs.

    Attributes
    ----------
    z
        shape (num, num_inputs), coordinates of the inputs.
    outputs
        For each output, shape (num,).
    first, total
        For each output, Sobol indices by driver: the part of the variance that an input causes by itself, and with all
        that it does together with others.
    error
        For each output, root mean square error of the reduced model at full solves that it did not know then; it
        was enlarged by these afterwards.
    full_solves
        How many were made.
    modes
        Sizes of the reduced model.
    """

    drivers: Drivers
    z: FloatArray
    outputs: dict[Quantity, FloatArray]
    first: dict[Quantity, FloatArray]
    total: dict[Quantity, FloatArray]
    error: dict[Quantity, float]
    full_solves: int
    modes: dict[str, int]


def find_drivers(inputs: Sequence[Input]) -> Drivers:
    """Return the independent random numbers of inputs."""
    labels = [f"group {one.group}" if one.group else one.name for one in inputs]
    names = tuple(dict.fromkeys(labels))
    return Drivers(names, tuple(names.index(label) for label in labels))


def coordinates(inputs: Sequence[Input], drivers: Drivers, uniform: FloatArray) -> FloatArray:
    """Return coordinates (num, num_inputs) for uniform numbers (num, num_drivers)."""
    columns = [one.first.coordinate(uniform[:, k]) for one, k in zip(inputs, drivers.column, strict=True)]
    return np.column_stack(columns)


def compute_samples(
    model: Model, inputs: Sequence[Input], num: int, *, cache: Path, progress: Progress | None = None
) -> SampleStudy:
    """Return samples of T_eff and the shift.

    Full solves at a few points span a reduced model; it is enlarged until it meets new points well enough. They are
    kept by content, so that an interrupted study goes on where it was.

    Raises
    ------
    ConfigError
        The light is followed by paths, or an input changes the mesh or what rays do.
    BbrModelError
        A point cannot be solved.
    """
    drivers = find_drivers(inputs)
    reduced, error, solves = train(model, inputs, drivers, cache=cache, progress=progress)
    drawn = max(num, _LEAST_DRAWN)
    uniform = qmc.Sobol(2 * drivers.number, seed=_SEED).random(1 << (drawn - 1).bit_length())[:drawn]
    one, other = uniform[:, : drivers.number], uniform[:_INDEX_SAMPLES, drivers.number :]
    z = coordinates(inputs, drivers, one)
    found = evaluate(reduced, z).outputs
    leading = [drivers.column.index(k) for k in range(drivers.number)]  # an input of each driver
    first = {q: np.array([_alone(z[:, k], found[q]) for k in leading]) for q in QUANTITIES}
    total = _total_indices(reduced, inputs, drivers, (one[:_INDEX_SAMPLES], other), found)
    outputs = {quantity: values[:num] for quantity, values in found.items()}
    return SampleStudy(drivers, z[:num], outputs, first, total, error, solves, reduced.size)


def train(
    model: Model, inputs: Sequence[Input], drivers: Drivers, *, cache: Path, progress: Progress | None = None
) -> tuple[Reduced, dict[Quantity, float], int]:
    """Return a reduced model, its error at points it did not know, and the number of full solves."""
    solids = solid_of(model) if model.num_nodes else None
    tables = tabulate(model, inputs)
    most = drivers.number + _BEYOND[-1] + _BATCH
    uniform = qmc.Sobol(drivers.number, seed=_SEED + 1).random(1 << most.bit_length())
    points = coordinates(inputs, drivers, uniform)
    store = cache / "uncertainty" / _content(model, inputs)
    snapshots = [base_snapshot(model, inputs)]
    start = Start(snapshots[0], solids)
    error: dict[Quantity, float] = dict.fromkeys(QUANTITIES, np.inf)

    def take(number: int) -> None:
        while len(snapshots) <= number:
            snapshots.append(load_or_take(model, inputs, points[len(snapshots) - 1], store=store, start=start))
            if progress is not None:
                progress(len(snapshots) - 1, drivers.number + _BEYOND[0] + _BATCH)

    for size in (drivers.number // 2 + 1, *(drivers.number + more for more in _BEYOND)):
        take(size)
        reduced = build_reduced(model, inputs, tables, snapshots[: 1 + size], solids)
        start = replace(start, guess=partial(predict, reduced))
        take(size + _BATCH)
        error, relative = judge(reduced, snapshots[1 + size : 1 + size + _BATCH], snapshots)
        _LOG.info("reduced model of %d solves %s: error %.1e of the spread", size, reduced.size, relative)
        if relative <= WANTED_ERROR:
            break
    reduced = build_reduced(model, inputs, tables, snapshots, solids)  # the points that judged help, too
    return reduced, error, len(snapshots) - 1


def tabulate(model: Model, inputs: Sequence[Input]) -> Tables:
    """Return what all inputs change.

    Raises
    ------
    ConfigError
        The light is followed by paths, or an input changes the mesh or what rays do.
    """
    check_samples(model)
    variants = tabulate_variants(model, inputs)
    return Tables(*tabulate_surfaces(model, inputs, variants), variants)


def judge(
    reduced: Reduced, unknown: Sequence[Snapshot], known: Sequence[Snapshot]
) -> tuple[dict[Quantity, float], float]:
    """Return the root mean square error at full solves for each output, and the largest in units of the spread."""
    found = evaluate(reduced, np.array([one.z for one in unknown])).outputs
    error: dict[Quantity, float] = {}
    relative = 0.0
    for quantity in QUANTITIES:
        exact = np.array([one.outputs[quantity] for one in unknown])
        error[quantity] = float(np.sqrt(np.mean((found[quantity] - exact) ** 2)))
        spread = float(np.std([one.outputs[quantity] for one in known]))
        relative = max(relative, error[quantity] / max(spread, 1e-300))
    return error, relative


def _content(model: Model, inputs: Sequence[Input]) -> str:
    """Return a name for all that decides the full solves."""
    text = _FORMAT + case_hash(model.solved.case) + repr([(one.paths, one.distributions, one.group) for one in inputs])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _alone(z: FloatArray, values: FloatArray) -> float:
    """Return the part of the variance of `values` (num,) that an input of coordinates z (num,) causes by itself.

    It is that of the best polynomial of z. Chance adds less than the degree over the number of samples.
    """
    terms: FloatArray = np.vander(z / np.abs(z).max(initial=1e-300), _DEGREE + 1)
    curve = terms @ np.linalg.lstsq(terms, values, rcond=None)[0]
    return float(np.var(curve)) / max(float(np.var(values)), 1e-300)


def _total_indices(
    reduced: Reduced,
    inputs: Sequence[Input],
    drivers: Drivers,
    uniform: tuple[FloatArray, FloatArray],
    known: dict[Quantity, FloatArray],
) -> dict[Quantity, FloatArray]:
    """Return total indices (Jansen 1999) of every driver; `known` begins with outputs at the first uniform numbers."""
    one, other = uniform
    sets = []
    for k in range(drivers.number):
        mixed = one.copy()
        mixed[:, k] = other[:, k]
        sets.append(mixed)
    found = evaluate(reduced, coordinates(inputs, drivers, np.concatenate(sets))).outputs
    total = {}
    for quantity in QUANTITIES:
        moved = found[quantity].reshape(len(sets), len(one)) - known[quantity][: len(one)]
        total[quantity] = 0.5 * (moved**2).mean(axis=1) / max(float(np.var(known[quantity])), 1e-300)
    return total


__all__ = [
    "WANTED_ERROR",
    "Drivers",
    "SampleStudy",
    "compute_samples",
    "coordinates",
    "find_drivers",
    "judge",
    "train",
]
