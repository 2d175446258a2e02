"""The budget of the 113Cd+ microwave clock and what else its paper works out.

Rationale: the table leaves out thermal radiation, which is as large as its largest row.
Setup: inputs as printed.
Expected: what was worked out by hand beforehand; tolerances are half a unit of the last digit of these references,
unless a comment says otherwise.
"""

import numpy as np
import pytest
from budget_samples import budget, corrected, entry, recomputed, u_recomputed, verdicts

from bbrmodel.budget.formulas.comparison import dick_limit, ramsey_sensitivity


def test_uncertainty_of_the_temperature_is_9_mK() -> None:
    assert recomputed("cd", "temperature") == pytest.approx(92.7, abs=0.05)
    assert u_recomputed("cd", "temperature") == pytest.approx(9.0, abs=0.05)
    assert verdicts("cd", "temperature") == ("agrees", "differs")  # 1.4 is the width's, in MHz


def test_second_order_doppler_shift() -> None:
    assert recomputed("cd", "doppler") == pytest.approx(-18.44, abs=5e-3)
    assert u_recomputed("cd", "doppler") == pytest.approx(2.05, abs=5e-3)
    assert verdicts("cd", "doppler") == ("agrees", "agrees")


def test_laser_cooled_clock_was_at_9_K() -> None:
    assert recomputed("cd", "laser_cooled_temperature") == pytest.approx(8.8, abs=0.05)


def test_densities_and_numbers() -> None:
    assert recomputed("cd", "density_cd") == pytest.approx(1.17, abs=5e-3)
    assert recomputed("cd", "density_ca") == pytest.approx(3.32, abs=5e-3)
    assert corrected("cd", "number_cd")[0] == pytest.approx(4.07, abs=5e-3)
    assert corrected("cd", "number_ca")[0] == pytest.approx(1.76, abs=5e-3)
    for check in ("density_cd", "density_ca", "number_cd", "number_ca"):
        assert verdicts("cd", check)[0] == "agrees"  # the numbers from the rounded densities


def test_coupling_parameter_is_a_fifth_of_the_printed_one() -> None:
    assert recomputed("cd", "neighbour_distance") == pytest.approx(27.1, abs=0.05)
    assert recomputed("cd", "coupling") == pytest.approx(6.9, abs=0.05)
    assert recomputed("cd", "coupling_temperature") == pytest.approx(18.7, abs=0.05)
    assert verdicts("cd", "coupling")[0] == "differs"


def test_stark_shift_of_the_lasers() -> None:
    assert recomputed("cd", "stark_laser") == pytest.approx(5.35, abs=5e-3)
    assert recomputed("cd", "stark_866") == pytest.approx(2.03, abs=5e-3)
    assert verdicts("cd", "stark_laser") == verdicts("cd", "stark_866") == ("agrees", "agrees")


def test_stark_shift_of_the_fluorescence_is_below_its_limits_whose_tables_contradict_each_other() -> None:
    assert u_recomputed("cd", "fluorescence_397") == pytest.approx(5.0, abs=0.05)
    assert u_recomputed("cd", "fluorescence_866") == pytest.approx(1.3, abs=0.05)
    assert verdicts("cd", "fluorescence_397")[1] == verdicts("cd", "fluorescence_866")[1] == "agrees"
    assert verdicts("cd", "stark_fluorescence")[1] == "agrees"
    assert verdicts("cd", "fluorescence_uncertainty")[0] == "differs"  # (1) and (3)


def test_scattering_rates_and_intensities() -> None:
    assert recomputed("cd", "scattering_397") == pytest.approx(3.25, abs=5e-3)
    assert recomputed("cd", "scattering_866") == pytest.approx(3.54, abs=5e-3)
    assert corrected("cd", "intensity_397")[0] == pytest.approx(8.7, abs=0.05)
    assert corrected("cd", "intensity_866")[0] == pytest.approx(4.4, abs=0.05)
    for check in ("scattering_397", "scattering_866", "intensity_397", "intensity_866"):
        assert verdicts("cd", check)[0] == "agrees"


def test_most_ions_are_lost_before_the_time_constant_holds() -> None:
    assert recomputed("cd", "loss") == pytest.approx(38.4, abs=0.05)
    assert recomputed("cd", "loss_by_time_constant") == pytest.approx(96, abs=0.5)


@pytest.mark.parametrize(
    ("check", "milliseconds"),
    [("cycle_laser", 1830), ("cycle_sympathetic", 830), ("dead_laser", 1300), ("dead_sympathetic", 300)],
)
def test_times_of_the_sequence(check: str, milliseconds: float) -> None:
    assert recomputed("cd", check) == pytest.approx(milliseconds, abs=1e-6)  # whole milliseconds
    assert verdicts("cd", check)[0] == "agrees"


def test_dick_limit_of_white_noise_is_that_of_the_mean_square_of_the_sensitivity() -> None:
    # By Parseval the sum over harmonics is (mean of g^2 over square of mean of g - 1) / 2. The sum stops at 4000
    # harmonics of a sensitivity without jumps, whose amplitudes fall as 1/m^2: below 1e-6.
    time = (np.arange(200000) + 0.5) * (0.83 / 200000)
    g = ramsey_sensitivity(time, 0.015, 0.5)
    exact = np.sqrt(0.5 * (np.mean(g**2) / np.mean(g) ** 2 - 1.0))
    assert dick_limit(1.0, 0.0, 0.83, 0.015, 0.5) == pytest.approx(exact, rel=1e-5)


def test_dick_limit_grows_with_the_noise_and_not_against_it() -> None:
    # The printed exponent, -1/2, would make a noisier oscillator the better one.
    quiet, noisy = (dick_limit(noise, 0.0, 0.83, 0.015, 0.5) for noise in (1.0, 4.0))
    assert noisy == pytest.approx(2.0 * quiet, rel=1e-12)  # rounding


def test_printed_dick_limits_fit_white_noise_of_frequency() -> None:
    assert verdicts("cd", "dick_ratio")[0] == "agrees"
    assert 3.75 / 1.85 < recomputed("cd", "dick_ratio") < 3.85 / 1.75  # what the printed digits leave open


def test_thermal_radiation_is_left_out_and_as_large_as_the_doppler_shift() -> None:
    value, _ = corrected("cd", "bbr")
    assert value == pytest.approx(-19.5, abs=0.05)
    assert value is not None
    assert abs(value) > abs(recomputed("cd", "doppler"))
    assert entry("cd", "bbr").printed is None
    assert recomputed("cd", "bbr_step") == pytest.approx(-2.4, abs=0.05)
    assert budget("cd").own.shift - budget("cd").recomputed.shift == pytest.approx(value, rel=1e-9)  # rounding
