"""The material library: values against its own data file, against independent formulas, and its refusals."""

import pickle
from itertools import pairwise

import numpy as np
import pytest

from bbrmodel.errors import ConfigError, PropertyRangeError, UnknownNameError
from bbrmodel.materials import (
    constant_curve,
    constant_finish,
    copper_conductivity,
    list_finishes,
    list_materials,
    material,
    resolve_finish,
)
from bbrmodel.materials.data_file import material_data
from bbrmodel.materials.finishes import assumed_absorptivity
from bbrmodel.materials.optics import absorptivity, emissivity, warm_share

CHECKS = [
    (name, key, check, temperature)
    for name, table in material_data()["materials"].items()
    for key, entry in table.items()
    for check, temperature in (("y77", 77.0), ("y300", 300.0))
    if isinstance(entry, dict) and check in entry
]


@pytest.mark.parametrize(("name", "key", "check", "temperature"), CHECKS)
def test_every_curve_reevaluates_to_its_stored_check_value(name, key, check, temperature):
    stored = material_data()["materials"][name][key][check]
    # Stored with four digits: half a unit of the fourth is 5e-4 of the leading one.
    assert material(name).curve(key)(temperature) == pytest.approx(stored, rel=5e-4)


def test_the_library_holds_every_material_of_the_data_file_with_both_curves_and_a_finish():
    assert len(list_materials()) == 25
    for name in list_materials():
        entry = material(name)
        assert entry.density_kg_m3 > 500.0
        assert entry.conductivity is entry.curve("k")
        assert entry.heat_capacity is entry.curve("c")
        assert entry.finishes
        assert entry.conductivity.source


@pytest.mark.parametrize(
    ("name", "k77", "k300", "handbook"),
    [("ofhc_cu_rrr100", 547.20, 396.32, (544.4, 397.0)), ("ofhc_cu_rrr50", 515.07, 392.37, (512.9, 392.3))],
)
def test_copper_conducts_as_the_nist_fit_and_the_hust_lankford_formula_say(name, k77, k300, handbook):
    curve = material(name).conductivity
    values = curve(np.array([77.0, 300.0]))
    np.testing.assert_allclose(values, [k77, k300], rtol=2e-5)  # digits given
    np.testing.assert_allclose(values, handbook, rtol=0.02)  # two independent fits of the same metal
    assert curve.verified


@pytest.mark.parametrize(("rrr", "expected"), [(50.0, (512.9, 392.3, 389.6)), (100.0, (544.4, 397.0, 393.5))])
def test_the_hust_lankford_formula_gives_its_published_values(rrr, expected):
    np.testing.assert_allclose(copper_conductivity(rrr)(np.array([77.0, 300.0, 350.0])), expected, rtol=2e-4)  # digits


def test_copper_without_impurities_beyond_its_lattice_is_refused():
    with pytest.raises(ConfigError, match=r"ratio = 0\.5: must exceed 1"):
        copper_conductivity(0.5)


def test_steel_304_conducts_as_tabulated_and_its_integral_matches():
    curve = material("ss304").conductivity
    np.testing.assert_allclose(curve(np.array([77.0, 300.0])), [7.921, 15.309], rtol=1e-4)  # digits given
    assert curve.integral(77.0, 293.0) == pytest.approx(2598.2, rel=2e-5)  # digits given


def test_copper_stores_heat_as_tabulated():
    values = material("ofhc_cu_rrr50").heat_capacity(np.array([77.0, 300.0]))
    np.testing.assert_allclose(values, [195.92, 389.40], rtol=3e-5)  # digits given


def test_the_low_temperature_fit_of_beryllium_copper_refuses_room_temperature():
    curve = material("becu_c17200").curve("k_nist_lowT")
    assert curve(77.0) == pytest.approx(36.29, rel=2e-4)  # digits given
    with pytest.raises(PropertyRangeError, match=r"material becu_c17200: thermal conductivity.* at 300 K .*2 to 80 K"):
        curve(300.0)


@pytest.mark.parametrize(
    ("name", "integral"),
    [("becu_c17200", 16100), ("constantan", 4250), ("manganin", 3600), ("phosphor_bronze_c51000", 10300), ("ptfe", 56)],
)
def test_the_integral_of_wire_conductivity_is_the_one_that_wires_are_judged_by(name, integral):
    # The references are rounded to two or three digits.
    assert material(name).conductivity.integral(77.0, 293.0) == pytest.approx(integral, rel=0.01)


@pytest.mark.parametrize("name", ["ofhc_cu_rrr50", "sapphire", "ss304", "al6061_t6"])
def test_the_integral_agrees_with_a_fine_composite_rule(name):
    curve = material(name).conductivity
    kinks = [T for T in (*curve.form.kinks_K, 300.0) if 70.0 < T < 340.0]
    edges = np.unique([70.0, *kinks, 340.0])
    T = np.concatenate([np.linspace(a, b, 20001) for a, b in pairwise(edges)])
    y = curve(T)
    expected = float(np.sum(0.5 * (y[1:] + y[:-1]) * np.diff(T)))
    # Trapezoids of 13 mK or less on k'' < 0.1 W/m/K3: below 1e-8 of the sum.
    assert curve.integral(70.0, 340.0) == pytest.approx(expected, rel=1e-8)


def test_the_integral_over_nothing_is_zero_and_turns_its_sign_with_its_limits():
    curve = material("ss304").conductivity
    assert curve.integral(100.0, 100.0) == 0.0
    assert curve.integral(293.0, 77.0) == -curve.integral(77.0, 293.0)


@pytest.mark.parametrize("bad", [350.1, 3.9, np.nan, -80.0])
def test_one_temperature_outside_the_range_is_enough_for_a_refusal(bad):
    T = np.full(1000, 100.0)
    T[617] = bad
    curve = material("ofhc_cu_rrr50").conductivity
    for call in (curve, curve.derivative):
        with pytest.raises(PropertyRangeError, match=rf"at {bad:.6g} K \(1 of 1000 temperatures\).*4 to 350 K"):
            call(T)


def test_an_integral_beyond_the_range_is_refused():
    with pytest.raises(PropertyRangeError, match=r"heat capacity.* at 40 K"):
        material("ss316").heat_capacity.integral(40.0, 300.0)


def test_a_rounding_error_at_the_end_of_the_range_is_forgiven():
    curve = material("silver").conductivity
    assert curve(350.0 * (1 + 1e-12)) == pytest.approx(423.0, rel=1e-9)  # rounding


@pytest.mark.parametrize("name", ["ofhc_cu_rrr50", "ss304", "ss316", "invar", "ptfe", "al1100"])
def test_the_extension_starts_at_the_fit_and_is_straight_to_its_end(name):
    entry = material_data()["materials"][name]["k"]
    curve = material(name).conductivity
    below, start, middle, end = curve(np.array([300.0 - 1e-9, 300.0 + 1e-9, 325.0, 350.0]))
    assert start == pytest.approx(below, rel=1e-9)  # continuous, up to the 2e-9 K between
    assert end == pytest.approx(entry["ext_y"][1], rel=1e-12)  # rounding
    assert middle == pytest.approx(0.5 * (start + end), rel=1e-9)  # straight, as above
    assert start == pytest.approx(entry["ext_y"][0], rel=3e-3)  # the stored start is rounded (invar: 13.8 for 13.83)


def test_tables_are_interpolated_by_power_laws():
    T = np.sqrt(np.array([60.0 * 77.0, 300.0 * 350.0]))
    np.testing.assert_allclose(
        material("silver").conductivity(T), np.sqrt([548.0 * 482.0, 427.0 * 423.0]), rtol=1e-13
    )  # rounding


def test_a_curve_keeps_the_shape_of_its_argument():
    curve = material("ofhc_cu_rrr50").conductivity
    assert curve(np.full((3, 4), 320.0)).shape == (3, 4)
    assert curve.derivative(np.full((3, 4), 320.0)).shape == (3, 4)
    assert curve(np.empty(0)).shape == (0,)
    assert curve(80.0).shape == ()


def test_a_constant_curve_is_constant_and_integrates_exactly():
    curve = constant_curve(400.0)
    np.testing.assert_array_equal(curve(np.array([4.0, 2000.0])), 400.0)
    np.testing.assert_array_equal(curve.derivative(np.array([4.0, 2000.0])), 0.0)
    assert curve.integral(100.0, 300.0) == pytest.approx(8e4, rel=1e-14)  # rounding
    with pytest.raises(PropertyRangeError, match="at -1 K"):
        curve(-1.0)


def test_a_scaled_curve_scales_value_slope_and_integral():
    curve = material("ss304").conductivity
    twice = curve.scaled(2.0)
    T = np.array([80.0, 320.0])
    np.testing.assert_allclose(twice(T), 2.0 * curve(T), rtol=1e-14)  # rounding
    np.testing.assert_allclose(twice.derivative(T), 2.0 * curve.derivative(T), rtol=1e-14)  # rounding
    assert twice.scaled(0.5).integral(80.0, 300.0) == pytest.approx(curve.integral(80.0, 300.0), rel=1e-14)  # rounding


def test_a_curve_survives_pickling_for_worker_processes():
    curve = material("silver").conductivity
    curve(100.0)
    assert pickle.loads(pickle.dumps(curve)) == curve  # noqa: S301 - our own bytes


def test_an_unknown_material_or_curve_suggests_a_known_one():
    with pytest.raises(UnknownNameError, match=r"'ofhc_cu'.*Did you mean 'ofhc_cu_rrr50'"):
        material("ofhc_cu")
    with pytest.raises(UnknownNameError, match=r"curve 'k_nist'.*becu_c17200.*Did you mean 'k_nist_lowT'"):
        material("becu_c17200").curve("k_nist")


def test_window_data_come_with_the_materials_that_have_them():
    window = material("bk7").window
    assert window is not None
    assert window.cutoff_um == 2.7
    assert window.emissivity_longwave_293 == material("bk7").finishes["window"].e293
    assert material("silver").window is None


def test_a_finish_resolves_by_the_bodys_material_or_by_its_full_name():
    assert resolve_finish("polished", "silver").name == "silver.polished"
    assert resolve_finish("gold.plated", "cvd_diamond") is resolve_finish("gold.plated")


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("polishd", "silver", r"'polishd': material 'silver' .*Did you mean 'polished'"),
        ("gold.plate", None, r"'plate': material 'gold' .*Did you mean 'plated'"),
        ("golt.plated", None, r"material 'golt' .*Did you mean 'gold'"),
        ("polished", None, r"finish 'polished': the surface's body has no material"),
        ("polished", "brass", r"material 'brass' is not in the library"),
    ],
)
def test_an_unknown_finish_says_what_is_wrong_and_what_is_near(name, body, message):
    with pytest.raises(UnknownNameError, match=message):
        resolve_finish(name, body)


def test_all_finishes_lie_within_their_ranges():
    for name in list_finishes():
        finish = resolve_finish(name)
        for value, (low, high) in (
            (finish.e77, finish.e77_range),
            (finish.e293, finish.e293_range),
            (finish.a77_293, finish.a77_293_range),
        ):
            assert 0.0 < low <= value <= high <= 1.0, name


def test_a_known_cold_absorptivity_is_carried_over_and_a_missing_one_is_marked_as_assumed():
    copper = resolve_finish("ofhc_cu_rrr50.polished")
    assert (copper.a77_293, copper.a77_293_range, copper.assumed) == (0.012, (0.006, 0.06), False)
    steel = resolve_finish("invar.polished")
    assert steel.a77_293 == pytest.approx(np.sqrt(0.05 * 0.11), rel=1e-12)  # rounding
    assert steel.assumed
    assert resolve_finish("alumina_99.as_fired").a77_293 == 0.8


def test_the_assumption_for_metals_meets_every_known_absorptivity_within_its_stated_spread():
    known = [resolve_finish(name) for name in list_finishes() if not resolve_finish(name).assumed]
    ratios = [finish.a77_293 / assumed_absorptivity(finish.e77, finish.e293) for finish in known]
    assert min(ratios) > 0.81
    assert max(ratios) < 1.28


def test_optics_meet_their_anchors_at_77_and_293_kelvin():
    finish = resolve_finish("ofhc_cu_rrr50.polished")
    T = np.array([4.0, 77.0, 185.0, 293.0, 350.0])
    np.testing.assert_allclose(warm_share(T), [0.0, 0.0, 0.5, 1.0, 1.0], rtol=1e-14)  # rounding
    np.testing.assert_allclose(absorptivity(finish, T, "warm"), [0.012, 0.012, 0.0135, 0.015, 0.015], rtol=1e-14)
    np.testing.assert_array_equal(absorptivity(finish, T, "cold"), 0.008)
    np.testing.assert_allclose(emissivity(finish, T), [0.008, 0.008, 0.01075, 0.015, 0.015], rtol=1e-14)  # rounding


def test_an_unknown_class_of_light_is_refused():
    with pytest.raises(ConfigError, match="light = 'hot'"):
        absorptivity(constant_finish(0.5), 77.0, "hot")


def test_a_constant_finish_keeps_one_value_per_class_of_light():
    T = np.array([77.0, 200.0, 293.0])
    np.testing.assert_allclose(emissivity(constant_finish(0.3), T), 0.3, rtol=1e-14)  # rounding
    finish = constant_finish(0.01, 0.05)
    np.testing.assert_allclose(absorptivity(finish, T, "warm"), 0.05, rtol=1e-14)  # rounding
    np.testing.assert_array_equal(absorptivity(finish, T, "cold"), 0.01)


@pytest.mark.parametrize(("values", "message"), [((1.2,), "emissivity = 1.2"), ((0.1, 0.0), "absorptivity_warm = 0")])
def test_a_constant_finish_outside_its_bounds_is_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        constant_finish(*values)
