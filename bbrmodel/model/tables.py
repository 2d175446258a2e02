"""Put a solved case into tables: bodies, flows, sensors, radiation."""

import numpy as np

from bbrmodel.conduction.solid import node_volumes, quadratic_shapes
from bbrmodel.conduction.terms import JointTerm
from bbrmodel.errors import ConfigError
from bbrmodel.mesh import SplitMesh, interpolation_weights, nearest_cell
from bbrmodel.model.bonds import bond_flows
from bbrmodel.model.path_tables import bath_loads, joint_flows, link_flows, source_rows
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.model.thermal import ThermalSolution
from bbrmodel.solution import (
    BodyTemperature,
    EnergyBalance,
    SensorReading,
    ThermalState,
)
from bbrmodel.spec import Case
from bbrmodel.typing import FloatArray, IntArray

# A thermometer is mounted on a part; this far outside the meshed part it is taken to mean another.
MAX_SENSOR_DISTANCE_M = 0.005


def tabulate(solved: ThermalSolution) -> ThermalState:
    """Return temperatures and heat flows of a solved case."""
    flows = _heat_flows(solved)
    residual = float(sum(flows.values()))
    largest = max([solved.scale_W, *(abs(flow) for flow in flows.values())])
    return ThermalState(
        node_temperature_K=solved.T[: solved.split.num_corners],
        facet_temperature_K=facet_temperatures(solved),
        bodies=_bodies(solved),
        heat_flows_W=flows,
        energy_balance=EnergyBalance(residual, abs(residual) / largest),
        sensors=_sensors(solved),
        joints=(*joint_flows(solved), *bond_flows(solved)),
        baths=bath_loads(solved),
        residual_history_W=solved.history_W,
        links=link_flows(solved),
        net_radiation_W=_net_radiation(solved),
        sources=source_rows(solved.case),
    )


def facet_temperatures(solved: ThermalSolution) -> FloatArray:
    """Return the temperature of each exposed facet, (mean T^4)^(1/4) where it radiates, else the mean [K]."""
    nodes = solved.split.flux_nodes[solved.mesh.facets.exposed]
    result = np.full(len(nodes), np.nan)
    solid = nodes[:, 0] >= 0
    if solid.any():
        result[solid] = solved.T[nodes[solid]].mean(axis=1)
    if solved.light is not None:
        radiates = solved.light.enclosure.radiates  # parts of a facet have its temperature
        result[solved.light.part_of[radiates]] = solved.light.exchange.facet_temperature_K[radiates]
    return result


def _bodies(solved: ThermalSolution) -> tuple[BodyTemperature, ...]:
    """Return extremes and volume mean of every body."""
    rows = []
    for index, name in enumerate(solved.mesh.bundle.body_names):
        mine = solved.split.cell_body == index
        nodal, weight = solved.T[solved.split.cell_nodes[mine]], node_volumes(solved.split, mine)
        mean = float(solved.T @ weight / weight.sum())
        label = solved.assignment.materials[index].name
        rows.append(BodyTemperature(name, label, float(nodal.min()), mean, float(nodal.max())))
    return tuple(rows)


def _heat_flows(solved: ThermalSolution) -> dict[str, float]:
    """Return the heat [W] that enters the bodies by every path from outside."""
    flows = {term.name: term.total(solved.T) for term in solved.terms if not isinstance(term, JointTerm)}
    for name, nodes in solved.fixed_nodes.items():
        flows[f"temperature:{name}"] = float(solved.reaction_W[nodes].sum())
    if solved.light is not None and len(solved.split.cells):
        flows["radiation"] = solved.light.exchange.heat_into_solid()
    return flows


def _sensors(solved: ThermalSolution) -> tuple[SensorReading, ...]:
    """Return the temperatures at the thermometers."""
    readings = []
    for sensor, (nodes, weights) in zip(
        solved.case.sensors, place_sensors(solved.case, solved.mesh, solved.split), strict=True
    ):
        x, y, z = sensor.position_m
        readings.append(SensorReading(sensor.name, sensor.body, (x, y, z), float(weights @ solved.T[nodes])))
    return tuple(readings)


def place_sensors(case: Case, mesh: PreparedMesh, split: SplitMesh) -> list[tuple[IntArray, FloatArray]]:
    """Return the nodes whose temperatures make the reading of each thermometer, and their weights.

    Raises
    ------
    ConfigError
        A thermometer lies outside its body.
    """
    places = []
    for sensor in case.sensors:
        body = mesh.bundle.body_names.index(sensor.body)
        mine = split.cell_body == body
        cells, nodes = split.cells[mine], split.cell_nodes[mine]
        point = np.array(sensor.position_m)
        cell, distance = nearest_cell(point, split.points_m, cells)
        if distance > MAX_SENSOR_DISTANCE_M:
            raise ConfigError(
                f"sensors.{sensor.name}.position_m = {list(sensor.position_m)}: it lies {1e3 * distance:.1f} mm "
                f"outside body '{sensor.body}' ({1e3 * MAX_SENSOR_DISTANCE_M:g} mm is allowed). Move it onto the part."
            )
        weights = interpolation_weights(point, split.points_m[cells[cell]])
        places.append((nodes[cell], weights if split.degree == 1 else quadratic_shapes(weights)))
    return places


def _net_radiation(solved: ThermalSolution) -> dict[str, float]:
    """Return what each radiating surface absorbs less what it emits [W]."""
    if solved.light is None:
        return {}
    enclosure = solved.light.enclosure
    net = np.bincount(
        enclosure.surface, weights=solved.light.exchange.net_absorbed_W, minlength=len(enclosure.surface_names)
    )
    present = np.unique(enclosure.surface[enclosure.radiates])
    return {enclosure.surface_names[index]: float(net[index]) for index in present}


__all__ = ["facet_temperatures", "place_sensors", "tabulate"]
