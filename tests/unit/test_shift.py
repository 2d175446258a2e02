"""Black-body shifts against published and stored values."""

import math
from dataclasses import replace

import numpy as np
import pytest

from bbrmodel.constants import (
    BOHR_MAGNETON,
    BOLTZMANN,
    MEAN_SQUARED_FIELD_300K,
    PLANCK,
    SPEED_OF_LIGHT,
    VACUUM_PERMEABILITY,
)
from bbrmodel.errors import ConfigError, PropertyRangeError
from bbrmodel.ion.clocks import ATOMIC_POLARIZABILITY, clock, list_clocks
from bbrmodel.ion.shift import (
    data_warnings,
    dynamic_correction,
    fractional_data_uncertainty,
    has_magnetic_data,
    magnetic_shift_Hz,
    shift_Hz,
    shift_of_mixture,
    static_shift_Hz,
    tensor_remark,
    tensor_shift_Hz,
)

# Hz at 300 K, relative uncertainty of the fractional shift: as computed independently when the data were compiled.
STORED = {
    "ca40p_729": (0.379181, 9.2249e-16, 2.8e-19),
    "sr88p_674": (0.249965, 5.62e-16, 2.6e-19),
    "yb171p_e2": (-0.360371, -5.2352e-16, 1.1e-16),
    "yb171p_e3": (-0.0463087, -7.2118e-17, 1.3e-18),
    "al27p_267": (-0.00358312, -3.1963e-18, 1.1e-19),
    "in115p_237": (-0.0172352, -1.3599e-17, 1.2e-18),
    "lu176p_848": (-0.000481366, -1.3612e-18, 1.1e-19),
    "lu176p_804": (0.0100751, 2.7024e-17, 2.1e-18),
    "hg199p_282": (-0.0710297, -6.6712e-17, 2e-17),
    "sr87_698": (-2.28329, -5.3195e-15, 7.8e-19),
    "yb171_578": (-1.27751, -2.4648e-15, 9.2e-19),
    "hg199_266": (-0.180835, -1.6023e-16, 1.6e-17),
}


def test_one_atomic_unit_of_polarizability_shifts_by_its_reference_value():
    shift = -0.5 * MEAN_SQUARED_FIELD_300K * ATOMIC_POLARIZABILITY / PLANCK
    assert shift == pytest.approx(-8.6111922e-3, rel=1e-8)  # digits given


@pytest.mark.parametrize("name", STORED)
def test_room_temperature_shifts_reproduce(name):
    shift, fraction, uncertainty = STORED[name]
    parsed = clock(name)
    computed = float(shift_Hz(parsed, 300.0))
    assert computed == pytest.approx(shift, rel=5e-6)  # six digits stored
    assert computed / parsed.frequency_Hz == pytest.approx(fraction, rel=3e-5)  # five digits stored
    assert fractional_data_uncertainty(parsed, 300.0) == pytest.approx(uncertainty, rel=0.05)  # two digits stored


def test_calcium_shifts_up_by_the_published_amounts():
    calcium = clock("ca40p_729")
    assert shift_Hz(calcium, 300.0) == pytest.approx(0.379181, abs=1e-6)  # digits given
    cold = float(shift_Hz(calcium, 79.5))
    assert cold == pytest.approx(1.872e-3, abs=5e-7)  # digits given
    assert cold / calcium.frequency_Hz == pytest.approx(45.5e-19, abs=0.05e-19)  # digits given
    assert shift_Hz(calcium, 293.0) / calcium.frequency_Hz == pytest.approx(839.4e-18, abs=0.05e-18)  # digits given


@pytest.mark.parametrize(
    ("name", "temperature", "eta", "digits"),
    [
        ("ca40p_729", 300.0, -1.040e-3, 5e-7),
        ("ca40p_729", 293.0, -0.991e-3, 5e-7),
        ("ca40p_729", 79.5, -7.07e-5, 5e-8),
        ("sr88p_674", 300.0, -9.39e-3, 5e-6),
        ("sr87_698", 300.0, 0.07185, 5e-6),
        ("yb171_578", 300.0, 0.01804, 5e-6),
        ("cs133_hfs", 150.0, 0.0035, 1e-12),
    ],
)
def test_dynamic_corrections_meet_their_reference_values(name, temperature, eta, digits):
    assert dynamic_correction(clock(name), temperature) == pytest.approx(eta, abs=digits)  # half a unit, last digit


@pytest.mark.parametrize("name", ["ca40p_729", "sr88p_674", "sr87_698"])
def test_line_sums_agree_with_the_stored_polynomial_fits_near_room_temperature(name):
    response = clock(name).response
    t2 = np.array([250.0, 300.0]) ** 2 / 9e4
    fit = response.eta2 * t2 + response.eta4 * t2**2
    # The fit leaves out eta6; for strontium's 2.6 um line that is 3e-4 absolute, for ions far less.
    np.testing.assert_allclose(dynamic_correction(clock(name), np.array([250.0, 300.0])), fit, rtol=0.005)


@pytest.mark.parametrize("name", list_clocks())
def test_without_dynamic_correction_the_shift_goes_as_the_fourth_power(name):
    parsed = clock(name)
    T = np.array([77.0, 300.0])
    static = shift_Hz(parsed, T) / (1.0 + dynamic_correction(parsed, T))
    np.testing.assert_allclose(static_shift_Hz(parsed, T), static, rtol=1e-13)  # rounding
    assert static[0] / static[1] == pytest.approx((77.0 / 300.0) ** 4, rel=1e-12)  # rounding


def test_hyperfine_clocks_shift_down_by_their_coefficients():
    cadmium = clock("cd113p_hfs")
    assert shift_Hz(cadmium, 300.0) / cadmium.frequency_Hz == pytest.approx(-1.815e-16, rel=1e-12)  # rounding
    assert fractional_data_uncertainty(cadmium, 300.0) == pytest.approx(np.hypot(7.7e-18, 0.02 * 1.815e-16), rel=1e-9)
    caesium = clock("cs133_hfs")
    expected = -1.7098e-14 * 0.5**4 * (1.0 + 0.014 / 4.0)
    assert shift_Hz(caesium, 150.0) / caesium.frequency_Hz == pytest.approx(expected, rel=1e-12)  # rounding


def test_the_magnetic_shift_of_hyperfine_clocks_goes_as_the_square():
    caesium = clock("cs133_hfs")
    np.testing.assert_allclose(
        magnetic_shift_Hz(caesium, np.array([300.0, 150.0])) / caesium.frequency_Hz,
        [-1.3039e-17, -1.3039e-17 / 4.0],
        rtol=1e-12,  # rounding
    )


def test_the_magnetic_coefficient_follows_from_the_g_factor_and_the_field():
    """-(gJ^2/3) (muB/hbar)^2 mu0 (kT)^2 / (6 hbar c^3) at 300 K, gJ = 2."""
    hbar, energy = PLANCK / (2.0 * math.pi), BOLTZMANN * 300.0
    magneton = (BOHR_MAGNETON / hbar) ** 2 * VACUUM_PERMEABILITY
    expected = -(4.0 / 3.0) * magneton * energy**2 / (6.0 * hbar * SPEED_OF_LIGHT**3)
    for name in ("cs133_hfs", "cd113p_hfs", "yb171p_hfs", "hg199p_hfs", "rb87_hfs"):
        assert clock(name).response.beta_zeeman == pytest.approx(expected, rel=2e-5)  # five digits stored


def test_cadmium_lacks_in_its_paper_as_much_as_its_doppler_shift():
    """Stark -1.815e-16 and Zeeman -1.3e-17: -1.95e-16 at 300 K, 2.4e-18 for each kelvin."""
    cadmium = clock("cd113p_hfs")

    def fraction(T):
        return float(shift_Hz(cadmium, T) + magnetic_shift_Hz(cadmium, T)) / cadmium.frequency_Hz

    assert fraction(300.0) == pytest.approx(-1.95e-16, abs=0.005e-16)  # digits given
    stark = (float(shift_Hz(cadmium, 301.0)) - float(shift_Hz(cadmium, 299.0))) / 2.0 / cadmium.frequency_Hz
    assert stark == pytest.approx(-2.4e-18, abs=0.05e-18)  # digits given


@pytest.mark.parametrize(
    ("name", "temperature", "expected", "digits"),
    [
        ("ca40p_729", 300.0, -2.2e-6, 0.05e-6),
        ("ca40p_729", 79.5, -9e-8, 0.5e-8),
        ("sr88p_674", 300.0, -4.8e-6, 0.05e-6),
        ("al27p_267", 300.0, 1.11e-5, 0.005e-5),
    ],
)
def test_magnetic_dipole_lines_are_suppressed_at_thermal_frequencies(name, temperature, expected, digits):
    assert magnetic_shift_Hz(clock(name), temperature) == pytest.approx(expected, abs=digits)  # digits given


def test_a_static_limit_would_make_calciums_magnetic_shift_fifty_times_larger_and_of_the_other_sign():
    line = clock("ca40p_729").response.magnetic_lines[0]
    static = -0.5 * MEAN_SQUARED_FIELD_300K / SPEED_OF_LIGHT**2 * line.sign * line.polarizability / PLANCK
    assert static == pytest.approx(1.1e-4, abs=0.05e-4)  # digits given
    assert float(magnetic_shift_Hz(clock("ca40p_729"), 300.0)) / static == pytest.approx(-0.0201, abs=1e-4)


def test_a_clock_without_magnetic_data_says_so_instead_of_giving_zero():
    strontium = clock("sr87_698")
    without = replace(strontium, response=replace(strontium.response, magnetic_lines=()))
    assert not has_magnetic_data(without)
    with pytest.raises(ConfigError, match="clock sr87_698: the data say nothing of the magnetic shift"):
        magnetic_shift_Hz(without, 300.0)
    assert data_warnings(without, 77.0, 300.0)[-1].endswith("say nothing of the magnetic shift, which is left out")


@pytest.mark.parametrize("name", list_clocks())
def test_every_clock_has_a_magnetic_shift_and_it_is_far_below_the_electric_one_but_for_hyperfine_clocks(name):
    found = clock(name)
    fraction = abs(float(magnetic_shift_Hz(found, 300.0))) / found.frequency_Hz
    # 5.6e-20 of 87Sr is the largest of optical clocks; 1.304e-17 of a 2S1/2 state holds for all species.
    assert fraction < 6e-20 if found.kind == "optical" else fraction == pytest.approx(1.304e-17, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("ca40p_729", ""),
        ("yb171p_e2", ""),
        ("yb171p_e3", "no tensor data: measured by Huntemann"),
        ("hg199p_282", "no tensor data: calculated by Itano"),
        ("al27p_267", "no tensor shift: the excited state has J = 0"),
        ("lu176p_848", "no tensor shift: vanishes in the mean"),
        ("cs133_hfs", "no tensor data: of third order"),
    ],
)
def test_a_clock_says_why_it_has_no_tensor_shift(name, begins):
    remark = tensor_remark(clock(name))
    assert remark.startswith(begins)
    assert bool(remark) == bool(begins)


def test_the_tensor_shift_of_calcium_has_its_published_size_and_cancels_over_the_three_pairs():
    calcium = clock("ca40p_729")
    shifts = [tensor_shift_Hz(calcium, MEAN_SQUARED_FIELD_300K, anisotropy=0.01, m=m) for m in (0.5, 1.5, 2.5)]
    assert abs(shifts[0]) == pytest.approx(1.7e-3, abs=0.05e-3)  # digits given
    np.testing.assert_allclose(np.array(shifts) / shifts[2], [-0.8, -0.2, 1.0], rtol=1e-12)  # rounding
    assert sum(shifts) == pytest.approx(0.0, abs=1e-15 * abs(shifts[0]) * 10.0)


def test_a_single_component_keeps_its_tensor_shift():
    ytterbium = clock("yb171p_e2")
    tensor = ytterbium.response.tensor
    assert tensor.m == (0.0,)
    found = tensor_shift_Hz(ytterbium, MEAN_SQUARED_FIELD_300K, anisotropy=0.01, m=0.0)
    # F = 2, m = 0: (0 - 6) / 6 = -1.
    expected = 0.5 * MEAN_SQUARED_FIELD_300K * -1.36e-39 * 0.01 / PLANCK
    assert found == pytest.approx(expected, rel=1e-12)  # rounding


@pytest.mark.parametrize("m", [0.0, 1.0, 3.5])
def test_components_that_a_level_does_not_have_are_refused(m):
    with pytest.raises(ConfigError, match=f"m = {m:g}: a level with angular momentum 2.5"):
        tensor_shift_Hz(clock("ca40p_729"), 1.0, anisotropy=0.1, m=m)


def test_a_clock_without_tensor_data_is_refused():
    with pytest.raises(ConfigError, match="clock al27p_267: the data hold no tensor polarizability"):
        tensor_shift_Hz(clock("al27p_267"), 1.0, anisotropy=0.1, m=0.0)


def test_a_mixture_of_equal_temperatures_is_black_body_radiation():
    weights = np.array([0.2, 0.5, 0.3])
    mixed = shift_of_mixture(clock("sr87_698"), weights, np.full(3, 120.0))
    assert mixed == pytest.approx(float(shift_Hz(clock("sr87_698"), 120.0)), rel=1e-13)  # rounding


def test_a_mixture_keeps_the_dynamic_shift_that_an_effective_temperature_loses():
    strontium = clock("sr87_698")
    weights, T = np.array([0.99, 0.01]), np.array([80.0, 293.0])
    effective = float((weights @ T**4) ** 0.25)
    static = float(shift_Hz(strontium, effective) / (1.0 + dynamic_correction(strontium, effective)))
    assert effective == pytest.approx(103.4, abs=0.05)  # digits given
    assert static == pytest.approx(-30.0e-3, abs=0.1e-3)  # digits given
    assert shift_of_mixture(strontium, weights, T) - static == pytest.approx(-1.37e-3, abs=0.01e-3)  # digits given
    assert float(shift_Hz(strontium, effective)) - static == pytest.approx(-0.22e-3, abs=0.005e-3)  # digits given


def test_weights_are_used_as_given():
    calcium = clock("ca40p_729")
    part = shift_of_mixture(calcium, np.array([0.25]), np.array([300.0]))
    assert part == pytest.approx(0.25 * 0.379181, rel=3e-6)  # digits given


def test_weights_of_another_shape_are_refused():
    with pytest.raises(ConfigError, match=r"shape \(2,\) and temperatures of shape \(3,\)"):
        shift_of_mixture(clock("ca40p_729"), np.ones(2), np.ones(3))


def test_the_uncertainty_of_eta_shrinks_with_temperature_as_eta_does():
    aluminium = clock("al27p_267")
    response = aluminium.response
    fraction = np.abs(shift_Hz(aluminium, 150.0)) / aluminium.frequency_Hz
    relative = np.hypot(response.u_delta_alpha0 / response.delta_alpha0, response.u_eta_300 / 4.0 / (1.0 + 0.00024 / 4))
    assert fractional_data_uncertainty(aluminium, 150.0) == pytest.approx(fraction * relative, rel=1e-9)  # rounding
    unknown_eta = clock("in115p_237")
    response = unknown_eta.response
    fraction = np.abs(shift_Hz(unknown_eta, 150.0)) / unknown_eta.frequency_Hz
    relative = np.hypot(response.u_delta_alpha0 / response.delta_alpha0, response.u_eta_300 / 4.0)
    assert fractional_data_uncertainty(unknown_eta, 150.0) == pytest.approx(fraction * relative, rel=1e-9)  # rounding


def test_calciums_data_are_good_enough_at_liquid_nitrogen_temperature():
    assert fractional_data_uncertainty(clock("ca40p_729"), 79.5) < 2e-21


@pytest.mark.parametrize("bad", [0.0, -80.0, np.nan])
@pytest.mark.parametrize(
    "function", [shift_Hz, magnetic_shift_Hz, dynamic_correction, fractional_data_uncertainty], ids=lambda f: f.__name__
)
def test_one_impossible_temperature_is_refused(function, bad):
    with pytest.raises(PropertyRangeError, match=f"at {bad:g} K"):
        function(clock("ca40p_729"), np.array([300.0, bad]))


def test_warnings_tell_of_unverified_data_and_of_leaving_their_range():
    assert data_warnings(clock("ca40p_729"), 77.0, 300.0) == ()
    unverified, outside = data_warnings(clock("lu176p_848"), 80.0, 295.0)
    assert "not verified" in unverified
    assert "80 to 295 K leave the range 290 to 310 K" in outside
    assert len(data_warnings(clock("lu176p_848"), 292.0, 295.0)) == 1
