"""The spectrum at the ion: Planck's law, its integral, and bands."""

from dataclasses import replace

import numpy as np
import pytest

from bbrmodel.constants import MEAN_SQUARED_FIELD_300K, SPEED_OF_LIGHT, STEFAN_BOLTZMANN, VACUUM_PERMITTIVITY
from bbrmodel.ion.planck import planck_energy_density
from bbrmodel.ion.spectrum import spectrum_at_ion
from bbrmodel.solution import Spectrum
from bbrmodel.typing import FloatArray
from tests.unit.test_ion_derivatives import Room, band_optics, grey_optics, source_optics, temperatures


@pytest.fixture(scope="module")
def room() -> Room:
    return Room()


def integral(spectrum: Spectrum, values: FloatArray | None = None) -> float:
    """Return the integral over frequency by the trapezoidal rule in its logarithm."""
    nu = np.array(spectrum.frequency_Hz)
    y = nu * np.array(spectrum.energy_density_J_m3_Hz if values is None else values)
    return float(np.sum(0.5 * (y[1:] + y[:-1]) * np.diff(np.log(nu))))


def test_plancks_law_integrates_to_the_energy_and_the_field_of_a_black_body() -> None:
    nu = np.geomspace(1e9, 3e14, 3000)
    density = nu * planck_energy_density(nu, 300.0)
    energy = float(np.sum(0.5 * (density[1:] + density[:-1]) * np.diff(np.log(nu))))
    assert energy == pytest.approx(4.0 * STEFAN_BOLTZMANN * 300.0**4 / SPEED_OF_LIGHT, rel=1e-9)  # ends of the range
    assert energy / VACUUM_PERMITTIVITY == pytest.approx(MEAN_SQUARED_FIELD_300K, rel=1e-9)
    assert np.sqrt(energy / VACUUM_PERMITTIVITY) == pytest.approx(831.943163, abs=1e-6)  # digits given


def test_the_peak_in_frequency_is_where_wien_says() -> None:
    nu = np.linspace(4e12, 5.4e12, 14001)
    peak = nu[planck_energy_density(nu, 79.5).argmax()]
    assert peak == pytest.approx(4.67e12, abs=0.005e12)  # digits given


def test_far_beyond_the_peak_nothing_overflows() -> None:
    assert planck_energy_density(np.array([1e18]), 4.0)[0] < 1e-200


@pytest.mark.parametrize("make", [grey_optics, source_optics, band_optics])
def test_an_isothermal_room_has_plancks_spectrum_whatever_its_optics(room: Room, make) -> None:
    exchange = room.exchange(make(room), np.full(room.enclosure.num_facets, 120.0), 120.0)
    found = spectrum_at_ion(exchange, room.view(exchange), room.enclosure)
    black = planck_energy_density(np.array(found.frequency_Hz), 120.0)
    np.testing.assert_allclose(found.energy_density_J_m3_Hz, black, rtol=1e-8)  # closure leaves 1e-9 of a row
    assert found.rms_field_V_m == pytest.approx(831.943163 * (120.0 / 300.0) ** 2, rel=1e-8)


@pytest.mark.parametrize("make", [grey_optics, source_optics, band_optics])
def test_the_integral_of_the_spectrum_is_the_effective_temperature(room: Room, make) -> None:
    exchange = room.exchange(make(room), temperatures(room))
    view = room.view(exchange)
    found = spectrum_at_ion(exchange, view, room.enclosure)
    energy = 4.0 * STEFAN_BOLTZMANN * view.temperature_K**4 / SPEED_OF_LIGHT
    assert found.energy_density_J_m3 == pytest.approx(energy, rel=1e-12)  # rounding
    # Steps of 2 % of a frequency: 1e-6 of a smooth spectrum, step^2 of a jump at the edge of a band.
    assert integral(found) == pytest.approx(energy, rel=3e-5)
    assert found.rms_field_V_m**2 * VACUUM_PERMITTIVITY == pytest.approx(energy, rel=1e-12)


def test_parts_of_surfaces_are_those_with_the_largest_shares_and_less_than_all(room: Room) -> None:
    exchange = room.exchange(grey_optics(room), temperatures(room))
    view = room.view(exchange)
    found = spectrum_at_ion(exchange, view, room.enclosure)
    assert next(iter(found.by_surface)) == "environment"  # a whole side of the room, at 290 K
    parts = np.array(list(found.by_surface.values()))
    energy = [integral(found, part) for part in parts]
    assert energy == sorted(energy, reverse=True)
    assert (parts.sum(axis=0) <= np.array(found.energy_density_J_m3_Hz) * (1.0 + 1e-12)).all()
    share = view.environment * 290.0**4 / view.emitted_fourth_power
    assert energy[0] / found.energy_density_J_m3 == pytest.approx(share, rel=1e-5)  # the trapezoidal rule


def test_in_each_band_the_weights_are_those_of_the_band(room: Room) -> None:
    optics = band_optics(room)
    exchange = room.exchange(optics, temperatures(room))
    view = replace(room.view(exchange))
    found = spectrum_at_ion(exchange, view, room.enclosure)
    nu = np.array(found.frequency_Hz)
    scale = view.fourth_power / view.emitted_fourth_power
    for wavelength, name in ((5e-6, "band_1"), (2e-5, "band_2"), (1e-4, "band_3")):
        k = int(np.abs(SPEED_OF_LIGHT / nu - wavelength).argmin())
        expected = float(view.by_light[name] @ planck_energy_density(nu[k], exchange.facet_temperature_K))
        expected += view.environment_by_light[name] * float(planck_energy_density(nu[k], 290.0))
        assert found.energy_density_J_m3_Hz[k] == pytest.approx(scale * expected, rel=1e-10)  # rounding
