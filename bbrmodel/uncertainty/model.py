"""A solved case whose inputs can be changed one by one, on the same mesh and with the same exchange of radiation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bbrmodel.conduction.terms import Term
from bbrmodel.errors import ConfigError
from bbrmodel.ion.clocks import Clock, clock
from bbrmodel.ion.field import EffectiveView
from bbrmodel.ion.look import Looks, look
from bbrmodel.model import Assignment, ThermalSolution, assign, solve_temperatures
from bbrmodel.model.light import Light, expected_temperatures, shell_temperatures
from bbrmodel.model.optics import LightPlan, plan_light
from bbrmodel.model.panes import find_panes
from bbrmodel.model.paths import PathBuilder
from bbrmodel.pipeline import prepare_case
from bbrmodel.radiation.light_exchange import TOLERANCE, LightExchange, RadiatingSurfaces
from bbrmodel.radiation.paths import PathOptics
from bbrmodel.resources import cache_dir
from bbrmodel.spec import Case, with_overrides
from bbrmodel.typing import BoolArray, FloatArray, Progress


@dataclass(frozen=True)
class Setup:
    """A variant of the case on the mesh of the model: heat paths, given temperatures, optics.

    `fixed` (num_nodes,) marks nodes of given temperature, `value` holds it.
    """

    case: Case
    assignment: Assignment
    terms: tuple[Term, ...]
    fixed: BoolArray
    value: FloatArray
    surfaces: RadiatingSurfaces


@dataclass(frozen=True)
class Model:
    """A solved case, what the ion sees in it, and its clock.

    Attributes
    ----------
    solved
        Temperatures, light, mesh.
    base
        The case itself as a setup.
    looks
        What the ion sees.
    view
        Effective weights and T_eff of the case itself.
    transition
        The clock.
    correction
        T_eff^4 over the sum of weight T^4: the correction for the mean effect of noise, kept as it is.
    """

    solved: ThermalSolution
    base: Setup
    looks: Looks
    view: EffectiveView
    transition: Clock
    correction: float

    @property
    def light(self) -> Light:
        """The light of the case."""
        return _light_of(self.solved)

    @property
    def exchange(self) -> LightExchange:
        """The converged exchange of the case itself."""
        return self.light.exchange

    @property
    def num_nodes(self) -> int:
        """Nodes of the solid."""
        return len(self.solved.split.points_m)


def build_model(case: Case, *, cache: Path | None = None, progress: Progress | None = None) -> Model:
    """Solve a case and keep what its variants share.

    Raises
    ------
    ConfigError
        The case has no ion or no exchange of radiation, so that there is no T_eff.
    BbrModelError
        As `bbrmodel.pipeline.solve_case`.
    """
    if case.ion is None or case.radiation is None:
        raise ConfigError(f"{case.source or case.name}: has no ion, so nothing has an uncertainty. Add [ion].")
    if case.time is not None:
        where = f"{case.source or case.name}: time"
        raise ConfigError(
            f"{where}: uncertainties are those of a steady state. Leave out [time], schedules and levels."
        )
    cache = cache or cache_dir()
    mesh, assignment = prepare_case(case, cache=cache, progress=progress)
    solved = solve_temperatures(case, mesh, assignment, cache=cache, progress=progress)
    light = _light_of(solved)
    looks = look(case.ion.position_m, light, rays=case.ion.rays, seed=case.radiation.seed)
    view = looks.view(light.exchange)
    correction = view.fourth_power / view.emitted_fourth_power
    base = _setup(solved, case, assignment, light.plan)
    return Model(solved, base, looks, view, clock(case.ion.clock), correction)


def vary(model: Model, overrides: Mapping[str, object]) -> Setup | None:
    """Return a variant of the case; None where it needs another mesh or another exchange of radiation."""
    if not overrides:
        return model.base
    solved = model.solved
    case = with_overrides(solved.case, overrides)
    if case.geometry != solved.case.geometry or case.ion != solved.case.ion or _traced_anew(case, solved.case):
        return None
    assignment = assign(case, solved.mesh)
    light = model.light
    expected = _expected(model, assignment)
    panes = find_panes(solved.mesh, assignment)
    plan = plan_light(assignment, light.enclosure, expected, light.edges_m, panes=panes)
    return _setup(solved, case, assignment, plan) if _same_exchange(plan, light.plan) else None


def exchange_of(
    model: Model, setup: Setup, *, tolerance: float = TOLERANCE, keep_coarse: bool = False
) -> LightExchange:
    """Return the exchange of a variant, its irradiances to start from those of the case."""
    exchange = LightExchange(setup.surfaces, model.num_nodes, tolerance=tolerance, keep_coarse=keep_coarse)
    exchange.lights = model.exchange.lights
    return exchange


def _setup(solved: ThermalSolution, case: Case, assignment: Assignment, plan: LightPlan) -> Setup:
    """Return a variant whose light is followed as that of the case."""
    light = _light_of(solved)
    surfaces = replace(
        light.exchange.surfaces,
        optics=plan.classes,
        environment_temperature_K=None if case.radiation is None else case.radiation.environment_temperature_K,
        shell_temperature_K=shell_temperatures(assignment, light.enclosure, light.exchange.surfaces.nodes),
    )
    if not len(solved.split.cells):
        nothing = np.empty(0)
        return Setup(case, assignment, (), nothing.astype(bool), nothing, surfaces)
    builder = PathBuilder(case, solved.mesh, solved.split)
    fixed, value, _ = builder.fixed(assignment)
    return Setup(case, assignment, tuple(builder.terms(assignment)), fixed, value, surfaces)


def _traced_anew(case: Case, known: Case) -> bool:
    """Tell whether the rays differ: anything about radiation but the temperature outside."""
    outside = {"environment_temperature_K": None}
    if case.radiation is None or known.radiation is None:
        return True
    return case.radiation.model_copy(update=outside) != known.radiation.model_copy(update=outside)


def _expected(model: Model, assignment: Assignment) -> FloatArray:
    """Return the temperature that each surface is expected to have, that of the solved case where none is given [K]."""
    exchange = model.exchange
    here = exchange.surfaces.radiates
    surface, num = exchange.surfaces.surface[here], len(assignment.finishes)
    count = np.bincount(surface, minlength=num)
    total = np.bincount(surface, weights=exchange.facet_temperature_K[here], minlength=num)
    mean = float(total.sum() / count.sum())
    found = np.where(count > 0, total / np.maximum(count, 1), mean)
    given = expected_temperatures(assignment, np.nan)
    return np.where(np.isnan(given), found, given)


def _same_exchange(plan: LightPlan, known: LightPlan) -> bool:
    """Tell whether two plans follow the same rays: mirrors and whatever paths depend on are equal."""
    return (
        plan.classes.light_names == known.classes.light_names
        and set(plan.paths) == set(known.paths)
        and all(np.array_equal(plan.specular[name], known.specular[name]) for name in known.specular)
        and all(_same_optics(plan.paths[name], known.paths[name]) for name in known.paths)
    )


def _same_optics(one: PathOptics, other: PathOptics) -> bool:
    """Tell whether the paths of two plans behave alike."""
    names = ("absorptivity", "specularity", "transmittance", "passage", "n", "k")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def _light_of(solved: ThermalSolution) -> Light:
    """Return the light of a solved case."""
    if solved.light is None:
        raise ConfigError(f"{solved.case.name}: nothing radiates in this case, so nothing reaches the ion.")
    return solved.light


__all__ = ["Model", "Setup", "build_model", "exchange_of", "vary"]
