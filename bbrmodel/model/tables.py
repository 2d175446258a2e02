"""Put a solved case into tables: bodies, flows, sensors, joints, baths."""

import numpy as np

from bbrmodel.conduction.solid import cell_volumes
from bbrmodel.conduction.terms import FacetTerm, JointTerm, LinkTerm
from bbrmodel.errors import ConfigError
from bbrmodel.materials import ln2
from bbrmodel.mesh import interpolation_weights, nearest_cell
from bbrmodel.model.thermal import ThermalSolution
from bbrmodel.solution import (
    BodyTemperature,
    CryogenBath,
    EnergyBalance,
    JointFlow,
    LinkFlow,
    SensorReading,
    ThermalState,
)
from bbrmodel.typing import FloatArray

# A thermometer is mounted on a part; this far outside the meshed part it is taken to mean another.
MAX_SENSOR_DISTANCE_M = 0.005


def tabulate(solved: ThermalSolution) -> ThermalState:
    """Return temperatures and heat flows of a solved case."""
    flows = _heat_flows(solved)
    residual = float(sum(flows.values()))
    largest = max([solved.scale_W, *(abs(flow) for flow in flows.values())])
    return ThermalState(
        node_temperature_K=solved.T,
        facet_temperature_K=facet_temperatures(solved),
        bodies=_bodies(solved),
        heat_flows_W=flows,
        energy_balance=EnergyBalance(residual, abs(residual) / largest),
        sensors=_sensors(solved),
        joints=_joints(solved),
        baths=_baths(solved),
        residual_history_W=solved.history_W,
        links=_links(solved),
        net_radiation_W=_net_radiation(solved),
    )


def facet_temperatures(solved: ThermalSolution) -> FloatArray:
    """Return the temperature of each exposed facet, (mean T^4)^(1/4) where it radiates, else the mean [K]."""
    nodes = solved.split.facet_nodes[solved.mesh.facets.exposed]
    result = np.full(len(nodes), np.nan)
    solid = nodes[:, 0] >= 0
    if solid.any():
        result[solid] = solved.T[nodes[solid]].mean(axis=1)
    if solved.light is not None:
        radiates = solved.light.enclosure.radiates
        result[radiates] = solved.light.exchange.facet_temperature_K[radiates]
    return result


def _bodies(solved: ThermalSolution) -> tuple[BodyTemperature, ...]:
    """Return extremes and volume mean of every body."""
    volume = cell_volumes(solved.split) if len(solved.split.cells) else np.empty(0)
    rows = []
    for index, name in enumerate(solved.mesh.bundle.body_names):
        mine = solved.split.cell_body == index
        corners = solved.T[solved.split.cells[mine]]
        mean = float(corners.mean(axis=1) @ volume[mine] / volume[mine].sum())
        label = solved.assignment.materials[index] or "constant conductivity"
        rows.append(BodyTemperature(name, label, float(corners.min()), mean, float(corners.max())))
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
    for sensor in solved.case.sensors:
        body = solved.mesh.bundle.body_names.index(sensor.body)
        cells = solved.split.cells[solved.split.cell_body == body]
        point = np.array(sensor.position_m)
        cell, distance = nearest_cell(point, solved.split.points_m, cells)
        if distance > MAX_SENSOR_DISTANCE_M:
            raise ConfigError(
                f"sensors.{sensor.name}.position_m = {list(sensor.position_m)}: it lies {1e3 * distance:.1f} mm "
                f"outside body '{sensor.body}' ({1e3 * MAX_SENSOR_DISTANCE_M:g} mm is allowed). Move it onto the part."
            )
        weights = interpolation_weights(point, solved.split.points_m[cells[cell]])
        x, y, z = sensor.position_m
        readings.append(SensorReading(sensor.name, sensor.body, (x, y, z), float(weights @ solved.T[cells[cell]])))
    return tuple(readings)


def _joints(solved: ThermalSolution) -> tuple[JointFlow, ...]:
    """Return heat and temperature step of every joint of finite conductance."""
    names = solved.mesh.bundle.body_names
    pairs = {joint.name: joint.bodies for joint in solved.assignment.joints}
    rows = []
    for term in solved.terms:
        if isinstance(term, JointTerm):
            first, second = pairs[term.name]
            rows.append(
                JointFlow(
                    (names[first], names[second]),
                    term.conductance_W_m2_K,
                    float(term.area_m2.sum()),
                    term.flow(solved.T),
                    term.step(solved.T),
                )
            )
    return tuple(rows)


def _links(solved: ThermalSolution) -> tuple[LinkFlow, ...]:
    """Return the heat along every link; between two surfaces it is heat that one gives the other."""
    links = [term for term in solved.terms if isinstance(term, LinkTerm)]
    return tuple(LinkFlow(t.name.removeprefix("link:"), t.flow(solved.T), *t.ends(solved.T)) for t in links)


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


def _baths(solved: ThermalSolution) -> tuple[CryogenBath, ...]:
    """Return load and boil-off of every bath."""
    names = solved.mesh.facets.surface_names
    pressure = {names[i]: c.pressure_Pa for i, c in solved.assignment.conditions.items() if c.bath is not None}
    rows = []
    for term in solved.terms:
        surface = term.name.removeprefix("bath:")
        if isinstance(term, FacetTerm) and surface in pressure:
            load = -term.total(solved.T)
            boil_off = ln2.boil_off_L_per_day(load, pressure[surface])
            rows.append(CryogenBath(surface, load, boil_off, float(ln2.saturation_temperature(pressure[surface]))))
    return tuple(rows)


__all__ = ["facet_temperatures", "tabulate"]
