"""Liquid nitrogen against the tabulated values of its data entry and against known boil-off."""

import re

import numpy as np
import pytest

from bbrmodel.errors import PropertyRangeError
from bbrmodel.materials import ln2
from bbrmodel.materials.data_file import material_data

DATA = material_data()["ln2"]


def test_saturation_temperatures_meet_the_table():
    T = ln2.saturation_temperature(np.array(DATA["T_sat_table_p_Pa"], dtype=float))
    np.testing.assert_allclose(T, DATA["T_sat_table_K"], rtol=0, atol=6e-4)  # table has three decimals


def test_the_three_anchor_values_hold():
    assert ln2.saturation_temperature(101325.0) == pytest.approx(77.355, abs=0.002)  # digits of the reference
    assert ln2.saturation_temperature(95e3) == pytest.approx(76.813, abs=0.002)  # digits of the reference
    assert ln2.latent_heat() == pytest.approx(199.2e3, rel=0.003)  # ancillary equations against measured heat


def test_densities_at_one_atmosphere_are_the_stored_ones():
    T = DATA["T_sat_1atm"]
    assert ln2.liquid_density(T) == pytest.approx(DATA["rho_liquid_1atm"], rel=1e-4)  # digits stored
    assert ln2.vapour_density(T) == pytest.approx(DATA["rho_vapour_1atm"], rel=3e-4)  # digits stored


def test_the_slope_of_the_boiling_point_is_the_stored_one():
    step = np.diff(ln2.saturation_temperature(np.array([101225.0, 101425.0])))[0]
    assert step / 200.0 == pytest.approx(DATA["dTsat_dp"], rel=2e-4)  # digits stored


def test_inversion_reaches_rounding_over_the_whole_range():
    T = np.linspace(63.151, 126.19, 4001)
    # dp/dT loses nothing here except next to the critical point, where theta^1.5 costs some digits.
    np.testing.assert_allclose(ln2.saturation_temperature(ln2.saturation_pressure(T)), T, rtol=1e-11)


def test_the_liquid_boils_hotter_at_depth_and_not_colder_above_its_surface():
    T = ln2.saturation_temperature_at_depth(np.array([-0.1, 0.0, 0.01, 1.0]))
    assert T[0] == T[1] == ln2.saturation_temperature(101325.0)
    assert (T[2] - T[1]) / 0.01 == pytest.approx(DATA["dTsat_per_m_head"], rel=2e-3)  # digits, slope over 1 cm
    assert 0.63 < T[3] - T[1] < DATA["dTsat_per_m_head"]


def test_a_known_heat_load_boils_off_a_known_volume():
    assert ln2.boil_off_L_per_day(6.51) == pytest.approx(3.5, rel=2e-3)  # digits of the reference


def test_boiling_flux_follows_its_tables():
    dT = np.array(DATA["boiling"]["dT_table"])
    convection = np.array(DATA["boiling"]["q_natural_convection"])
    nucleate = np.array(DATA["boiling"]["q_cooper"])
    # The tables were made with unrounded coefficients: 1.5 % in convection, 2 % in boiling.
    np.testing.assert_allclose(ln2.boiling_heat_flux(dT), np.maximum(convection, nucleate), rtol=0.02)
    np.testing.assert_allclose(ln2.boiling_heat_flux(-dT), -convection, rtol=0.02)
    assert ln2.boiling_heat_flux(10.0) < ln2.CRITICAL_HEAT_FLUX < ln2.boiling_heat_flux(10.1)


def test_a_practical_load_stays_in_natural_convection():
    np.testing.assert_allclose(ln2.boiling_heat_flux(np.array([0.08, 1.0])), [10.0, 300.0], rtol=0.04)  # one digit


def test_boiling_flux_is_continuous_and_its_derivative_positive_and_correct():
    dT = np.concatenate([-np.geomspace(20, 1e-4, 200), np.geomspace(1e-4, 20, 200)])
    step = 1e-6 * np.abs(dT)
    difference = (ln2.boiling_heat_flux(dT + step) - ln2.boiling_heat_flux(dT - step)) / (2.0 * step)
    slope = ln2.boiling_heat_flux_derivative(dT)
    np.testing.assert_allclose(slope, difference, rtol=1e-7)  # rounding 1e-16 over a relative step of 1e-6
    assert ln2.boiling_heat_flux_derivative(0.0) > 0.0
    assert ln2.boiling_heat_flux(0.0) == 0.0
    np.testing.assert_allclose(*ln2.boiling_heat_flux(0.02 * np.array([1 - 1e-12, 1 + 1e-12])), rtol=1e-11)


@pytest.mark.parametrize("pressure", [12e3, 3.5e6, np.nan, -1.0])
def test_pressures_without_liquid_are_refused_even_one_among_many(pressure):
    with pytest.raises(PropertyRangeError, match=re.escape(f"at {pressure:.6g} Pa (1 of 3 pressures)")):
        ln2.saturation_temperature(np.array([1e5, pressure, 1e5]))


@pytest.mark.parametrize("function", [ln2.saturation_pressure, ln2.liquid_density, ln2.vapour_density])
def test_temperatures_without_liquid_are_refused(function):
    with pytest.raises(PropertyRangeError, match=r"at 300 K \(1 of 2 temperatures\)"):
        function(np.array([77.0, 300.0]))
