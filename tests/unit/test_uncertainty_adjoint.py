"""Derivatives by one adjoint solve, against the same outputs of cases that are solved anew."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bbrmodel.conduction.adjoint import linearise_balance
from bbrmodel.conduction.newton import SteadyProblem, solve_steady
from bbrmodel.spec import find_targets, load_case
from bbrmodel.uncertainty.channels import QUANTITIES, Channel, Quantity, ion_sum
from bbrmodel.uncertainty.derivatives import change_of_output, solid_of, solve_adjoint, try_out
from bbrmodel.uncertainty.model import Model, Setup, build_model, exchange_of, vary
from bbrmodel.uncertainty.responses import make_balance, respond
from tests.uncertain_case import write_case

pytestmark = pytest.mark.fenics

KEYS = (
    "room_K",
    "cold_emissivity",
    "bodies.base.absorptivity_warm",
    "bodies.top.emissivity",
    "bodies.top.conductivity_W_m_K",
    "joints.0.conductance_W_m2_K",
    "links.wire.length_m",
    "links.strap.diameter_m",
    "links.wound.current_A",
    "boundary_conditions.0.film_W_m2_K",
    "boundary_conditions.0.ambient_K",
    "heat_sources.rf.power_W",
)
Build = Callable[[], Model]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("adjoint")

    @cache
    def make() -> Model:
        return build_model(write_case(folder, changes=("solver.relative_tolerance=1e-11",)))

    return make


def solve_anew(model: Model, setup: Setup) -> dict[Quantity, float]:
    """Return both outputs of a variant that is solved to rounding."""
    exchange = exchange_of(model, setup)
    start = np.where(setup.fixed, setup.value, model.solved.T)
    solve_steady(SteadyProblem(solid_of(model)(setup), setup.terms, setup.fixed, start, exchange), tolerance=1e-12)
    return {q: Channel(q, model).output(ion_sum(model, exchange, Channel(q, model)))[0] for q in QUANTITIES}


def solve_T(model: Model, setup: Setup) -> np.ndarray:
    """Return the nodal temperatures of a variant."""
    exchange = exchange_of(model, setup)
    start = np.where(setup.fixed, setup.value, model.solved.T)
    problem = SteadyProblem(solid_of(model)(setup), setup.terms, setup.fixed, start, exchange)
    return solve_steady(problem, tolerance=1e-12).T


def variants(model: Model, key: str, step: float) -> list[Setup]:
    """Return the case with a number a part `step` larger, and smaller."""
    (target,) = find_targets(model.solved.case, key)
    found = [vary(model, {target.path: target.value * (1.0 + sign * step)}) for sign in (1.0, -1.0)]
    return [setup for setup in found if setup is not None]


@pytest.mark.parametrize("key", KEYS)
def test_the_adjoint_gives_what_two_solves_give(key: str, build: Build) -> None:
    """1e-5, as central differences with a step of 3e-4 leave 1e-7 of curvature and 1e-6 of the solver's rounding."""
    model, step = build(), 3e-4
    setups = variants(model, key, step)
    solids = solid_of(model)
    trials = [try_out(model, setup, solids) for setup in setups]
    solved = [solve_anew(model, setup) for setup in setups]
    for quantity in QUANTITIES:
        adjoint = solve_adjoint(model, quantity, solids)
        by_adjoint = change_of_output(adjoint, trials[0], trials[1])
        assert by_adjoint == pytest.approx(solved[0][quantity] - solved[1][quantity], rel=1e-5)


@pytest.mark.parametrize("key", ["room_K", "bodies.base.absorptivity_warm", "links.strap.diameter_m"])
def test_the_response_to_an_input_gives_temperatures_and_outputs_of_two_solves(key: str, build: Build) -> None:
    """2e-4: linear solves and light leave 1e-4 of what an input changes, and central differences far less."""
    model, solids = build(), solid_of(build())
    setups = variants(model, key, 3e-4)
    found = respond(make_balance(model, solids), *(try_out(model, setup, solids) for setup in setups))
    solved = [solve_anew(model, setup) for setup in setups]
    for quantity in QUANTITIES:
        assert found.outputs[quantity] == pytest.approx(solved[0][quantity] - solved[1][quantity], rel=2e-4)
    T = [solve_T(model, setup) for setup in setups]
    assert found.T == pytest.approx(T[0] - T[1], abs=2e-4 * np.abs(T[0] - T[1]).max())


def test_the_value_of_the_channels_is_that_of_the_run(build: Build) -> None:
    model = build()
    value = Channel("temperature", model).output(ion_sum(model, model.exchange, Channel("temperature", model)))[0]
    assert value == pytest.approx(model.view.temperature_K, rel=1e-8)  # two radiosity solves, each to 1e-11


def test_the_transposed_balance_is_the_transpose(build: Build) -> None:
    """x (J y) = y (J^T x) for any x and y, to the tolerance of the exchange solves."""
    model = build()
    T, setup, rng = model.solved.T, model.base, np.random.default_rng(3)
    solid = solid_of(model)(setup)
    solid.set_temperature(T)
    model.exchange.linearise(T)
    balance = linearise_balance(solid.linearise(), setup.terms, ~setup.fixed, T=T, radiation=model.exchange)
    x, y = rng.normal(size=len(T)), rng.normal(size=len(T))
    forward = balance.conduction.multiply(y) - model.exchange.apply_derivative(y, tolerance=1e-12)
    for term in setup.terms:
        forward -= term.apply_derivative(T, y)
    assert x @ forward == pytest.approx(y @ balance._transposed(x), rel=1e-9)


def test_a_variant_that_needs_another_exchange_is_refused(build: Build) -> None:
    model = build()
    assert vary(model, {"surfaces.base__top.specularity": 0.5}) is None
    assert vary(model, {"ion.position_m": [0.0, 0.0, 0.006]}) is None
    assert vary(model, {"geometry.mesh_size_m": 0.011}) is None
    assert vary(model, {"heat_sources.rf.power_W": 0.2}) is not None


def test_shells_have_derivatives_too(tmp_path: Path) -> None:
    """T_eff^4 of the split sphere is 0.1 and 0.9 of the halves' T^4: d T_eff / d T2 = 0.9 (80 / T_eff)^3."""

    model = build_model(load_case("split_sphere"))
    setups = variants(model, "upper_temperature_K", 1e-4)
    trials = [try_out(model, setup, None) for setup in setups]
    change = change_of_output(solve_adjoint(model, "temperature", None), trials[0], trials[1])
    exact = 0.9 * (80.0 / 170.58994055998818) ** 3
    assert change / (2e-4 * 80.0) == pytest.approx(exact, rel=1e-3)  # the mesh of the sphere
