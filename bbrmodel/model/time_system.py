"""A case as a system in time: the heat paths, fixed temperatures and light of every moment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bbrmodel.conduction.storage import Storage
from bbrmodel.conduction.terms import JointTerm
from bbrmodel.conduction.transient import Conditions
from bbrmodel.errors import ConfigError
from bbrmodel.materials import ln2
from bbrmodel.mesh import SplitMesh
from bbrmodel.model.assign import Assignment, assign
from bbrmodel.model.baths import BathTerm
from bbrmodel.model.light import Light, shell_temperatures
from bbrmodel.model.paths import PathBuilder
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.model.schedules import refill_ends, refill_times, write_out
from bbrmodel.model.vessel import Vessel
from bbrmodel.spec import BathLevel, Case, case_at
from bbrmodel.typing import BoolArray, FloatArray


@dataclass(frozen=True)
class Moment(Conditions):
    """The conditions of a moment with what they come from."""

    case: Case | None = None
    assignment: Assignment | None = None
    fixed_nodes: Mapping[str, BoolArray] | None = None
    values: Mapping[str, float] | None = None
    levels_m: tuple[float, ...] = ()


@dataclass(frozen=True)
class FollowedBath:
    """A bath whose level is followed; `surface` is the index of its surface."""

    spec: BathLevel
    surface: int
    vessel: Vessel
    start_level_m: float
    refill_level_m: float
    refills_s: tuple[float, ...]
    ends_s: tuple[float, ...]


class CaseSystem:
    """A case with [time] as the integrator sees it.

    Slow quantities: the volume of every bath whose level is followed, then how fast each is being refilled.
    """

    def __init__(
        self, case: Case, mesh: PreparedMesh, assignment: Assignment, *, split: SplitMesh, light: Light | None
    ) -> None:
        from bbrmodel.conduction.spread import make_solid

        if case.time is None:
            raise ConfigError(f"{case.name}: has no [time]. Add it with end_time_s.")
        self.case, self.mesh, self.split, self.light = case, mesh, split, light
        self.solid = make_solid(split, assignment.curves)
        self.storage = build_storage(case, mesh, assignment, split=split)
        self._courses = [write_out(schedule, case.time.end_time_s) for schedule in case.schedules]
        self.baths = tuple(find_bath(level, case, mesh, assignment) for level in case.levels)
        self._fixed: BoolArray | None = None
        self._pairs = [joint.bodies for joint in assignment.split_joints]
        self._base = assignment
        self._known: tuple[tuple[float, ...], Case, Assignment] | None = None

    def values_at(self, time_s: float, *, after: bool) -> dict[str, float]:
        """Return the scheduled values of a moment by their keys."""
        return {course.key: course.at(time_s, after=after) for course in self._courses}

    def slow_at_start(self) -> FloatArray:
        """Return the slow quantities at the beginning."""
        volumes = [bath.vessel.volume(bath.start_level_m) for bath in self.baths]
        return np.array([*volumes, *(0.0 for _ in self.baths)])

    def slow_tolerance(self) -> FloatArray:
        """Return the error of every slow quantity that one step may add: a level of 0.1 mm."""
        volumes = [1e-4 * bath.vessel.area(bath.start_level_m) for bath in self.baths]
        return np.array([*volumes, *(np.inf for _ in self.baths)])

    def levels(self, slow: FloatArray) -> tuple[float, ...]:
        """Return the level of every bath that is followed."""
        return tuple(bath.vessel.level(float(v)) for bath, v in zip(self.baths, slow, strict=False))

    def conditions(self, time_s: float, slow: FloatArray, *, after: bool) -> Moment:
        """Return what acts at a moment, and give the light's surfaces their temperatures."""
        values = self.values_at(time_s, after=after)
        case, assignment = self._case_at(values)
        levels = self.levels(slow)
        if self.baths:
            conditions = dict(assignment.conditions)
            for bath, level in zip(self.baths, levels, strict=True):
                conditions[bath.surface] = conditions[bath.surface].model_copy(update={"level_m": level})
            assignment = replace(assignment, conditions=conditions)
        builder = PathBuilder(case, self.mesh, self.split)
        fixed, value, fixed_nodes = builder.fixed(assignment)
        self._check_fixed(fixed, values)
        self._set_light(case, assignment)
        return Moment(
            terms=tuple(builder.terms(assignment)),
            fixed=fixed,
            value_K=value,
            radiation=None if self.light is None else self.light.exchange,
            case=case,
            assignment=assignment,
            fixed_nodes=fixed_nodes,
            values=values,
            levels_m=levels,
        )

    def slow_rates(self, conditions: Conditions, T: FloatArray, slow: FloatArray) -> FloatArray:
        """Return the change of volume of every bath [m3/s]: boil-off, or refill while there is one."""
        num = len(self.baths)
        rates = np.zeros(2 * num)
        lost = self.boil_off(conditions, T) if num else {}
        for index, bath in enumerate(self.baths):
            refill = float(slow[num + index])
            rates[index] = refill if refill != 0.0 else -lost[bath.spec.surface]
        return rates

    def slow_after_jump(self, time_s: float, slow: FloatArray) -> FloatArray:
        """Return volumes and refill rates behind a jump: a refill may begin or end there."""
        num, slow = len(self.baths), slow.copy()
        for index, bath in enumerate(self.baths):
            full = bath.vessel.volume(bath.refill_level_m)
            if time_s in bath.refills_s:
                slow[num + index] = (full - slow[index]) / bath.spec.refill_duration_s
            elif time_s in bath.ends_s:
                slow[index], slow[num + index] = full, 0.0
        return slow

    def flows(self, conditions: Conditions, T: FloatArray, heat_W: FloatArray) -> dict[str, float]:
        """Return the heat [W] that enters the free nodes' side of the balance by every path from outside."""
        flows = {term.name: term.total(T) for term in conditions.terms if not isinstance(term, JointTerm)}
        if isinstance(conditions, Moment) and conditions.fixed_nodes is not None:
            for name, nodes in conditions.fixed_nodes.items():
                flows[f"temperature:{name}"] = -float(heat_W[nodes].sum())
        if self.light is not None:
            flows["radiation"] = self.light.exchange.heat_into_solid()
        return flows

    def boil_off(self, conditions: Conditions, T: FloatArray) -> dict[str, float]:
        """Return the liquid that every bath loses [m3/s] by surface."""
        pressures = _pressures(conditions, self.mesh)
        return {
            term.name.removeprefix("bath:"): _evaporated(term, T, pressures[term.name.removeprefix("bath:")])
            for term in conditions.terms
            if isinstance(term, BathTerm)
        }

    def _case_at(self, values: Mapping[str, float]) -> tuple[Case, Assignment]:
        """Return case and assignment with scheduled values, the last ones where nothing has changed."""
        key = tuple(values.values())
        if self._known is None or self._known[0] != key:
            case = case_at(self.case, values)
            assignment = assign(case, self.mesh) if values else self._base
            if [joint.bodies for joint in assignment.split_joints] != self._pairs:
                raise ConfigError(
                    f"{case.name}: schedules: a joint changes between a finite and an infinite conductance, which "
                    "changes the mesh. Keep it finite."
                )
            self._known = (key, case, assignment)
        return self._known[1], self._known[2]

    def _check_fixed(self, fixed: BoolArray, values: Mapping[str, float]) -> None:
        """Raise unless the same nodes have a given temperature as before."""
        if self._fixed is None:
            self._fixed = fixed
        if not np.array_equal(fixed, self._fixed):
            raise ConfigError(
                f"{self.case.name}: schedules {', '.join(values)}: a surface gains or loses its given temperature. "
                "Schedule values of the same kind of boundary condition."
            )

    def _set_light(self, case: Case, assignment: Assignment) -> None:
        """Give surfaces without a body behind them and the surroundings the temperatures of the moment."""
        if self.light is None or case.radiation is None:
            return
        exchange = self.light.exchange
        shells = shell_temperatures(assignment, self.light.enclosure, exchange.surfaces.nodes)
        outside = case.radiation.environment_temperature_K
        exchange.surfaces = replace(exchange.surfaces, shell_temperature_K=shells, environment_temperature_K=outside)


def build_storage(case: Case, mesh: PreparedMesh, assignment: Assignment, *, split: SplitMesh) -> Storage:
    """Return the heat capacity of all bodies.

    Raises
    ------
    ConfigError
        A body's material has no heat capacity or no density.
    """
    curves, densities, lines = [], [], []
    for name, found in zip(mesh.bundle.body_names, assignment.materials, strict=True):
        if found.heat_capacity is None or found.density_kg_m3 is None:
            missing = "heat capacity" if found.heat_capacity is None else "density"
            lines.append(
                f"{case.source or case.name}: bodies.{name}.material = '{found.name}': has no {missing}, which a run "
                "in time needs. Give heat_capacity_J_kg_K and density_kg_m3 in [materials], or name a material of the "
                "library."
            )
            continue
        curves.append(found.heat_capacity)
        densities.append(found.density_kg_m3)
    if lines:
        raise ConfigError("\n".join(lines), lines)
    return Storage(split, curves, densities)


def find_bath(level: BathLevel, case: Case, mesh: PreparedMesh, assignment: Assignment) -> FollowedBath:
    """Return a bath whose level is followed."""
    names = mesh.facets.surface_names
    if level.surface not in names:
        raise ConfigError(
            f"{case.source or case.name}: levels: surface = '{level.surface}': must name one surface of the mesh."
        )
    index = names.index(level.surface)
    vessel = Vessel(level.surface, mesh.facet_vertices_m[mesh.facets.surface == index], level.free_area_m2)
    start = float(assignment.conditions[index].level_m or 0.0)
    refill = start if level.refill_to_m is None else level.refill_to_m
    vessel.check((start, refill))
    until = case.time.end_time_s if case.time else 0.0
    moments = (tuple(refill_times(level, until)), tuple(refill_ends(level, until)))
    return FollowedBath(level, index, vessel, start, refill, *moments)


def _pressures(conditions: Conditions, mesh: PreparedMesh) -> dict[str, float]:
    """Return the pressure above every bath by surface."""
    if not isinstance(conditions, Moment) or conditions.assignment is None:
        return {}
    found = conditions.assignment.conditions.items()
    return {mesh.facets.surface_names[index]: c.pressure_Pa for index, c in found if c.bath is not None}


def _evaporated(term: BathTerm, T: FloatArray, pressure_Pa: float) -> float:
    """Return the liquid that the heat into it evaporates [m3/s]."""
    heat = float(term.wall.into_liquid(T[term.nodes].mean(axis=1)) @ term.area_m2)
    density = float(ln2.liquid_density(ln2.saturation_temperature(pressure_Pa)))
    return heat / (ln2.latent_heat(pressure_Pa) * density)


__all__ = ["CaseSystem", "Moment", "build_storage", "find_bath"]
