r"""Thermometers: what their readings say of the uncertain inputs, and hence of T_eff; and where one more would help.

Inputs x have unit variance (one for each independent input), readings r the model :math:`r = T_0 + A x + \text{offset}
+ \text{noise}`, the output :math:`q = q_0 + b \cdot x`. Least squares gives

.. math:: C = (1 + A^T R^{-1} A)^{-1}, \quad \hat x = C A^T R^{-1} (r - T_0 - \text{offset}), \quad
   u(q)^2 = b \cdot C b,

with R the variance of calibration and offset. One more thermometer of row a and variance s reduces u(q)^2 by
:math:`(b \cdot C a)^2 / (s + a \cdot C a)`. The rows of all nodes come from one linear solve for each input.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import lsq_linear
from scipy.special import gammaincc

from bbrmodel.errors import ConfigError
from bbrmodel.model.tables import place_sensors
from bbrmodel.spec import Case
from bbrmodel.spec.case import Sensor
from bbrmodel.typing import FloatArray, Progress
from bbrmodel.uncertainty.channels import QUANTITIES, Quantity
from bbrmodel.uncertainty.derivatives import solid_of, try_out
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.linear import STEP, needs_new_exchange, own_rows, step_ends, values_at
from bbrmodel.uncertainty.model import Model, vary
from bbrmodel.uncertainty.responses import make_balance, respond
from bbrmodel.uncertainty.sampling import Drivers, find_drivers

ASSUMED_CALIBRATION_K = 0.1  # of a Pt100 that was calibrated where it is used
CONTRADICTION = 0.01  # probability of a larger chi squared below which readings contradict the model


@dataclass(frozen=True)
class Reading:
    """One thermometer: what it reads, what the model says before and after, and by how much it is out [K].

    `std_K` combines calibration and offset; `deviation_sigma` is reading less model before the update, over the
    standard deviation of that difference, and `left_sigma` reading less model after it, over `std_K`.
    """

    name: str
    reading_K: float
    std_K: float
    prior_K: float
    prior_std_K: float
    deviation_sigma: float
    posterior_K: float
    posterior_std_K: float
    left_sigma: float


@dataclass(frozen=True)
class Posterior:
    """An output before and after the update, each with its standard uncertainty.

    `bounded` is the output with all inputs kept within their limits.
    """

    quantity: Quantity
    prior: float
    prior_std: float
    posterior: float
    posterior_std: float
    bounded: float


@dataclass(frozen=True)
class InputUpdate:
    """One independent input after the update.

    `mean` and `std` are in units of its standard deviation, from what the case gives. `value` is where that leaves the
    first number that it moves, `low` and `high` its limits, None where it has none.
    """

    name: str
    mean: float
    std: float
    value: float
    low: float | None
    high: float | None
    is_level: bool
    is_outside: bool


@dataclass(frozen=True)
class Candidate:
    """A place for one more thermometer, the best of its body [m], and what it would leave of the uncertainties."""

    place: str
    position_m: tuple[float, float, float]
    remaining: dict[Quantity, float]


@dataclass(frozen=True)
class SensorStudy:
    """What thermometers say.

    Attributes
    ----------
    readings, outputs, inputs
        Before and after.
    candidates
        The best place first.
    span_K, span_half_K
        The rule of the papers: the middle of all readings, and half of their span plus the calibration.
    chi_squared, probability
        Of the readings before the update, weighted with the covariance of model and thermometers; compare with their
        number. How probable a larger one is if the model is right.
    notes
        What a reader must know: a model that readings contradict, inputs that leave their limits.
    """

    readings: tuple[Reading, ...]
    outputs: tuple[Posterior, ...]
    inputs: tuple[InputUpdate, ...]
    candidates: tuple[Candidate, ...]
    span_K: float
    span_half_K: float
    chi_squared: float
    probability: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Rows:
    """Sensitivities to independent inputs of unit variance: of thermometers, of nodes, of outputs."""

    sensors: FloatArray  # (num_sensors, num_drivers)
    nodes: FloatArray  # (num_nodes, num_drivers)
    outputs: dict[Quantity, FloatArray]
    inputs: tuple[Input, ...]
    drivers: Drivers


@dataclass(frozen=True)
class _Update:
    """Independent inputs after the update (num_drivers,), their covariance, and the best ones within their limits."""

    x: FloatArray
    C: FloatArray
    bounded: FloatArray


def compute_sensors(model: Model, inputs: Sequence[Input], *, progress: Progress | None = None) -> SensorStudy:
    """Return what the readings of the case's thermometers say.

    Raises
    ------
    ConfigError
        No thermometer has a reading, there is no body, or every input needs another mesh or exchange.
    """
    check_readings(model.solved.case)
    dear = [one for one in inputs if needs_new_exchange(model, one)]
    inputs = [one for one in inputs if one not in dear]
    if not inputs:
        raise ConfigError(
            f"{model.solved.case.source or model.solved.case.name}: every uncertain input changes the mesh or what "
            "rays do; thermometers update inputs that do not. Add [[uncertain]] rows of powers, contacts or finishes."
        )
    sensors = [sensor for sensor in model.solved.case.sensors if sensor.reading_K is not None]
    weights = _sensor_weights(model, [sensor.name for sensor in sensors])
    rows = _sensitivities(model, inputs, weights, progress)
    study = _study(model, rows, sensors, weights @ model.solved.T)
    if not dear:
        return study
    names = ", ".join(one.name for one in dear)
    return replace(study, notes=(*study.notes, f"left out, as they change the mesh or what rays do: {names}"))


def check_readings(case: Case) -> None:
    """Raise `ConfigError` unless some thermometer of a case has a reading."""
    where = case.source or case.name
    if not case.sensors:
        raise ConfigError(f"{where}: has no thermometer. Add [[sensors]] with name, body, position_m and reading_K.")
    if all(sensor.reading_K is None for sensor in case.sensors):
        raise ConfigError(
            f"{where}: no thermometer has a reading, so nothing updates the inputs. "
            f"Give reading_K of [[sensors]], or --set sensors.{case.sensors[0].name}.reading_K=78.1."
        )


def _study(model: Model, rows: _Rows, sensors: Sequence[Sensor], T0: FloatArray) -> SensorStudy:
    """Return the least-squares update and what it says; `T0` (num_sensors,) is what the model says."""
    noise, offset = np.array([_noise(s) for s in sensors]), np.array([_offset(s) for s in sensors])
    reading = np.array([float(s.reading_K or 0.0) for s in sensors])
    gap, A = reading - offset - T0, rows.sensors
    update = _update(rows, gap, noise)
    spread = A @ A.T + np.diag(noise**2)
    posterior_std = np.sqrt(np.einsum("ij,jk,ik->i", A, update.C, A))
    step = A @ update.x
    found = tuple(
        Reading(
            *(s.name, float(reading[k]), float(noise[k]), float(T0[k]), float(np.linalg.norm(A[k]))),
            *(float(gap[k] / np.sqrt(spread[k, k])), float(T0[k] + step[k])),
            *(float(posterior_std[k]), float((gap[k] - step[k]) / noise[k])),
        )
        for k, s in enumerate(sensors)
    )
    calibration = max(float(s.calibration_K or ASSUMED_CALIBRATION_K) for s in sensors)
    chi_squared = float(gap @ np.linalg.solve(spread, gap))
    probability = float(gammaincc(0.5 * len(sensors), 0.5 * chi_squared))
    moved = _moved(rows, update)
    return SensorStudy(
        readings=found,
        outputs=tuple(_posterior(model, quantity, rows.outputs[quantity], update) for quantity in QUANTITIES),
        inputs=moved,
        candidates=_candidates(model, rows, update.C),
        span_K=float(0.5 * (reading.min() + reading.max())),
        span_half_K=float(0.5 * np.ptp(reading)) + calibration,
        chi_squared=chi_squared,
        probability=probability,
        notes=(*_contradiction(found, chi_squared, probability), *_outside(moved)),
    )


def _update(rows: _Rows, gap: FloatArray, noise: FloatArray) -> _Update:
    """Return the inputs that fit the readings best, each with unit variance before."""
    size, scaled = len(rows.drivers.names), rows.sensors / noise[:, None]
    C = np.asarray(np.linalg.inv(np.eye(size) + scaled.T @ scaled), dtype=np.float64)
    limits = np.array([_limits(rows, k) for k in range(size)])
    whole = np.vstack([np.eye(size), scaled])
    found = lsq_linear(whole, np.concatenate([np.zeros(size), gap / noise]), bounds=(limits[:, 0], limits[:, 1]))
    return _Update(C @ (scaled.T @ (gap / noise)), C, found.x)


def _limits(rows: _Rows, driver: int) -> tuple[float, float]:
    """Return how far an independent input may go, in standard deviations from what the case gives."""
    low, high = -np.inf, np.inf
    for one, column in zip(rows.inputs, rows.drivers.column, strict=True):
        if column == driver and not one.first.is_unbounded:
            low = max(low, (-1.0 - one.first.start) / one.first.std)
            high = min(high, (1.0 - one.first.start) / one.first.std)
    return low - 1e-9, high + 1e-9  # an input at its limit leaves no room to the solver


def _moved(rows: _Rows, update: _Update) -> tuple[InputUpdate, ...]:
    """Return all independent inputs after the update, those that moved most first."""
    found = []
    for k, name in enumerate(rows.drivers.names):
        first = rows.inputs[rows.drivers.column.index(k)]
        one, mean = first.first, float(update.x[k])
        value = one.value(one.start + one.std * mean)
        low, high = (None, None) if one.is_unbounded else (one.value(-1.0), one.value(1.0))
        limits = _limits(rows, k)
        outside = not limits[0] <= mean <= limits[1]
        std = float(np.sqrt(update.C[k, k]))
        found.append(InputUpdate(name, mean, std, value, low, high, first.is_level, outside))
    return tuple(sorted(found, key=lambda one: -abs(one.mean)))


def _contradiction(readings: Sequence[Reading], chi_squared: float, probability: float) -> list[str]:
    """Return a note where readings and model do not fit within their uncertainties."""
    if probability >= CONTRADICTION:
        return []
    worst = sorted(readings, key=lambda one: -abs(one.deviation_sigma))
    named = ", ".join(f"{one.name} {one.deviation_sigma:+.1f}" for one in worst if abs(one.deviation_sigma) > 2.0)
    named = named or f"none alone beyond 2; {worst[0].name} {worst[0].deviation_sigma:+.1f}"
    return [
        f"the readings contradict the model: chi squared {chi_squared:.1f} of {len(readings)} readings, probability "
        f"{probability:.1g}. Standard deviations of each: {named}. Widen the inputs that make these temperatures, or "
        "look for what the model lacks: until then the update is no better than the model"
    ]


def _outside(moved: Sequence[InputUpdate]) -> list[str]:
    """Return a note for each input that the update moves out of its limits."""
    notes = []
    for one in moved:
        if one.is_outside:
            value = f"{'level ' if one.is_level else ''}{one.value:.4g} ({one.mean:+.1f} standard deviations)"
            notes.append(
                f"{one.name}: the readings ask for {value}, beyond its limits {one.low:.4g} to {one.high:.4g}: not to "
                "be believed. Use the values within limits, or widen [[uncertain]]"
            )
    return notes


def _posterior(model: Model, quantity: Quantity, b: FloatArray, update: _Update) -> Posterior:
    """Return an output before and after; numerical error and clock data stay as they are."""
    value = values_at(model, quantity)
    own = float(np.sqrt(sum(row.standard**2 for row in own_rows(model, quantity, value))))
    after = float(np.hypot(np.sqrt(b @ update.C @ b), own))
    before = float(np.hypot(np.linalg.norm(b), own))
    return Posterior(quantity, value, before, value + float(b @ update.x), after, value + float(b @ update.bounded))


def _candidates(model: Model, rows: _Rows, C: FloatArray) -> tuple[Candidate, ...]:
    """Return what one more thermometer at the best place of each body would leave, the best body first."""
    split, a = model.solved.split, rows.nodes
    noise = ASSUMED_CALIBRATION_K**2 + np.einsum("ij,ij->i", a @ C, a)
    left = {}
    for quantity, b in rows.outputs.items():
        left[quantity] = np.sqrt(np.maximum(float(b @ C @ b) - (a @ (C @ b)) ** 2 / noise, 0.0))
    found = []
    for body, name in enumerate(model.solved.mesh.bundle.body_names):
        mine = np.unique(split.cells[split.cell_body == body])
        best = int(mine[left["temperature"][mine].argmin()])
        x, y, z = (float(value) for value in split.points_m[best])
        remaining: dict[Quantity, float] = {quantity: float(left[quantity][best]) for quantity in QUANTITIES}
        found.append(Candidate(name, (x, y, z), remaining))
    return tuple(sorted(found, key=lambda one: one.remaining["temperature"]))


def _noise(sensor: Sensor) -> float:
    """Return the standard deviation of calibration and offset together [K]."""
    low, high = sensor.offset_K or (0.0, 0.0)
    return float(np.hypot(sensor.calibration_K or ASSUMED_CALIBRATION_K, (high - low) / np.sqrt(12.0)))


def _offset(sensor: Sensor) -> float:
    return 0.5 * sum(sensor.offset_K or (0.0, 0.0))


def _sensitivities(model: Model, inputs: Sequence[Input], weights: FloatArray, progress: Progress | None) -> _Rows:
    """Return how thermometers, nodes and outputs depend on independent inputs of unit variance."""
    solids, drivers = solid_of(model), find_drivers(inputs)
    balance = make_balance(model, solids)
    nodes = np.zeros((model.num_nodes, drivers.number))
    outputs = {quantity: np.zeros(drivers.number) for quantity in QUANTITIES}
    for done, (one, column) in enumerate(zip(inputs, drivers.column, strict=True)):
        up, down = step_ends(one, STEP)
        setups = [setup for z in (up, down) if (setup := vary(model, one.overrides(z))) is not None]
        after, before = (try_out(model, setup, solids) for setup in setups)
        found, scale = respond(balance, after, before), one.first.std / (up - down)
        nodes[:, column] += scale * found.T
        for quantity in QUANTITIES:
            outputs[quantity][column] += scale * found.outputs[quantity]
        if progress is not None:
            progress(done + 1, len(inputs))
    return _Rows(weights @ nodes, nodes, outputs, tuple(inputs), drivers)


def _sensor_weights(model: Model, names: Sequence[str]) -> FloatArray:
    """Return the nodal weights of thermometers, (num_sensors, num_nodes)."""
    solved, found = model.solved, []
    placed = place_sensors(solved.case, solved.mesh, solved.split)
    for sensor, (nodes, values) in zip(solved.case.sensors, placed, strict=True):
        if sensor.name in names:
            weights = np.zeros(model.num_nodes)
            np.add.at(weights, nodes, values)
            found.append(weights)
    return np.array(found)


__all__ = [
    "ASSUMED_CALIBRATION_K",
    "CONTRADICTION",
    "Candidate",
    "InputUpdate",
    "Posterior",
    "Reading",
    "SensorStudy",
    "check_readings",
    "compute_sensors",
]
