"""Uncertain inputs: what their keys mean, how they are distributed, and how contributions are added and printed."""

from pathlib import Path

import numpy as np
import pytest

from bbrmodel.errors import ConfigError
from bbrmodel.materials import material
from bbrmodel.materials.finishes import constant_finish
from bbrmodel.materials.levels import curve_at_level, finish_at_level, value_at_level
from bbrmodel.materials.library import resolve_finish
from bbrmodel.spec import find_targets, load_case
from bbrmodel.uncertainty.distributions import Distribution
from bbrmodel.uncertainty.inputs import find_inputs
from bbrmodel.uncertainty.model import build_model
from bbrmodel.uncertainty.tables import Row, add_up, as_csv, as_latex, as_markdown, make_uncertainty_table
from tests.uncertain_case import write_case


def test_levels_reach_the_lowest_best_and_highest_value() -> None:
    assert [value_at_level(4.0, (1.0, 64.0), level) for level in (-1.0, -0.5, 0.0, 0.5, 1.0)] == pytest.approx(
        [1.0, 2.0, 4.0, 16.0, 64.0]
    )
    finish = resolve_finish("polished", "ofhc_cu_rrr100")
    low, high = finish_at_level(finish, -1.0), finish_at_level(finish, 1.0)
    assert (low.e77, high.e77) == pytest.approx(finish.e77_range)
    assert (low.a77_293, high.a77_293) == pytest.approx(finish.a77_293_range)
    assert finish_at_level(finish, None) is finish


def test_a_level_of_what_has_no_range_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"finish_level = 0.5: finish 'constant' has no range"):
        finish_at_level(constant_finish(0.1), 0.5)
    with pytest.raises(ConfigError, match=r"conductivity_level = 1: .* has no range"):
        curve_at_level(material("ofhc_cu_rrr100").conductivity, 1.0)


def test_keys_mean_numbers_levels_globs_and_parameters() -> None:
    case = load_case("lncioc_ca2")

    def paths(key: str) -> list[str]:
        return [target.path for target in find_targets(case, key)]

    assert paths("room_temperature_K") == ["parameters.room_temperature_K"]
    assert paths("vent_cover_gap_m") == ["geometry.parameters.vent_cover_gap_m"]
    assert paths("links.rf_rods.length_m") == ["links.rf_rods.length_m"]
    assert paths("bodies.endcap_*.finish") == ["bodies.endcap_left.finish_level", "bodies.endcap_right.finish_level"]
    assert paths("endcap_finish") == ["bodies.endcap_left.finish_level", "bodies.endcap_right.finish_level"]
    assert paths("joints.[01].contact") == ["joints.0.contact_level", "joints.1.contact_level"]
    assert find_targets(case, "joints.0.contact")[0].is_level


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("bodies.bbr_cavty.finish", "uncertain.key = 'bodies.bbr_cavty.finish': the case has no such value"),
        ("bodies.x*.finish", r"uncertain.key = 'bodies.x\*.finish': no number of the case matches"),
        ("ion.clock", "uncertain.key = 'ion.clock' = 'ca40p_729': is neither a number nor a finish"),
        ("a=3", "uncertain.key = 'a=3': has an equals sign"),
    ],
)
def test_a_key_that_means_nothing_is_named(key: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        find_targets(load_case("lncioc_ca2"), key)


def test_rows_become_inputs(tmp_path: Path) -> None:
    case = write_case(
        tmp_path,
        """
[[uncertain]]
key = "links.*.diameter_m"
relative_std = 0.1
each = true
group = "wires"
source = "caliper"
[[uncertain]]
key = 'surfaces."chamber__*".finish'
[[uncertain]]
name = "power"
key = "heat_sources.rf.power_W"
factors = [0.1, 4.0]
""",
    )
    inputs = find_inputs(case)
    assert len(inputs) == 5
    assert {one.group for one in inputs[:3]} == {"wires"}
    assert inputs[1].overrides(1.0) == {"links.strap.diameter_m": pytest.approx(0.0011)}
    assert inputs[3].is_level
    assert inputs[3].source == "library"
    assert inputs[4].overrides(-1.0) == {"heat_sources.rf.power_W": pytest.approx(0.1)}
    assert inputs[4].source == "assumed"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ('key = "room_K"', r"parameters.room_K = 150\): the library has no range for it"),
        ('key = "room_K"\nlimits = [151.0, 152.0]', "lies outside its limits, 151 to 152"),
        ('key = "room_K"\nstd = 1.0\nhalf_width = 1.0', "gives std and half_width, but only one of"),
        ('key = "room_K"\ndistribution = "triangular"\nstd = 1.0', "triangular.*needs half_width or limits"),
        ('key = "room_K"\nfactors = [1.5, 2.0]', "must enclose 1"),
        ('key = "room_K"\nlimits = [152.0, 151.0]', "must be two different numbers, the lower first"),
        ('key = "room_K"\nstd = 1.0\n[[uncertain]]\nkey = "room_K"\nstd = 2.0', "both move parameters.room_K"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused(rows: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        find_inputs(write_case(tmp_path, f"[[uncertain]]\n{rows}\n"))


def test_a_case_without_rows_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"plates.toml: has no \[\[uncertain\]\] inputs"):
        find_inputs(write_case(tmp_path))


DISTRIBUTIONS = (
    Distribution("normal", 5.0, width=2.0),
    Distribution("lognormal", 5.0, width=0.2),
    Distribution("rectangular", 5.0, low=4.0, high=7.0),
    Distribution("triangular", 5.0, low=4.0, high=6.0),
    Distribution("log_uniform", 5.0, low=1.0, high=100.0),
    Distribution("factors", 5.0, low=1.0, high=50.0),
)


@pytest.mark.parametrize("one", DISTRIBUTIONS, ids=lambda one: one.kind)
def test_a_distribution_starts_at_the_case_and_has_the_spread_that_it_says(one: Distribution) -> None:
    assert one.value(one.start) == pytest.approx(one.nominal, rel=1e-12)
    uniform = (np.arange(200_000) + 0.5) / 200_000
    z = one.coordinate(uniform)
    assert z.std() == pytest.approx(one.std, rel=1e-3)  # the tails of the normal beyond 2.5e-6
    assert np.median([one.value(float(v)) for v in z[::1000]]) == pytest.approx(
        one.value(0.0), rel=0.02
    )  # every 1000th


def rows() -> list[Row]:
    """Return the eight rows of the 27Al+ clock's Table II, recomputed [K]: parts of the trap, and the chamber."""
    trap, chamber = (0.110, 0.0632, 0.484, 0.054, 0.1225), (0.169, 0.801, 0.178)
    made = [Row(f"part {k}", "normal", "paper", "trap", value, value, "adjoint") for k, value in enumerate(trap)]
    return made + [Row(f"wall {k}", "normal", "paper", "chamber", v, v, "adjoint") for k, v in enumerate(chamber)]


def test_the_three_sums_are_those_of_the_papers() -> None:
    """Quadrature 0.99 K and linear 1.98 K; two correlated groups give the 1.4 K that the paper quotes."""
    sums = add_up(rows(), stated=False)
    assert sums.quadrature == pytest.approx(0.985, abs=0.005)
    assert sums.linear == pytest.approx(1.98, abs=0.01)
    assert sums.groups == pytest.approx(1.42, abs=0.01)


def test_contributions_of_one_group_may_cancel() -> None:
    pair = [Row(name, "normal", "", "g", value, value, "adjoint") for name, value in (("a", 3.0), ("b", -3.0))]
    assert add_up(pair, stated=False).groups == 0.0
    assert add_up(pair, stated=False).linear == 6.0


def test_a_table_is_ranked_and_comes_in_four_forms() -> None:
    extra = [Row("b_50 % & more", "normal", "x|y", None, -2.0, -3.0, "two solves", noise=0.1)]
    table = make_uncertainty_table("al", "temperature", 299.6, rows() + extra)
    assert table.rows[0].name == "b_50 % & more"
    markdown = as_markdown(table)
    assert "al: T_eff = 299.600 K" in markdown
    assert "| -2000 ± 100 | -3000 |" in markdown
    assert "x\\|y" in markdown
    assert as_csv(table).splitlines()[1] == "b_50 % & more,normal,x|y,,-2.0,-3.0,two solves,0.1"
    assert r"b\_50 \% \& more & normal & -2000 $\pm$ 100 & -3000 \\" in as_latex(table)


def test_a_run_in_time_has_no_uncertainty() -> None:
    with pytest.raises(ConfigError, match=r"time: uncertainties are those of a steady state"):
        build_model(load_case("lncioc_ca2_refill"))
