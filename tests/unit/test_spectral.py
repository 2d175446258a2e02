"""Planck fractions, emissivities of bands, and metals from their resistivity."""

import numpy as np
import pytest
from scipy.integrate import quad

from bbrmodel.errors import ConfigError, PropertyRangeError, UnknownNameError
from bbrmodel.materials import material
from bbrmodel.materials.spectral import (
    SECOND_RADIATION_CONSTANT,
    BandedEmissivity,
    band_fractions,
    bands_of,
    effective_wavelength,
    planck_fraction,
    total_emissivity,
)
from bbrmodel.materials.spectral_metals import (
    directional_emissivity,
    drude_index,
    hagen_rubens_index,
    hemispherical_emissivity,
    normal_emissivity,
    relaxation_time,
    relaxation_wavelength,
    surface_scattering_floor,
)
from bbrmodel.materials.spectral_resistivity import list_metals, metal
from bbrmodel.typing import FloatArray

ESTIMATES = {  # Hagen-Rubens estimates of total hemispherical emissivity at 293 K and 77 K, as the library quotes them
    "ss304": (0.097, 0.045),
    "becu_c17200": (0.032, 0.015),
    "phosphor_bronze_c51000": (0.042, 0.021),
}


@pytest.mark.parametrize("x", [0.01, 0.5, 1.5, 1.59, 1.61, 3.0, 10.0, 40.0, 60.0])
def test_planck_fraction_equals_the_integral(x: float) -> None:
    exact = 15.0 / np.pi**4 * quad(lambda t: t**3 / np.expm1(t), x, x + 60.0, epsabs=0.0, epsrel=1e-13, limit=300)[0]
    # 1e-12 is what the docstring promises; the tail beyond x + 60 is 1e-26 of it
    assert float(planck_fraction(SECOND_RADIATION_CONSTANT / x, 1.0)) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(("wavelength_um", "share"), [(3.0, 6.3e-5), (4.0, 1.7e-3), (8.0, 0.129)])
def test_planck_fraction_gives_the_known_window_leaks(wavelength_um: float, share: float) -> None:
    assert float(planck_fraction(wavelength_um * 1e-6, 293.0)) == pytest.approx(share, rel=0.03)  # two digits quoted


def test_planck_fraction_covers_everything_from_zero_to_infinity() -> None:
    assert planck_fraction(np.array([0.0, np.inf]), 300.0).tolist() == [0.0, 1.0]


def test_band_fractions_sum_to_one_for_every_temperature() -> None:
    fractions = band_fractions(np.array([5e-6, 20e-6]), np.array([77.0, 293.0, 1000.0]))
    assert fractions.shape == (3, 3)
    np.testing.assert_allclose(fractions.sum(axis=0), 1.0, atol=1e-15)  # differences of one chain: rounding alone
    assert (np.diff(fractions[0]) > 0.0).all()


def test_band_edges_must_grow() -> None:
    with pytest.raises(ConfigError, match="2e-05"):
        band_fractions(np.array([2e-5, 1e-5]), 300.0)


def test_effective_wavelength_halves_the_band() -> None:
    whole = effective_wavelength(293.0)
    assert float(planck_fraction(whole, 293.0)) == pytest.approx(0.5, abs=1e-12)
    part = effective_wavelength(293.0, (2e-6, 8e-6))
    middle = 0.5 * (planck_fraction(2e-6, 293.0) + planck_fraction(8e-6, 293.0))
    assert float(planck_fraction(part, 293.0)) == pytest.approx(float(middle), abs=1e-12)


def test_banded_emissivity_is_the_mean_over_the_source() -> None:
    window = BandedEmissivity((8e-6,), (0.1, 0.9))
    below = float(planck_fraction(8e-6, 293.0))
    assert float(window.mean(293.0)) == pytest.approx(0.1 * below + 0.9 * (1.0 - below), rel=1e-14)
    assert float(window.mean(77.0)) == pytest.approx(0.9, rel=1e-6)  # 77 K sends 1e-7 below 8 um


@pytest.mark.parametrize(("edges", "values", "found"), [((1e-6,), (0.1,), "1 emissivities"), ((), (1.5,), "1.5")])
def test_banded_emissivity_refuses_what_cannot_be(
    edges: tuple[float, ...], values: tuple[float, ...], found: str
) -> None:
    with pytest.raises(ConfigError, match=found):
        BandedEmissivity(edges, values)


def test_bands_of_a_spectrum_reproduce_its_total() -> None:
    spectral = metal("ss304").spectral_emissivity(293.0)
    bands = bands_of(spectral, (8e-6, 20e-6), 293.0)
    # quadrature of sqrt-like spectra by 64 points
    assert float(bands.mean(293.0)) == pytest.approx(total_emissivity(spectral, 293.0), rel=1e-8)
    assert list(bands.values) == sorted(bands.values, reverse=True)


def test_a_band_without_light_takes_the_spectrum_itself() -> None:
    assert bands_of(lambda wavelength: np.full_like(wavelength, 0.3), (1e-7,), 77.0).values == pytest.approx((0.3, 0.3))


@pytest.mark.parametrize("n", [30.0, 300.0])
def test_hemispherical_emissivity_equals_dunkles_closed_form(n: float) -> None:
    k, size = 1.1 * n, n**2 * (1.0 + 1.1**2)
    s = 4 * n - 4 * n**2 * np.log((1 + 2 * n + size) / size) + 4 * n * (n**2 - k**2) / k * np.arctan(k / (n + size))
    p = 4 * n / size - 4 * n**2 / size**2 * np.log(1 + 2 * n + size)
    p += 4 * n * (n**2 - k**2) / (k * size**2) * np.arctan(k / (1 + n))
    # the closed form neglects sin^2 against n^2 + k^2 and cancels to 1e-16 n^2
    assert float(hemispherical_emissivity(n, k)) == pytest.approx(s + p, rel=2.0 / n**2 + 1e-9)


def test_bright_metals_send_four_thirds_of_the_normal_emissivity() -> None:
    ratio = [float(hemispherical_emissivity(n, n) / normal_emissivity(n, n)) for n in (1e2, 1e3, 1e4)]
    assert ratio == sorted(ratio)
    assert ratio[-1] == pytest.approx(4.0 / 3.0, rel=1e-3)  # the next term is of order ln(n) / n


def test_directional_emissivity_at_normal_incidence_is_the_normal_one() -> None:
    index = 3.0 + 5.0j
    assert float(directional_emissivity(1.0, 3.0, 5.0)) == pytest.approx(
        1.0 - abs((index - 1.0) / (index + 1.0)) ** 2, rel=1e-12
    )


def test_dielectric_is_black_at_the_brewster_angle_for_one_polarisation() -> None:
    n, cos = 1.5, 1.0 / np.sqrt(1.0 + 1.5**2)
    r_s = ((cos - np.sqrt(n**2 - 1 + cos**2)) / (cos + np.sqrt(n**2 - 1 + cos**2))) ** 2
    assert float(directional_emissivity(cos, n, 0.0)) == pytest.approx(1.0 - 0.5 * r_s, rel=1e-12)


def test_hagen_rubens_is_drude_without_relaxation_where_n_is_large() -> None:
    wavelength: FloatArray = np.array([30e-6, 100e-6])
    simple, full = hagen_rubens_index(wavelength, 7e-7), drude_index(wavelength, 7e-7)
    np.testing.assert_allclose(full, simple, rtol=1e-3)  # 1 / n^2 with n about 36
    assert simple[1].real == pytest.approx(np.sqrt(29.979 * 100e-6 / 7e-7), rel=1e-4)  # the constant is c mu_0 / 4 pi


def test_hagen_rubens_names_the_wavelength_where_it_means_nothing() -> None:
    with pytest.raises(PropertyRangeError, match="1e-09 m"):
        hagen_rubens_index(np.array([1e-9]), 7e-7)


def test_relaxation_of_copper_is_that_of_textbooks() -> None:
    assert relaxation_time(1.56e-8, 8.47e28) == pytest.approx(2.7e-14, rel=0.01)  # Ashcroft and Mermin, 273 K
    assert relaxation_wavelength(1.56e-8, 8.47e28) == pytest.approx(2.0 * np.pi * 299792458.0 * 2.7e-14, rel=0.01)


@pytest.mark.parametrize("name", ESTIMATES)
def test_alloys_reproduce_the_estimates_of_the_material_library(name: str) -> None:
    here = metal(name)
    # quoted with two digits, from resistivities known to a few per cent
    assert (here.emissivity(293.0), here.emissivity(77.0)) == pytest.approx(ESTIMATES[name], rel=0.035)


@pytest.mark.parametrize(("name", "finish"), [("ofhc_cu", "polished"), ("silver", "polished")])
def test_pure_metals_lie_in_the_range_of_polished_finishes(name: str, finish: str) -> None:
    library = material("ofhc_cu_rrr100" if name == "ofhc_cu" else name).finishes[finish]
    low, high = library.e77_range
    assert low <= metal(name).emissivity(77.0) <= high


def test_absorptivity_for_the_own_light_is_the_emissivity() -> None:
    steel = metal("ss304")
    assert steel.absorptivity(77.0, 77.0) == steel.emissivity(77.0)
    assert steel.emissivity(77.0) < steel.absorptivity(77.0, 293.0) < steel.emissivity(293.0)


def test_floor_of_cold_copper_exceeds_what_its_resistivity_gives() -> None:
    with_floor, without = metal("ofhc_cu"), metal("ofhc_cu", surface_scattering=False)
    floor = surface_scattering_floor(1.57e6)
    assert floor == pytest.approx(0.0039, abs=1e-4)
    gain = with_floor.emissivity(77.0) - without.emissivity(77.0)
    assert gain == pytest.approx(4.0 / 3.0 * floor, rel=0.05)  # 4/3: hemispherical; next order of a bright metal
    assert without.emissivity(77.0) < 0.2 * with_floor.emissivity(77.0)


def test_resistivity_follows_the_residual_ratio() -> None:
    soft, hard = metal("ofhc_cu", residual_resistance_ratio=300.0), metal("ofhc_cu", residual_resistance_ratio=20.0)
    assert soft.resistivity(20.0) < hard.resistivity(20.0)
    assert hard.resistivity(293.0) / hard.residual == pytest.approx(20.0, rel=1e-12)


def test_hagen_rubens_ends_beyond_thermal_wavelengths_in_cold_copper() -> None:
    assert metal("ofhc_cu").shortest_wavelength_m(77.0) > 1e-4
    assert metal("ss304").shortest_wavelength_m(77.0) == 0.0


def test_every_metal_has_an_index_in_a_band_and_says_whether_it_is_verified() -> None:
    for name in list_metals():
        n, k = metal(name).band_index(77.0, 293.0)
        assert 0.0 < n <= k * 1.01
        assert metal(name).verified is False


def test_an_unknown_metal_is_named_with_a_near_one() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'ss304'"):
        metal("ss303")


@pytest.mark.parametrize(("name", "ratio"), [("ss304", 10.0), ("gold", 0.5)])
def test_a_ratio_that_cannot_be_is_refused(name: str, ratio: float) -> None:
    with pytest.raises(ConfigError, match=f"{ratio:g}"):
        metal(name, residual_resistance_ratio=ratio)


def test_a_temperature_outside_the_table_is_refused() -> None:
    with pytest.raises(PropertyRangeError, match="1000"):
        metal("gold").emissivity(1000.0)
