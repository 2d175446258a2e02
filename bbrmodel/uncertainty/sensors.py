r"""Thermometers: what their readings say of the uncertain inputs, and hence of T_eff; and where one more would help.

Inputs x have unit variance (one for each independent input), readings r the model :math:`r = T_0 + A x + \text{offset}
+ \text{noise}`, the output :math:`q = q_0 + b \cdot x`. Least squares gives

.. math:: C = (1 + A^T R^{-1} A)^{-1}, \quad \hat x = C A^T R^{-1} (r - T_0 - \text{offset}), \quad
   u(q)^2 = b \cdot C b,

with R the variance of calibration and offset. One more thermometer of row a and variance s reduces u(q)^2 by
:math:`(b \cdot C a)^2 / (s + a \cdot C a)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.model.tables import place_sensors
from bbrmodel.spec import Case
from bbrmodel.spec.case import Sensor
from bbrmodel.typing import FloatArray, Progress
from bbrmodel.uncertainty.channels import QUANTITIES, Quantity
from bbrmodel.uncertainty.derivatives import (
    PlaceAdjoint,
    balance_of,
    change_of_output,
    change_of_place,
    solid_of,
    solve_adjoint,
    solve_place,
    try_out,
)
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.linear import STEP, own_rows, step_ends, values_at
from bbrmodel.uncertainty.model import Model, vary
from bbrmodel.uncertainty.sampling import find_drivers

ASSUMED_CALIBRATION_K = 0.1  # of a Pt100 that was calibrated where it is used
_TOLERANCE = 1e-6  # of the adjoint solves of places


@dataclass(frozen=True)
class Reading:
    """One thermometer: what it reads, what the model says before and after, and by how much it is out [K].

    `std_K` combines calibration and offset; `deviation_sigma` is reading less model before the update, over the
    standard deviation of that difference.
    """

    name: str
    reading_K: float
    prior_K: float
    prior_std_K: float
    posterior_K: float
    posterior_std_K: float
    std_K: float
    deviation_sigma: float


@dataclass(frozen=True)
class Posterior:
    """An output before and after the update, each with its standard uncertainty."""

    quantity: Quantity
    prior: float
    prior_std: float
    posterior: float
    posterior_std: float


@dataclass(frozen=True)
class Candidate:
    """A place for one more thermometer, and what it would leave of the uncertainty of each output."""

    place: str
    remaining: dict[Quantity, float]


@dataclass(frozen=True)
class SensorStudy:
    """What thermometers say.

    Attributes
    ----------
    readings, outputs
        Before and after.
    inputs
        Name, mean and standard deviation of every independent input after the update, in units of its own.
    candidates
        The best place first.
    span_K, span_half_K
        The rule of the papers: the middle of all readings, and half of their span plus the calibration.
    chi_squared
        Of the readings before the update, weighted with the covariance of model and thermometers; compare with their
        number.
    """

    readings: tuple[Reading, ...]
    outputs: tuple[Posterior, ...]
    inputs: tuple[tuple[str, float, float], ...]
    candidates: tuple[Candidate, ...]
    span_K: float
    span_half_K: float
    chi_squared: float


@dataclass(frozen=True)
class _Rows:
    """Sensitivities to independent inputs of unit variance: of thermometers, of bodies, of outputs."""

    sensors: FloatArray  # (num_sensors, num_drivers)
    bodies: FloatArray  # (num_bodies, num_drivers)
    outputs: dict[Quantity, FloatArray]
    names: tuple[str, ...]  # of the drivers


def compute_sensors(model: Model, inputs: Sequence[Input], *, progress: Progress | None = None) -> SensorStudy:
    """Return what the readings of the case's thermometers say.

    Raises
    ------
    ConfigError
        No thermometer has a reading, there is no body, or an input needs another mesh or exchange.
    """
    check_readings(model.solved.case)
    sensors = [sensor for sensor in model.solved.case.sensors if sensor.reading_K is not None]
    rows = _sensitivities(model, inputs, [sensor.name for sensor in sensors], progress)
    T0 = np.array([float(w @ model.solved.T) for w in _sensor_weights(model, [s.name for s in sensors])])
    return _update(model, rows, sensors, T0)


def check_readings(case: Case) -> None:
    """Raise `ConfigError` unless some thermometer of a case has a reading."""
    if all(sensor.reading_K is None for sensor in case.sensors):
        raise ConfigError(
            f"{case.source or case.name}: no thermometer has a reading, so nothing updates the inputs. "
            "Give reading_K of [[sensors]], or --set sensors.<name>.reading_K=78.1."
        )


def _update(model: Model, rows: _Rows, sensors: Sequence[Sensor], T0: FloatArray) -> SensorStudy:
    """Return the least-squares update."""
    noise, offset = np.array([_noise(s) for s in sensors]), np.array([_offset(s) for s in sensors])
    reading = np.array([float(s.reading_K or 0.0) for s in sensors])
    gap = reading - offset - T0
    A, size = rows.sensors, len(rows.names)
    C = np.linalg.inv(np.eye(size) + (A / noise[:, None] ** 2).T @ A)
    x = C @ ((A / noise[:, None] ** 2).T @ gap)
    spread = A @ A.T + np.diag(noise**2)
    prior_std, posterior_std = np.sqrt((A**2).sum(axis=1)), np.sqrt(np.einsum("ij,jk,ik->i", A, C, A))
    found = [
        Reading(
            *(s.name, float(reading[k]), float(T0[k]), float(prior_std[k]), float(T0[k] + A[k] @ x)),
            *(float(posterior_std[k]), float(noise[k]), float(gap[k] / np.sqrt(spread[k, k]))),
        )
        for k, s in enumerate(sensors)
    ]
    outputs = [_posterior(model, quantity, rows.outputs[quantity], x, C) for quantity in QUANTITIES]
    candidates = _candidates(model, rows, C)
    calibration = max(float(s.calibration_K or ASSUMED_CALIBRATION_K) for s in sensors)
    return SensorStudy(
        readings=tuple(found),
        outputs=tuple(outputs),
        inputs=tuple((name, float(x[k]), float(np.sqrt(C[k, k]))) for k, name in enumerate(rows.names)),
        candidates=candidates,
        span_K=float(0.5 * (reading.min() + reading.max())),
        span_half_K=float(0.5 * np.ptp(reading)) + calibration,
        chi_squared=float(gap @ np.linalg.solve(spread, gap)),
    )


def _posterior(model: Model, quantity: Quantity, b: FloatArray, x: FloatArray, C: FloatArray) -> Posterior:
    """Return an output before and after; numerical error and clock data stay as they are."""
    value = values_at(model, quantity)
    own = float(np.sqrt(sum(row.standard**2 for row in own_rows(model, quantity, value))))
    after = float(np.hypot(np.sqrt(b @ C @ b), own))
    return Posterior(quantity, value, float(np.hypot(np.linalg.norm(b), own)), value + float(b @ x), after)


def _candidates(model: Model, rows: _Rows, C: FloatArray) -> tuple[Candidate, ...]:
    """Return what one more thermometer on each body would leave of the uncertainties, the best first."""
    found = []
    for name, a in zip(model.solved.mesh.bundle.body_names, rows.bodies, strict=True):
        left: dict[Quantity, float] = {}
        for quantity, b in rows.outputs.items():
            gain = float(b @ C @ a) ** 2 / (ASSUMED_CALIBRATION_K**2 + float(a @ C @ a))
            left[quantity] = float(np.sqrt(max(float(b @ C @ b) - gain, 0.0)))
        found.append(Candidate(name, left))
    return tuple(sorted(found, key=lambda one: one.remaining["temperature"]))


def _noise(sensor: Sensor) -> float:
    """Return the standard deviation of calibration and offset together [K]."""
    low, high = sensor.offset_K or (0.0, 0.0)
    return float(np.hypot(sensor.calibration_K or ASSUMED_CALIBRATION_K, (high - low) / np.sqrt(12.0)))


def _offset(sensor: Sensor) -> float:
    return 0.5 * sum(sensor.offset_K or (0.0, 0.0))


def _sensitivities(model: Model, inputs: Sequence[Input], sensors: Sequence[str], progress: Progress | None) -> _Rows:
    """Return how thermometers, bodies and outputs depend on independent inputs of unit variance."""
    solids, drivers = solid_of(model), find_drivers(inputs)
    adjoints = {quantity: solve_adjoint(model, quantity, solids) for quantity in QUANTITIES}
    weights = _sensor_weights(model, sensors) + _body_weights(model)
    balance = balance_of(model, solids)
    places: list[PlaceAdjoint] = []
    for weight in weights:
        places.append(solve_place(model, balance, weight, tolerance=_TOLERANCE))
        if progress is not None:
            progress(len(places), len(weights))
    table = np.zeros((len(places) + len(QUANTITIES), drivers.number))
    for one, column in zip(inputs, drivers.column, strict=True):
        up, down = step_ends(one, STEP)
        setups = [setup for z in (up, down) if (setup := vary(model, one.overrides(z))) is not None]
        if len(setups) < 2:
            raise ConfigError(f"{one.name}: changes the mesh or what rays do; leave it out here.")
        after, before = (try_out(model, setup, solids) for setup in setups)
        changes = [change_of_place(place, after, before) for place in places]
        changes += [change_of_output(adjoints[quantity], after, before) for quantity in QUANTITIES]
        table[:, column] += one.first.std * np.array(changes) / (up - down)
    outputs = {quantity: table[len(places) + k] for k, quantity in enumerate(QUANTITIES)}
    return _Rows(table[: len(sensors)], table[len(sensors) : len(places)], outputs, drivers.names)


def _sensor_weights(model: Model, names: Sequence[str]) -> list[FloatArray]:
    """Return the nodal weights of thermometers."""
    solved, found = model.solved, []
    placed = place_sensors(solved.case, solved.mesh, solved.split)
    for sensor, (nodes, values) in zip(solved.case.sensors, placed, strict=True):
        if sensor.name in names:
            weights = np.zeros(model.num_nodes)
            np.add.at(weights, nodes, values)
            found.append(weights)
    return found


def _body_weights(model: Model) -> list[FloatArray]:
    """Return the nodal weights of the mean of each body over its nodes."""
    split, found = model.solved.split, []
    for body in range(len(model.solved.mesh.bundle.body_names)):
        weights = np.zeros(model.num_nodes)
        mine = np.unique(split.cells[split.cell_body == body])
        weights[mine] = 1.0 / len(mine)
        found.append(weights)
    return found


__all__ = [
    "ASSUMED_CALIBRATION_K",
    "Candidate",
    "Posterior",
    "Reading",
    "SensorStudy",
    "check_readings",
    "compute_sensors",
]
