"""What passes through the joints, links and baths of a solved case."""

import numpy as np

from bbrmodel.conduction.terms import JointTerm, LinkTerm
from bbrmodel.conduction.terms_wire import WireTerm
from bbrmodel.materials import ln2
from bbrmodel.model.baths import BathTerm
from bbrmodel.model.sources import drive_loss
from bbrmodel.model.thermal import ThermalSolution
from bbrmodel.solution import CryogenBath, JointFlow, LinkFlow, SinkFlow, SourcePower
from bbrmodel.spec import Case, Link
from bbrmodel.typing import FloatArray


def joint_flows(solved: ThermalSolution) -> tuple[JointFlow, ...]:
    """Return heat and temperature step of every joint of finite conductance."""
    names = solved.mesh.bundle.body_names
    joints = {joint.name: joint for joint in solved.assignment.joints}
    rows = []
    for term in solved.terms:
        if isinstance(term, JointTerm):
            joint = joints[term.name]
            first, second = joint.bodies
            low, high = joint.range_W_m2_K or (None, None)
            row = JointFlow(
                between=(names[first], names[second]),
                conductance_W_m2_K=term.conductance_W_m2_K,
                area_m2=float(term.area_m2.sum()),
                heat_W=term.flow(solved.T),
                temperature_step_K=term.step(solved.T),
                max_temperature_step_K=term.largest_step(solved.T),
                conductance_low_W_m2_K=low,
                conductance_high_W_m2_K=high,
                contact=joint.contact,
            )
            rows.append(row)
    return tuple(rows)


def link_flows(solved: ThermalSolution) -> tuple[LinkFlow, ...]:
    """Return heat and temperatures of every link; between two surfaces it is heat that one gives the other."""
    terms = [term for term in solved.terms if isinstance(term, LinkTerm | WireTerm)]
    rows = []
    for link, term in zip(solved.case.links, terms, strict=True):
        name = term.name.removeprefix("link:")
        here, there = term.ends(solved.T)
        if isinstance(term, WireTerm):
            rows.append(_wire_row(link, term, solved.T))
        else:
            heat = term.flow(solved.T)
            rows.append(LinkFlow(name, heat, here, there, heat_to_W=-heat, max_temperature_K=max(here, there)))
    return tuple(rows)


def _wire_row(link: Link, term: WireTerm, T: FloatArray) -> LinkFlow:
    """Return the row of a wire that was solved along its length."""
    state = term.state(T)
    flow = term.count * state.flow_W
    places = np.interp(term.wire.places_m, state.x_m, state.T)
    rows = zip(link.sinks, flow[2:], term.ports[2:], places[2:], strict=True)
    sinks = tuple(
        SinkFlow(sink.at_m, sink.surface or "temperature", float(heat), port.value(T), float(place))
        for sink, heat, port, place in rows
    )
    joule = term.count * state.joule_W
    return LinkFlow(
        name=term.name.removeprefix("link:"),
        heat_W=float(flow[0]),
        temperature_from_K=float(state.T[0]),
        temperature_to_K=float(state.T[-1]),
        heat_to_W=float(flow[1]),
        joule_W=joule,
        side_W=term.count * state.heat_W - joule,
        max_temperature_K=float(state.T.max()),
        sinks=sinks,
    )


def bath_loads(solved: ThermalSolution) -> tuple[CryogenBath, ...]:
    """Return load and boil-off of every bath; what the vapour takes boils nothing off."""
    pressure = {
        solved.mesh.facets.surface_names[i]: c.pressure_Pa
        for i, c in solved.assignment.conditions.items()
        if c.bath is not None
    }
    rows = []
    for term in solved.terms:
        if isinstance(term, BathTerm):
            surface = term.name.removeprefix("bath:")
            wall_K = solved.T[term.nodes].mean(axis=1)
            vapour = float(term.wall.into_vapour(wall_K) @ term.area_m2)
            liquid = float(term.wall.into_liquid(wall_K) @ term.area_m2)
            row = CryogenBath(
                surface=surface,
                heat_load_W=liquid + vapour,
                boil_off_L_per_day=ln2.boil_off_L_per_day(liquid, pressure[surface]),
                saturation_temperature_K=float(ln2.saturation_temperature(pressure[surface])),
                vapour_heat_W=vapour,
                wetted_area_m2=float(term.wall.wet @ term.area_m2),
                largest_flux_W_m2=term.wall.hottest_flux(wall_K),
            )
            rows.append(row)
    return tuple(rows)


def source_rows(case: Case) -> tuple[SourcePower, ...]:
    """Return what every radio-frequency drive loses, and where."""
    rows = []
    for source in case.heat_sources:
        if source.rf is not None:
            loss = drive_loss(source.rf)
            parts = (loss.total_W, loss.dielectric_W, loss.ohmic_W, loss.current_A)
            rows.append(SourcePower(source.name, *parts, loss.resistance_ratio, loss.skin_depth_m))
    return tuple(rows)


__all__ = ["bath_loads", "joint_flows", "link_flows", "source_rows"]
