"""Emissivities in bands: from totals of a finish, from resistivity, from n and k."""

import math

import numpy as np
import pytest

from bbrmodel.errors import UnknownNameError
from bbrmodel.materials import constant_finish, resolve_finish
from bbrmodel.materials.bands import (
    band_indices_of_metal,
    band_limits,
    band_source_K,
    bands_of_finish,
    bands_of_metal,
    bands_of_window,
    finish_of_bands,
    finish_of_metal,
)
from bbrmodel.materials.library import window
from bbrmodel.materials.spectral import BandedEmissivity, band_fraction_slopes, band_fractions, planck_fraction
from bbrmodel.materials.spectral_metals import hemispherical_emissivity
from bbrmodel.materials.spectral_resistivity import metal, metal_of_resistivity

MANY = tuple(np.geomspace(1e-6, 3e-4, 60))


def test_slopes_of_band_fractions_are_their_derivatives() -> None:
    edges, T, step = np.array([5e-6, 2e-5, 8e-5]), np.array([77.0, 293.0, 900.0]), 1e-3
    difference = (band_fractions(edges, T + step) - band_fractions(edges, T - step)) / (2.0 * step)
    # Fractions are good to 1e-12, so differences of them over 2e-3 K to 1e-9; third derivatives are smaller.
    np.testing.assert_allclose(band_fraction_slopes(edges, T), difference, atol=2e-9)
    assert band_fraction_slopes(edges, 0.0).tolist() == [0.0, 0.0, 0.0, 0.0]


def test_bands_of_a_finish_keep_its_totals_at_77_and_293_kelvin() -> None:
    finish = resolve_finish("polished", "silver")
    many = BandedEmissivity(MANY, bands_of_finish(finish, MANY, 77.0))
    assert float(many.mean(77.0)) == pytest.approx(finish.e77, rel=3e-3)  # 61 bands judged at 77 K or 293 K
    assert float(many.mean(293.0)) == pytest.approx(finish.a77_293, rel=3e-3)
    warm = BandedEmissivity(MANY, bands_of_finish(finish, MANY, 293.0))
    assert float(warm.mean(293.0)) == pytest.approx(finish.e293, rel=3e-3)


def test_bands_of_a_finish_that_goes_as_the_root_of_temperature_go_as_the_root_of_wavelength() -> None:
    finish = constant_finish(0.01, 0.01 * math.sqrt(293.0 / 77.0))
    short, long = bands_of_finish(finish, (1e-5, 1.02e-5, 4e-5, 4.08e-5), 77.0)[1::2]
    # Hagen and Rubens; bands of 2 % width are nearly points, at the same place in each.
    assert short / long == pytest.approx(2.0, rel=1e-3)


def test_a_grey_finish_is_the_same_in_all_bands() -> None:
    assert bands_of_finish(constant_finish(0.3), (1e-5, 3e-5), 150.0) == (0.3, 0.3, 0.3)


def test_no_band_emits_more_than_a_black_body() -> None:
    values = bands_of_finish(constant_finish(0.5, 0.99), (1e-6, 5e-6), 77.0)
    assert values[0] == pytest.approx(1.0, abs=1e-12)
    assert max(values) <= 1.0


@pytest.mark.parametrize("name", ["ss304", "ofhc_cu"])
def test_bands_of_a_metal_sum_to_its_total(name: str) -> None:
    known = metal(name)
    banded = BandedEmissivity(MANY, bands_of_metal(known, MANY, 77.0))
    assert float(banded.mean(77.0)) == pytest.approx(known.emissivity(77.0), rel=1e-3)  # 61 bands
    assert float(banded.mean(293.0)) == pytest.approx(known.absorptivity(77.0, 293.0), rel=1e-3)
    finish = finish_of_metal(known)
    assert (finish.e77, finish.a77_293) == (known.emissivity(77.0), known.absorptivity(77.0, 293.0))


def test_n_and_k_of_a_narrow_band_give_its_emissivity() -> None:
    known = metal("ss304")
    edges = (1e-5, 1.01e-5)
    n, k = band_indices_of_metal(known, edges, 100.0)[1]
    given = float(hemispherical_emissivity(np.array(n), np.array(k)))
    assert given == pytest.approx(bands_of_metal(known, edges, 100.0)[1], rel=1e-4)  # 1 % of width, halved


def test_a_given_resistivity_is_hagen_rubens_at_any_temperature() -> None:
    values = bands_of_metal(metal_of_resistivity(7e-7), (1e-4, 1.01e-4), 4.0)
    n = math.sqrt(29.98 * 1.005e-4 / 7e-7)  # 65
    # Free electrons differ from n = k by 1 / (2 n^2), the mean over 1 % of width from its middle by 1e-5.
    assert values[1] == pytest.approx(float(hemispherical_emissivity(np.array(n), np.array(n))), rel=5e-4)


def test_each_band_is_judged_by_light_that_fills_it() -> None:
    sources = [band_source_K(limits) for limits in band_limits((0.5e-6, 1.5e-5, 5e-5, 1e-2))]
    assert sources[1:4] == [293.0, 77.0, 77.0]
    for limits, source in zip(band_limits((0.5e-6, 1.5e-5, 5e-5, 1e-2)), sources, strict=True):
        assert float(np.diff(planck_fraction(np.array(limits), source))[0]) > 1e-9


def test_a_window_passes_below_its_cut_off_and_emits_above() -> None:
    glass = window("bk7")
    edge = 1e-6 * glass.cutoff_um
    emitted, passed = bands_of_window(glass, (edge,))
    assert emitted == (0.0, glass.emissivity_longwave_293)
    assert passed == (glass.transmittance_shortwave, glass.transmittance_longwave)
    # A band with the cut-off inside is a mean over the room's light: one hundred-thousandth lies below 2.7 um.
    emitted, passed = bands_of_window(glass, (8e-6,))
    below = float(planck_fraction(edge, 293.0) / planck_fraction(8e-6, 293.0))
    assert passed == pytest.approx((0.92 * below, 0.0), rel=1e-12)
    assert emitted[0] == pytest.approx(glass.emissivity_longwave_293 * (1.0 - below), rel=1e-12)


def test_a_material_without_window_data_is_named() -> None:
    with pytest.raises(UnknownNameError, match=r"'ss304' has no window data in the library. Known: bk7, "):
        window("ss304")


def test_totals_of_bands_are_means_over_planck() -> None:
    finish = finish_of_bands((8e-6,), (0.1, 0.9))
    below = float(planck_fraction(8e-6, 293.0))
    assert finish.e293 == pytest.approx(0.1 * below + 0.9 * (1.0 - below), rel=1e-14)
    assert finish.e293 == finish.a77_293
