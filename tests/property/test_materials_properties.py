"""Properties of materials that hold for every entry and every temperature."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bbrmodel.materials import (
    constant_finish,
    contact_conductance,
    list_contacts,
    list_finishes,
    list_materials,
    ln2,
    material,
    resolve_finish,
)
from bbrmodel.materials.optics import absorptivity, emissivity, warm_share

CURVES = [(name, key) for name in list_materials() for key in material(name).curves]
derandomised = settings(derandomize=True, deadline=None, max_examples=200)
fraction = st.floats(0.0, 1.0)
emissivities = st.floats(1e-3, 1.0)
temperatures = st.floats(1.0, 2000.0)


def within(curve, share):
    low, high = curve.range_K
    low = max(low, 10.0)  # below, some fits are so steep that finite differences fail
    return low + share * (high - low)


@derandomised
@given(st.sampled_from(CURVES), fraction)
def test_every_property_is_positive_and_finite_over_its_whole_range(which, share):
    curve = material(which[0]).curve(which[1])
    low, high = curve.range_K
    value = curve(low + share * (high - low))
    assert np.isfinite(value)
    assert value > 0.0


@derandomised
@given(st.sampled_from(CURVES), st.floats(0.01, 0.99))
def test_derivatives_agree_with_differences(which, share):
    curve = material(which[0]).curve(which[1])
    T = within(curve, share)
    kinks = np.array([*curve.form.kinks_K, curve.form_range_K[1]])
    step = 1e-2
    if np.min(np.abs(kinks - T)) < 2 * step:
        return
    difference = float(curve(T + step) - curve(T - step)) / (2.0 * step)
    # y''' step^2 is 1e-6 of y' at 10 K; rounding in the ill-conditioned polynomials is 1e-11 of y, over the step.
    assert curve.derivative(T) == pytest.approx(difference, rel=1e-5, abs=1e-8 * float(curve(T)))


@derandomised
@given(st.sampled_from(CURVES), fraction, fraction, fraction)
def test_integrals_add_up(which, a, b, c):
    curve = material(which[0]).curve(which[1])
    start, middle, end = (within(curve, share) for share in (a, b, c))
    parts = curve.integral(start, middle) + curve.integral(middle, end)
    scale = abs(curve.integral(start, middle)) + abs(curve.integral(middle, end))
    # Gauss panels differ between the two sides; each is good to 1e-11.
    assert curve.integral(start, end) == pytest.approx(parts, rel=1e-9, abs=1e-9 * scale + 1e-12)


@derandomised
@given(st.sampled_from(CURVES), fraction, fraction)
def test_an_integral_lies_between_its_extremes(which, a, b):
    curve = material(which[0]).curve(which[1])
    start, end = sorted((within(curve, a), within(curve, b)))
    values = curve(np.linspace(start, end, 2001))
    # Between sample points a smooth property exceeds them by less than 1e-4.
    mean = curve.integral(start, end) / (end - start) if end > start else float(values[0])
    assert values.min() * (1 - 1e-4) <= mean <= values.max() * (1 + 1e-4)


@derandomised
@given(st.sampled_from(list_finishes()), temperatures)
def test_emissivity_is_what_is_absorbed_of_the_surfaces_own_mixture_of_light(name, T):
    finish = resolve_finish(name)
    x = warm_share(T)
    own = x * absorptivity(finish, T, "warm") + (1.0 - x) * absorptivity(finish, T, "cold")
    assert emissivity(finish, T) == pytest.approx(float(own), rel=1e-14)  # rounding
    assert 0.0 < emissivity(finish, T) <= 1.0


@derandomised
@given(emissivities, emissivities, temperatures)
def test_a_constant_finish_stays_between_its_two_values(cold, warm, T):
    value = emissivity(constant_finish(cold, warm), T)
    assert min(cold, warm) * (1 - 1e-14) <= value <= max(cold, warm) * (1 + 1e-14)  # rounding


@derandomised
@given(st.floats(63.151, 126.0), st.floats(0.0, 1.0))
def test_nitrogen_boils_at_the_temperature_of_its_vapour_pressure(T, excess):
    assert ln2.saturation_temperature(ln2.saturation_pressure(T)) == pytest.approx(T, rel=1e-11)  # rounding
    assert ln2.saturation_pressure(min(T + excess, 126.0)) >= ln2.saturation_pressure(T)


@derandomised
@given(st.floats(-30.0, 30.0), st.floats(1e-6, 5.0))
def test_boiling_takes_more_heat_from_a_hotter_wall(dT, step):
    assert ln2.boiling_heat_flux(dT + step) > ln2.boiling_heat_flux(dT)


@derandomised
@given(st.sampled_from(list_contacts()), st.floats(1e3, 1e8), st.floats(1.01, 10.0))
def test_pressing_harder_never_loosens_a_joint(key, pressure, ratio):
    assert contact_conductance(None, None, key, pressure * ratio).h >= contact_conductance(None, None, key, pressure).h
