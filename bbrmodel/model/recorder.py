"""Rows of numbers that a run in time leaves behind, one after every step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from bbrmodel.conduction.solid import node_volumes
from bbrmodel.conduction.transient import Step
from bbrmodel.constants import SECONDS_PER_DAY
from bbrmodel.mesh import SplitMesh
from bbrmodel.model.tables import place_sensors
from bbrmodel.model.time_system import CaseSystem, Moment
from bbrmodel.solution import TimeSeries
from bbrmodel.typing import FloatArray, IntArray

_LITRES_PER_DAY = 1000.0 * SECONDS_PER_DAY
ION = ("ion:effective_temperature_K", "ion:shift_Hz", "ion:fractional_shift")


@dataclass(frozen=True)
class Gauges:
    """What turns nodal temperatures into the readings of thermometers and the means of bodies."""

    names: tuple[str, ...]
    weights: csr_matrix  # (num_names, num_nodes)

    def read(self, T: FloatArray) -> dict[str, float]:
        """Return the readings [K]."""
        return dict(zip(self.names, (self.weights @ T).tolist(), strict=True))


def build_gauges(system: CaseSystem) -> Gauges:
    """Return the gauges of a case: its thermometers, then all bodies.

    Raises
    ------
    ConfigError
        A thermometer lies outside its body.
    """
    case, split = system.case, system.split
    names = [f"sensor:{sensor.name}" for sensor in case.sensors]
    rows = list(place_sensors(case, system.mesh, split))
    for body, name in enumerate(system.mesh.bundle.body_names):
        names.append(f"body:{name}")
        rows.append(_mean_of_body(split, body))
    index = np.concatenate([np.full(len(nodes), k) for k, (nodes, _) in enumerate(rows)])
    nodes = np.concatenate([nodes for nodes, _ in rows])
    weights = np.concatenate([weights for _, weights in rows])
    return Gauges(tuple(names), csr_matrix((weights, (index, nodes)), shape=(len(rows), len(split.points_m))))


def _mean_of_body(split: SplitMesh, body: int) -> tuple[IntArray, FloatArray]:
    """Return nodes and weights of the volume mean of a body."""
    volume = node_volumes(split, split.cell_body == body)
    nodes: IntArray = np.flatnonzero(volume).astype(np.int64)
    return nodes, volume[nodes] / volume.sum()


def row_of(system: CaseSystem, moment: Moment, T: FloatArray, flows_W: Mapping[str, float]) -> dict[str, float]:
    """Return what is known of a moment besides temperatures, by name of its column."""
    row = {f"flow:{name}": flow for name, flow in flows_W.items()}
    row |= {f"boil_off:{name}": _LITRES_PER_DAY * lost for name, lost in system.boil_off(moment, T).items()}
    row |= {f"level:{bath.spec.surface}": z for bath, z in zip(system.baths, moment.levels_m, strict=True)}
    return row | {f"schedule:{key}": value for key, value in (moment.values or {}).items()}


def step_row(time_s: float, length_s: float, step: Step | None) -> dict[str, float]:
    """Return time, length and errors of a step; there is none before the beginning."""
    error, balance = (0.0, 0.0) if step is None else (step.error_K, step.balance)
    return {"time_s": time_s, "step_s": length_s, "step_error_K": error, "energy_balance": balance}


def series_of(columns: Sequence[str], rows: Sequence[Sequence[float]], counts: tuple[int, int]) -> TimeSeries:
    """Return the rows as series; `counts` are accepted and rejected steps."""
    table = np.array(rows, dtype=np.float64).reshape(-1, len(columns))
    found = {name: tuple(table[:, k].tolist()) for k, name in enumerate(columns)}

    def group(kind: str) -> dict[str, tuple[float, ...]]:
        return {name.removeprefix(kind): values for name, values in found.items() if name.startswith(kind)}

    temperature, shift, fraction = (found.get(name) for name in ION)
    return TimeSeries(
        times_s=found["time_s"],
        step_s=found["step_s"],
        step_error_K=found["step_error_K"],
        energy_balance=found["energy_balance"],
        effective_temperature_K=temperature,
        shift_Hz=shift,
        fractional_shift=fraction,
        sensors_K=group("sensor:"),
        bodies_K=group("body:"),
        heat_flows_W=group("flow:"),
        boil_off_L_per_day=group("boil_off:"),
        levels_m=group("level:"),
        schedules=group("schedule:"),
        steps=counts[0],
        rejected_steps=counts[1],
    )


__all__ = ["ION", "Gauges", "build_gauges", "row_of", "series_of", "step_row"]
