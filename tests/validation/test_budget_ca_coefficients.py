"""Numbers that the two 40Ca+ papers give for the response of the clock to thermal radiation.

Rationale: the polarizability and the dynamic correction decide the largest row of their budgets.
Setup: the papers' temperatures with the library's clock.
Expected: what was worked out by hand beforehand; tolerances are half a unit of the last digit of these references.
"""

import pytest
from budget_samples import corrected, entry, recomputed, u_recomputed, verdicts

from bbrmodel.budget.formulas.motion import excess_micromotion


def test_room_temperature_shift_is_345_mHz() -> None:
    assert recomputed("ca1_ln2", "room_shift_static") == pytest.approx(345.37, abs=0.005)
    assert recomputed("ca1_ln2", "room_shift") == pytest.approx(345.03, abs=0.005)
    assert verdicts("ca1_ln2", "room_shift") == ("agrees", "not printed")


def test_shift_at_77_K_is_1_6_mHz() -> None:
    assert recomputed("ca1_ln2", "nitrogen_shift") == pytest.approx(1.647, abs=0.0005)
    assert verdicts("ca1_ln2", "nitrogen_shift")[0] == "agrees"


def test_a_tenth_of_a_kelvin_is_1e_18_at_room_temperature() -> None:
    assert recomputed("ca1_ln2", "room_step") == pytest.approx(1.15, abs=0.005)
    assert verdicts("ca1_ln2", "room_step")[0] == "agrees"


def test_four_kelvin_at_77_K_are_1e_18_only_rounded() -> None:
    found = recomputed("ca1_ln2", "nitrogen_step")
    assert found == pytest.approx(0.83, abs=0.005)
    assert 4.0 / found == pytest.approx(4.80, abs=0.005)  # kelvin that 1e-18 needs
    assert verdicts("ca1_ln2", "nitrogen_step")[0] == "agrees"


def test_839e_18_at_293_K_supports_a_dynamic_correction_of_one_per_mille() -> None:
    assert recomputed("ca_rt", "bbr") == pytest.approx(839.4, abs=0.05)
    assert recomputed("ca_rt", "bbr_static") == pytest.approx(840.2, abs=0.05)
    assert verdicts("ca_rt", "bbr") == ("agrees", "agrees")
    assert verdicts("ca_rt", "bbr_static")[0] == "differs"


def test_one_and_a_half_kelvin_are_17e_18_without_the_rise_by_rf() -> None:
    # The reference, 17.18, is half the change from 291.5 to 294.5 K, the row's own uncertainty; 4 S dT/T gives 17.19.
    assert u_recomputed("ca_rt", "bbr") == pytest.approx(17.18, abs=0.005)
    assert recomputed("ca_rt", "bbr_step") == pytest.approx(17.19, abs=0.005)
    assert recomputed("ca_rt", "bbr_step_with_rf") == pytest.approx(19.5, abs=0.05)
    assert verdicts("ca_rt", "bbr_step")[0] == "agrees"


def test_shift_at_300_K_is_0_38_Hz() -> None:
    assert recomputed("ca1_ln2", "shift_300K") == pytest.approx(0.3792, abs=5e-5)
    assert verdicts("ca1_ln2", "shift_300K")[0] == "agrees"


def test_magic_drive_frequency_and_polarizability_disagree_by_half_a_per_mille() -> None:
    assert recomputed("ca2_ln2", "magic_drive") == pytest.approx(24.8134, abs=5e-5)
    assert recomputed("ca2_ln2", "magic_polarizability") == pytest.approx(-7.2750, abs=5e-5)
    assert verdicts("ca2_ln2", "magic_drive")[0] == "differs"
    assert entry("ca2_ln2", "magic_drive").entry.inconsistent
    # In units of the printed uncertainty of the polarizability: 3.5.
    assert (7.2750 - 7.2677) / 0.0021 == pytest.approx(3.5, abs=0.05)


def test_micromotion_shift_vanishes_at_the_magic_drive_and_changes_sign_there() -> None:
    magic = recomputed("ca2_ln2", "magic_drive") * 1e6
    shifts = [excess_micromotion(411042129776400.4, magic * f, -7.2677e-40, 39.96204, 1e-4) for f in (0.9, 1.0, 1.1)]
    assert abs(shifts[1]) < 1e-12 * abs(shifts[0])  # rounding
    assert shifts[0] < 0.0 < shifts[2]  # time dilation wins below, the Stark shift above


def test_equation_1_of_the_second_paper_is_an_energy() -> None:
    assert recomputed("ca2_ln2", "equation_1") * 1e-3 == pytest.approx(1.240e-36, rel=5e-4)  # J: 1/h is missing
    assert corrected("ca2_ln2", "equation_1")[0] == pytest.approx(1.872, abs=5e-4)  # mHz, as Table II needs
