"""Losses of a radio-frequency drive: formulas, how they scale, and the skin effect between its limits."""

import cmath
import math

import pytest

from bbrmodel.materials.rf import Film, film_resistance_ratio, rf_loss, skin_depth
from bbrmodel.model.sources import source_powers
from bbrmodel.spec import HeatSource

DRIVE = {"capacitance_F": 5e-12, "loss_tangent": 1e-4, "film": Film(0.5)}


def test_losses_are_those_of_a_lossy_capacitor_in_series_with_a_resistance() -> None:
    """Written out with numbers: w = 2 pi 24.8 MHz, I = w C V = 0.3896 A."""
    loss = rf_loss(500.0, 24.8e6, **DRIVE)
    omega = 2 * math.pi * 24.8e6
    assert loss.current_A == pytest.approx(0.38956, rel=1e-5)
    assert loss.dielectric_W == pytest.approx(0.5 * omega * 5e-12 * 500.0**2 * 1e-4, rel=1e-14)
    assert loss.ohmic_W == pytest.approx(0.5 * (omega * 5e-12 * 500.0) ** 2 * 0.5, rel=1e-14)
    assert loss.total_W == loss.dielectric_W + loss.ohmic_W
    assert loss.skin_depth_m is None


def test_losses_agree_with_the_impedance_of_the_circuit_where_they_are_small() -> None:
    """Re(V^2 / 2Z) of R + 1/(jwC(1 - j tan d)); the difference is of second order in the losses, 1e-6 here."""
    omega, voltage, capacitance, tangent, resistance = 2 * math.pi * 24.8e6, 500.0, 5e-12, 1e-4, 0.5
    impedance = resistance + 1.0 / (1j * omega * capacitance * (1.0 - 1j * tangent))
    power = 0.5 * voltage**2 * (1.0 / impedance).real
    assert rf_loss(voltage, 24.8e6, **DRIVE).total_W == pytest.approx(power, rel=1e-6)


def test_losses_go_with_amplitude_squared_and_with_their_power_of_the_frequency() -> None:
    once, louder, faster = rf_loss(500.0, 1e7, **DRIVE), rf_loss(1000.0, 1e7, **DRIVE), rf_loss(500.0, 2e7, **DRIVE)
    assert louder.dielectric_W / once.dielectric_W == pytest.approx(4.0, rel=1e-14)
    assert louder.ohmic_W / once.ohmic_W == pytest.approx(4.0, rel=1e-14)
    assert faster.dielectric_W / once.dielectric_W == pytest.approx(2.0, rel=1e-14)
    assert faster.ohmic_W / once.ohmic_W == pytest.approx(4.0, rel=1e-14)


def test_skin_depth_of_copper_is_the_handbook_value() -> None:
    """66 um at 1 MHz for 1.72e-8 ohm m, to the digits that books print."""
    assert skin_depth(1e6, 1.72e-8) == pytest.approx(66e-6, rel=5e-3)


@pytest.mark.parametrize("u", [1e-4, 0.01, 0.3, 1.0, 3.0, 10.0, 19.9, 20.1, 100.0])
def test_resistance_of_a_film_is_that_of_its_surface_impedance(u: float) -> None:
    """Re[z coth z] with z = u (1 + j): at u = 20 the limits that the code uses are exact to 1e-15."""
    z = u * (1 + 1j)
    exact = (z / cmath.tanh(z)).real
    assert film_resistance_ratio(u) == pytest.approx(exact, rel=1e-11)


def test_a_thin_film_has_its_resistance_at_direct_current_and_a_thick_one_that_of_a_skin() -> None:
    assert film_resistance_ratio(0.2) == pytest.approx(1.0 + 4 * 0.2**4 / 45, rel=1e-5)  # next term: u^8
    assert film_resistance_ratio(50.0) == 50.0
    gold = rf_loss(500.0, 24.8e6, capacitance_F=5e-12, film=Film(0.5, 5e-6, 2.2e-8))
    assert gold.resistance_ratio == pytest.approx(1.0011, abs=1e-4)
    thick = rf_loss(500.0, 24.8e6, capacitance_F=5e-12, film=Film(0.5, 1e-3, 2.2e-8))
    assert thick.skin_depth_m is not None
    assert thick.ohmic_W / gold.ohmic_W == pytest.approx(1e-3 / thick.skin_depth_m / gold.resistance_ratio, rel=1e-12)


def test_a_source_names_both_losses() -> None:
    drive = {"voltage_V": 500.0, "frequency_Hz": 24.8e6, "capacitance_F": 5e-12}
    powers = source_powers(HeatSource(name="rf", body="trap", rf={**drive, "loss_tangent": 1e-4}))
    assert list(powers) == ["source:rf:dielectric", "source:rf:ohmic"]
    assert powers["source:rf:ohmic"] == 0.0
    assert source_powers(HeatSource(name="lamp", body="trap", power_W=0.1)) == {"source:lamp": 0.1}
