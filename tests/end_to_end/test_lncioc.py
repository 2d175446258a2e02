"""The second LN2-cooled Ca+ clock on its coarse mesh: what must hold whatever the unknown dimensions are."""

from pathlib import Path

import pytest

from bbrmodel.pipeline import solve_case
from bbrmodel.solution import Solution
from bbrmodel.spec import load_case

pytestmark = pytest.mark.fenics
COARSE = {
    "geometry.resolution": '"coarse"',
    "radiation.rays_per_facet": "128",
    "radiation.portal_rays": "20000",
    "ion.rays": "65536",
}


def solve(cache: Path, **changes: str) -> Solution:
    """Solve the case with changes."""
    return solve_case(load_case("lncioc_ca2", {**COARSE, **changes}), cache=cache)


@pytest.fixture(scope="module")
def usual(shared_cache: Path) -> Solution:
    """Return the case as shipped."""
    return solve(shared_cache)


def test_heat_is_balanced(usual: Solution) -> None:
    assert usual.thermal.energy_balance.relative <= 1e-8
    assert sum(usual.thermal.heat_flows_W.values()) == pytest.approx(0.0, abs=1e-7)


def test_rays_are_not_lost_and_rows_close(usual: Solution) -> None:
    assert usual.radiation is not None
    assert usual.radiation.lost_rays <= 1e-5 * usual.radiation.rays
    assert usual.radiation.row_sum_deviation_after < 1e-12
    assert usual.radiation.reciprocity_deviation_before < 0.01


def test_everything_at_one_temperature_is_what_the_ion_sees(shared_cache: Path) -> None:
    """79.5 K everywhere: T_eff = 79.5 K to 1e-6 K and the paper's 45.5e-19."""
    solution = solve_case(
        load_case(
            "lncioc_ca2",
            {
                **COARSE,
                "room_temperature_K": "79.5",
                "rf_power_W": "0.0",
                "boundary_conditions.0.temperature_K": "79.5",
            },
        ),
        cache=shared_cache,
    )
    assert solution.ion is not None
    assert solution.ion.effective_temperature_K == pytest.approx(79.5, abs=1e-6)
    assert solution.ion.fractional_shift == pytest.approx(45.5e-19, abs=0.1e-19)
    assert all(body.max_K == pytest.approx(79.5, abs=1e-6) for body in solution.thermal.bodies)


def test_parts_lie_between_the_bath_and_the_room(usual: Solution) -> None:
    for body in usual.thermal.bodies:
        assert 77.3 < body.min_K <= body.mean_K <= body.max_K <= 293.0 + 1e-9


def test_radio_frequency_power_warms_the_trap_most(usual: Solution, shared_cache: Path) -> None:
    off = solve(shared_cache, rf_power_W="0.0")
    step = {
        a.name: a.temperature_K - b.temperature_K
        for a, b in zip(usual.thermal.sensors, off.thermal.sensors, strict=True)
    }
    assert max(step, key=lambda name: step[name]) == "trap_replica_sensor6"
    assert 0.0 < step["trap_replica_sensor6"] < 5.0


def test_the_sky_is_full_and_shares_add_up(usual: Solution) -> None:
    assert usual.ion is not None
    assert sum(s.solid_angle_sr for s in usual.ion.surfaces) == pytest.approx(12.566370614, rel=1e-9)
    assert sum(s.share_of_T4 for s in usual.ion.surfaces) == pytest.approx(1.0, abs=1e-9)
    assert usual.ion.sum_of_weights == pytest.approx(1.0, abs=1e-9)


def test_black_covers_keep_the_room_out(usual: Solution, shared_cache: Path) -> None:
    black = solve(shared_cache, vent_cover_finish='"oxidised_heavy"')
    assert usual.ion is not None
    assert black.ion is not None
    assert black.ion.effective_temperature_K < usual.ion.effective_temperature_K
