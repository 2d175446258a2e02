"""The budget of the 40Ca+-27Al+ clock and what else its paper works out.

Rationale: several printed numbers do not follow from the printed inputs; the size of each gap is part of the result.
Setup: inputs as printed.
Expected: what was worked out by hand beforehand; tolerances are half a unit of the last digit of these references,
unless a comment says otherwise.
"""

import math

import pytest
from budget_samples import budget, corrected, entry, recomputed, u_recomputed, verdicts

from bbrmodel.budget.formulas.radiation import effective_temperature_step_K

SURFACES = "al_surfaces"


def test_solid_angles_of_table_2_make_a_sphere() -> None:
    assert recomputed(SURFACES, "solid_angles") == pytest.approx(12.567, abs=5e-4)
    assert verdicts(SURFACES, "solid_angles")[0] == "agrees"  # 4 pi, within the digits of eight numbers


def test_effective_temperature() -> None:
    assert recomputed(SURFACES, "effective_temperature") == pytest.approx(299.61, abs=5e-3)
    assert verdicts(SURFACES, "effective_temperature")[0] == "agrees"


@pytest.mark.parametrize(
    ("row", "found", "ratio", "verdict"),
    [
        ("blade", 0.1100, 1.000, "agrees"),
        ("cap", 0.0632, 1.01, "rounded up"),
        ("insulation", 0.4840, 1.01, "differs"),
        ("compensation", 0.0540, 1.02, "rounded up"),
        ("bracket", 0.1225, 1.045, "differs"),
        ("chamber", 0.1415, 1.19, "differs"),
        ("windows", 0.6734, 1.19, "differs"),
        ("flange", 0.1492, 1.19, "differs"),
    ],
)
def test_uncertainties_by_surface(row: str, found: float, ratio: float, verdict: str) -> None:
    mine = u_recomputed(SURFACES, row)
    printed = entry(SURFACES, row).printed
    assert printed is not None
    assert printed.uncertainty is not None
    assert mine == pytest.approx(found, abs=5e-5)
    assert printed.uncertainty / mine == pytest.approx(ratio, abs=6e-3)  # three digits are printed
    assert verdicts(SURFACES, row)[1] == verdict


@pytest.mark.parametrize(("solid_angle", "printed"), [(1.264, 0.169), (6.016, 0.801), (1.333, 0.178)])
def test_last_three_rows_are_those_of_1_71_K(solid_angle: float, printed: float) -> None:
    # 1.71 K is given with three digits: 0.3 %; so are two of the printed numbers.
    assert effective_temperature_step_K(solid_angle, 297.97, 299.61, 1.71) == pytest.approx(printed, rel=6e-3)


def test_uncertainty_of_the_effective_temperature_is_a_sum_in_two_groups() -> None:
    sums = budget(SURFACES).printed
    assert sums.quadrature == pytest.approx(0.988, abs=5e-4)
    assert sums.linear == pytest.approx(1.993, abs=5e-4)
    assert sums.groups == pytest.approx(1.426, abs=1e-3)  # 1.4255
    assert budget(SURFACES).uncertainty_verdict == "agrees"
    assert abs(sums.quadrature - 1.4) > 0.05  # plain quadrature would not print 1.4
    assert abs(sums.linear - 1.4) > 0.05


def test_bbr_shift_with_the_polarizability_of_the_paper() -> None:
    assert recomputed("al", "bbr") == pytest.approx(-5.312, abs=5e-4)
    assert u_recomputed("al", "bbr_by_polarizability") == pytest.approx(0.567, abs=5e-4)
    assert u_recomputed("al", "bbr_by_temperature") == pytest.approx(0.099, abs=5e-4)
    assert u_recomputed("al", "bbr") == pytest.approx(0.576, abs=5e-4)
    assert verdicts("al", "bbr") == ("agrees", "agrees")


def test_bbr_shift_with_the_present_polarizability_is_smaller_by_four_standard_errors() -> None:
    value, uncertainty = corrected("al", "bbr")
    assert value == pytest.approx(-3.18, abs=5e-3)
    assert uncertainty == pytest.approx(0.11, abs=0.015)  # reference: of the polarizability alone; here with 1.4 K
    assert value is not None
    excess = value - recomputed("al", "bbr")
    assert excess == pytest.approx(2.1, abs=0.05)
    assert excess / u_recomputed("al", "bbr") == pytest.approx(3.7, abs=0.05)
    assert recomputed("al", "polarizability") == pytest.approx(1.67, abs=5e-3)
    assert entry("al", "bbr").entry.inconsistent


def test_room_temperature_of_the_text_is_not_that_of_the_table() -> None:
    assert recomputed("al", "room_temperature") == pytest.approx(297.97, abs=5e-3)
    assert verdicts("al", "room_temperature")[0] == "differs"


def test_total_is_not_the_sum_of_the_rows() -> None:
    found = budget("al")
    assert found.printed.shift == pytest.approx(-8649.4, abs=1e-6)  # one decimal each
    assert found.printed.shift + 8627.7 == pytest.approx(-21.7, abs=1e-6)  # same
    assert found.verdict == "differs"
    assert found.printed.quadrature == pytest.approx(7.56, abs=5e-3)
    assert found.uncertainty_verdict == "agrees"


def test_quadratic_zeeman_coefficient_has_two_digits_exchanged() -> None:
    assert recomputed("al", "zeeman") == pytest.approx(-9478, abs=0.5)
    assert corrected("al", "zeeman")[0] == pytest.approx(-8615.8, abs=0.05)
    assert recomputed("al", "zeeman_field") == pytest.approx(3.6651, abs=5e-5)
    assert verdicts("al", "zeeman")[0] == "differs"
    assert verdicts("al", "zeeman_field")[0] == "differs"


def test_uncertainty_of_the_zeeman_shift_is_neither_of_the_coefficient_nor_of_the_field() -> None:
    coefficient, field = u_recomputed("al", "zeeman_by_coefficient"), u_recomputed("al", "zeeman_by_field")
    assert coefficient == pytest.approx(2.87, abs=5e-3)
    assert field == pytest.approx(8.4, abs=0.05)
    for found in (coefficient, field, math.hypot(coefficient, field), coefficient + field):
        assert abs(found - 6.2) > 2.0
    assert verdicts("al", "zeeman_by_field")[1] == "differs"


def test_uncertainty_of_the_cooling_light_is_six_times_the_printed_one() -> None:
    assert recomputed("al", "cooling_light") == pytest.approx(-12.262, abs=5e-4)
    assert u_recomputed("al", "cooling_light") == pytest.approx(1.9, abs=0.05)
    assert verdicts("al", "cooling_light") == ("agrees", "differs")
    assert recomputed("al", "cooling_light_total") == pytest.approx(7.79, abs=5e-3)


def test_rows_of_table_1_leave_the_zero_point_out_and_its_caption_does_not() -> None:
    assert recomputed("al", "secular_rows_and_caption") == pytest.approx(7.56, abs=5e-3)
    assert recomputed("al", "secular_caption") == pytest.approx(8.30, abs=5e-3)
    assert verdicts("al", "secular_rows_and_caption")[0] == "differs"
    assert verdicts("al", "secular_caption")[0] == "agrees"  # within the digits of occupations and shifts


def test_doppler_limit_of_table_1_is_less_than_the_text_says() -> None:
    # No reference: 6.3e-18 in the text, 6.07e-18 from the table (5.2e-18 without the zero point); what the digits leave
    # open (0.05 quanta, half of 1e-21 for each quantum) does not bridge it.
    assert recomputed("al", "secular_limit") == pytest.approx(6.06, abs=0.01)
    assert verdicts("al", "secular_limit")[0] == "differs"


def test_factor_of_equation_1_is_not_that_of_the_nist_clocks() -> None:
    assert recomputed("al", "motional_stark") == pytest.approx(1.226, abs=5e-4)
    assert corrected("al", "motional_stark")[0] == pytest.approx(1.012, abs=6e-4)  # 1.0115


def test_pressure_needs_another_exponent_than_equation_10_has() -> None:
    assert recomputed("al", "reorder_energy") == pytest.approx(6.6, rel=0.03)  # depends on the field by 2 %
    assert recomputed("al", "pressure") == pytest.approx(0.36, abs=5e-3)
    assert corrected("al", "pressure")[0] == pytest.approx(3.76, abs=0.03)  # fourth root of the energy: 0.6 %
    assert verdicts("al", "pressure")[0] == "differs"


def test_first_order_doppler_shift_takes_its_limit_as_rectangular() -> None:
    assert recomputed("al", "velocity") == pytest.approx(0.33, abs=5e-3)
    assert u_recomputed("al", "first_order_doppler") == pytest.approx(0.19, abs=5e-3)
    assert verdicts("al", "first_order_doppler")[1] == "agrees"


def test_collision_shift() -> None:
    assert u_recomputed("al", "collisions") == pytest.approx(0.17, abs=5e-3)
    assert verdicts("al", "collisions")[1] == "agrees"


def test_phase_chirp_of_the_modulator() -> None:
    assert u_recomputed("al", "modulator") == pytest.approx(0.303, abs=5e-4)  # 0.2 Hz/W of 1.698 mW over 1.121 PHz
    assert verdicts("al", "modulator")[1] == "agrees"


def test_line_width_of_the_probe() -> None:
    assert recomputed("al", "linewidth") == pytest.approx(32.0, abs=1e-9)  # 0.8 / 25 ms
    assert verdicts("al", "linewidth")[0] == "agrees"


def test_windows_weigh_half_of_the_sky() -> None:
    assert recomputed(SURFACES, "windows_share") == pytest.approx(48, abs=0.5)


@pytest.mark.parametrize("row", ["secular", "micromotion", "clock_light"])
def test_rows_without_inputs_say_so(row: str) -> None:
    assert verdicts("al", row)[1] == "printed only: inputs not given"
