"""The dynamic part of the shift in bands of light."""

import numpy as np
import pytest
from scipy.integrate import quad

from bbrmodel.constants import BOLTZMANN, PLANCK, SPEED_OF_LIGHT
from bbrmodel.ion.band_shift import _table, dynamic_by_band
from bbrmodel.ion.clocks import clock, list_clocks
from bbrmodel.ion.look import Looks
from bbrmodel.ion.mixture import weights_of
from bbrmodel.ion.shift import dynamic_correction, shift_Hz
from bbrmodel.ion.tables import shift_of_view
from bbrmodel.ion.watch import ViewWatch
from tests.unit.test_ion_derivatives import Room, band_optics

EDGES = (3e-6, 8e-6, 4e-5)


@pytest.mark.parametrize("name", list_clocks())
def test_bands_add_up_to_the_dynamic_correction(name: str) -> None:
    T = np.array([20.0, 77.0, 150.0, 293.0, 400.0])
    found = dynamic_by_band(clock(name), T, EDGES)
    assert found.shape == (4, 5)
    # Quadrature to 1e-10 of a line's share; the two halves of a pole at the limit of light (x = 60) cancel to less.
    np.testing.assert_allclose(found.sum(axis=0), dynamic_correction(clock(name), T), rtol=1e-7, atol=1e-13)


def test_one_band_is_all_light() -> None:
    T = np.array([77.0, 300.0])
    strontium = clock("sr87_698")
    np.testing.assert_allclose(dynamic_by_band(strontium, T, ())[0], dynamic_correction(strontium, T), rtol=1e-7)


def test_a_band_between_its_edges_is_the_integral_there() -> None:
    """87Sr at 293 K between 8 and 40 um, by adaptive quadrature; the lines are far away."""
    strontium, T = clock("sr87_698"), 293.0
    low, high = (PLANCK * SPEED_OF_LIGHT / (edge * BOLTZMANN * T) for edge in (4e-5, 8e-6))
    total = 0.0
    for line in strontium.response.lines:
        y = 100.0 * PLANCK * SPEED_OF_LIGHT * line.wavenumber_per_cm / (BOLTZMANN * T)
        integral = quad(lambda x, y=y: x**5 / np.expm1(x) / (y * y - x * x), low, high, epsabs=1e-13)[0]
        total += line.sign * line.polarizability * 15.0 / np.pi**4 * integral
    found = dynamic_by_band(strontium, np.array([T]), EDGES)[2, 0]
    assert found == pytest.approx(total / strontium.response.delta_alpha0, rel=1e-9)  # quadrature


def test_many_temperatures_are_interpolated_without_harm() -> None:
    strontium = clock("sr87_698")
    T = np.linspace(70.0, 300.0, 1001)
    table = dynamic_by_band(strontium, T, EDGES)
    exact = dynamic_by_band(strontium, T[::10], EDGES)
    # 80 temperatures, cubic: 1e-5 of the dynamic part at 300 K, which is 7 % of the shift.
    np.testing.assert_allclose(table[:, ::10], exact, atol=1e-6)


def test_short_waves_carry_more_of_the_dynamic_shift_than_of_the_power() -> None:
    strontium, T = clock("sr87_698"), np.array([293.0])
    parts = dynamic_by_band(strontium, T, (1e-5,))[:, 0]
    assert parts[0] / parts.sum() > 0.6  # below 10 um: 26 % of the power
    assert (parts > 0.0).all()


def test_a_room_of_one_temperature_shifts_as_a_black_body_whatever_its_bands() -> None:
    room = Room()
    exchange = room.exchange(band_optics(room), np.full(room.enclosure.num_facets, 200.0), 200.0)
    view = room.view(exchange)
    for name in ("sr87_698", "yb171_578", "cs133_hfs"):
        expected = float(shift_Hz(clock(name), 200.0))
        assert shift_of_view(clock(name), exchange, view) == pytest.approx(expected, rel=1e-8)  # closure


def test_a_table_for_drifting_temperatures_is_found_again() -> None:
    """The limits of the table lie on a lattice, so that temperatures a little off take the table that is there."""
    strontium, T = clock("sr87_698"), np.linspace(81.0, 289.0, 300)
    first = dynamic_by_band(strontium, T, EDGES)
    hits = _table.cache_info().hits
    second = dynamic_by_band(strontium, T * 1.001, EDGES)
    assert _table.cache_info().hits == hits + 1
    assert (np.abs(second.sum(axis=0)) > np.abs(first.sum(axis=0))).all()  # it grows with temperature nonetheless


def test_a_watch_gives_the_shift_of_each_band_while_temperatures_change() -> None:
    """In time the weights of the bands are kept; they do not depend on temperature, so nothing is lost."""
    room = Room()
    strontium = clock("sr87_698")
    optics = band_optics(room)
    number = room.enclosure.num_facets
    cold = room.exchange(optics, np.full(number, 80.0), 293.0)
    begin = room.view(cold)
    names = optics.light_names
    looks = Looks((room.direct.weight, room.direct.open_sky), dict.fromkeys(names, room.direct), {})
    warm = room.exchange(optics, np.linspace(85.0, 285.0, number), 293.0)
    watch = ViewWatch(warm, looks, strontium, 1.0, weights_of(cold, begin))
    now = room.view(warm)
    expected = shift_of_view(strontium, warm, now) * now.emitted_fourth_power / now.fourth_power
    found = watch.measure()
    assert found["ion:shift_Hz"] == pytest.approx(expected, rel=1e-8)  # the radiosity solve
    assert found["ion:effective_temperature_K"] == pytest.approx(now.emitted_fourth_power**0.25, rel=1e-9)
    # Mean weights, by which the dynamic part went before, are off by 1e-4 here: the test can tell.
    mean = float(now.weight @ shift_Hz(strontium, warm.facet_temperature_K)) + now.environment * float(
        shift_Hz(strontium, 293.0)
    )
    assert abs(mean / expected - 1.0) > 1e-4


def test_weights_of_the_short_band_decide_the_dynamic_part() -> None:
    """Light from outside in the short band alone, as through a window: not S(T) times its mean weight."""
    room = Room()
    optics = band_optics(room)
    exchange = room.exchange(optics, np.full(room.enclosure.num_facets, 80.0), 293.0)
    view = room.view(exchange)
    sky = dict(zip(optics.light_names, (0.05, 0.0, 0.0), strict=True))
    only_short = type(view)(**{**vars(view), "environment_by_light": sky})
    strontium = clock("sr87_698")
    without = type(view)(**{**vars(view), "environment_by_light": dict.fromkeys(sky, 0.0)})
    added = shift_of_view(strontium, exchange, only_short) - shift_of_view(strontium, exchange, without)
    T = np.array([293.0])
    share = float(optics.share("band_1", T)[0][0])
    dynamic = float(dynamic_by_band(strontium, T, optics.edges_m)[0, 0])
    static = float(shift_Hz(strontium, 293.0) / (1.0 + dynamic_correction(strontium, 293.0)))
    scale = view.fourth_power / view.emitted_fourth_power
    assert added == pytest.approx(scale * 0.05 * static * (share + dynamic), rel=1e-9)  # rounding
    mean = scale * 0.05 * share * float(shift_Hz(strontium, 293.0))
    assert abs(added - mean) > 0.1 * abs(mean)
