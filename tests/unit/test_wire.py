"""A wire along its length, against closed forms: ends that share the heat of a current, fins, wires in warm light."""

import numpy as np
import pytest

from bbrmodel.conduction.terms import LinkTerm
from bbrmodel.conduction.terms_wire import WirePort, WireTerm
from bbrmodel.conduction.wire import HeatLaw, Wire, WireState, solve_wire
from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.errors import ConvergenceError, PropertyRangeError
from bbrmodel.materials import Curve, constant_curve, material
from bbrmodel.typing import FloatArray

K, DIAMETER, LENGTH = 50.0, 2e-4, 0.5
SECTION, PERIMETER = np.pi / 4 * DIAMETER**2, np.pi * DIAMETER
FINE = 400


def even(q: float) -> HeatLaw:
    """Return q watts in each metre, whatever the temperature."""
    return lambda T: (np.full_like(T, q), np.zeros_like(T))


def gas(h: float, ambient: float) -> HeatLaw:
    return lambda T: (h * PERIMETER * (ambient - T), np.full_like(T, -h * PERIMETER))


def light(emissivity: float, around: float) -> HeatLaw:
    factor = emissivity * STEFAN_BOLTZMANN * PERIMETER
    return lambda T: (factor * (around**4 - T**4), -4.0 * factor * T**3)


def solve(
    heat: HeatLaw,
    ports: list[tuple[float, float, float]],
    *,
    curve: Curve | None = None,
    cells: int = FINE,
    length: float = LENGTH,
) -> WireState:
    """Solve a wire with ports (place, conductance, temperature)."""
    places, conductances, temperatures = (np.array(column) for column in zip(*ports, strict=True))
    curve = constant_curve(K) if curve is None else curve
    return solve_wire(Wire(length, SECTION, curve, heat, even(0.0), places, conductances, cells), temperatures)


def held(place: float, temperature: float) -> tuple[float, float, float]:
    return place, np.inf, temperature


def test_the_heat_of_a_current_leaves_half_by_each_end_along_a_parabola() -> None:
    """Finite volumes have the parabola exactly: 1e-9 K is the rounding of 400 cells."""
    q = 0.05
    state = solve(even(q), [held(0.0, 80.0), held(LENGTH, 80.0)])
    np.testing.assert_allclose(state.flow_W, q * LENGTH / 2, rtol=1e-10)
    parabola = 80.0 + q * state.x_m * (LENGTH - state.x_m) / (2 * K * SECTION)
    np.testing.assert_allclose(state.T, parabola, atol=1e-8)
    assert state.T.max() == pytest.approx(80.0 + q * LENGTH**2 / (8 * K * SECTION), abs=1e-8)


def test_unequal_ends_add_the_heat_that_is_conducted() -> None:
    q, conducted = 0.05, K * SECTION / LENGTH * (293.0 - 80.0)
    state = solve(even(q), [held(0.0, 80.0), held(LENGTH, 293.0)])
    expected = [q * LENGTH / 2 + conducted, q * LENGTH / 2 - conducted]
    np.testing.assert_allclose(state.flow_W, expected, rtol=1e-10)  # rounding


def test_a_wire_without_heat_conducts_the_integral_of_its_conductivity() -> None:
    """Gauss points between nodes leave 1e-9 of the integral of a smooth k(T)."""
    curve = material("ss304").conductivity
    state = solve(even(0.0), [held(0.0, 77.0), held(LENGTH, 293.0)], curve=curve)
    expected = SECTION / LENGTH * curve.integral(77.0, 293.0)
    np.testing.assert_allclose(state.flow_W, [expected, -expected], rtol=1e-9)


@pytest.mark.parametrize("h", [0.5, 5.0, 48.0])
def test_a_fin_with_a_free_end_takes_m_k_A_tanh_mL(h: float) -> None:
    """m L is 7, 22 and 69. The error of second order on a grid that is fine at the ends is (pi / 400)^2 m L / 16."""
    m = np.sqrt(h * PERIMETER / (K * SECTION))
    state = solve(gas(h, 290.0), [held(0.0, 80.0), (LENGTH, 0.0, 0.0)])
    expected = m * K * SECTION * np.tanh(m * LENGTH) * (290.0 - 80.0)
    assert state.flow_W[0] == pytest.approx(expected, rel=(np.pi / FINE) ** 2 * m * LENGTH / 16)
    assert state.flow_W[1] == 0.0
    assert state.T[-1] == pytest.approx(290.0 - 210.0 / np.cosh(m * LENGTH), abs=1e-4)


def test_a_fin_between_two_temperatures_has_the_hyperbolic_solution() -> None:
    """Order 2: 2e-5 of the temperature differences at m L = 7."""
    h = 0.5
    m = np.sqrt(h * PERIMETER / (K * SECTION))
    state = solve(gas(h, 200.0), [held(0.0, 80.0), held(LENGTH, 293.0)])
    x, L = state.x_m, LENGTH
    expected = 200.0 + (-120.0 * np.sinh(m * (L - x)) + 93.0 * np.sinh(m * x)) / np.sinh(m * L)
    np.testing.assert_allclose(state.T, expected, atol=120.0 * 2e-5)


def test_the_error_of_a_fin_falls_with_the_square_of_the_cells() -> None:
    h = 5.0
    m = np.sqrt(h * PERIMETER / (K * SECTION))
    exact = m * K * SECTION * np.tanh(m * LENGTH) * 210.0
    ports = [held(0.0, 80.0), (LENGTH, 0.0, 0.0)]
    errors = [abs(solve(gas(h, 290.0), ports, cells=cells).flow_W[0] / exact - 1.0) for cells in (50, 100, 200)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders, 2.0, atol=0.1)


@pytest.mark.parametrize("emissivity", [0.06, 0.85])
def test_the_cold_end_of_a_long_wire_in_warm_light_takes_the_first_integral(emissivity: float) -> None:
    """A metre is endless for this wire (m L = 12 at least); 1e-4 is the error of 400 volumes at the cold end."""
    cold, warm = 80.0, 293.0
    state = solve(light(emissivity, warm), [held(0.0, cold), held(1.0, warm)], length=1.0)
    integral = warm**4 * (warm - cold) - (warm**5 - cold**5) / 5.0
    exact = np.sqrt(2.0 * K * SECTION * PERIMETER * emissivity * STEFAN_BOLTZMANN * integral)
    assert state.flow_W[0] == pytest.approx(exact, rel=1e-4)


def test_heat_into_all_ports_is_the_heat_that_the_wire_takes_up() -> None:
    state = solve(
        light(0.3, 293.0),
        [held(0.0, 80.0), held(LENGTH, 293.0), (0.2, 2e-4, 78.0), held(0.3, 77.5)],
        curve=material("phosphor_bronze_c51000").conductivity,
    )
    assert state.flow_W.sum() == pytest.approx(state.heat_W, rel=1e-10)  # conserved to rounding


def test_a_sink_at_one_temperature_cuts_the_wire_in_two() -> None:
    """Each piece is a wire of its own: equal to rounding."""
    q = 0.02
    whole = solve(even(q), [held(0.0, 80.0), held(LENGTH, 293.0), held(0.2, 77.0)])
    left = solve(even(q), [held(0.0, 80.0), held(0.2, 77.0)], length=0.2)
    right = solve(even(q), [held(0.0, 77.0), held(0.3, 293.0)], length=0.3)
    np.testing.assert_allclose(whole.flow_W[:2], [left.flow_W[0], right.flow_W[1]], rtol=1e-9)
    assert whole.flow_W[2] == pytest.approx(left.flow_W[1] + right.flow_W[0], rel=1e-9)


def test_a_sink_through_a_conductance_is_a_star_of_three_resistances() -> None:
    g, place = 3e-5, 0.2
    state = solve(even(0.0), [held(0.0, 80.0), held(LENGTH, 293.0), (place, g, 77.0)])
    first, second = K * SECTION / place, K * SECTION / (LENGTH - place)
    middle = (first * 80.0 + second * 293.0 + g * 77.0) / (first + second + g)
    expected = [first * (middle - 80.0), second * (middle - 293.0), g * (middle - 77.0)]
    np.testing.assert_allclose(state.flow_W, expected, rtol=1e-9)  # linear: rounding


def test_flows_change_as_their_slopes_say() -> None:
    """Central differences of 1e-3 K are good to 1e-6 of the largest slope."""
    ports = [held(0.0, 80.0), held(LENGTH, 293.0), (0.2, 2e-4, 78.0), held(0.3, 77.5)]
    places, conductances, port_K = (np.array(column) for column in zip(*ports, strict=True))
    curve = material("ss304").conductivity
    wire = Wire(LENGTH, SECTION, curve, light(0.5, 290.0), even(0.0), places, conductances, 60)

    def flows(T: FloatArray) -> FloatArray:
        return solve_wire(wire, T).flow_W

    step = 1e-3 * np.eye(4)
    found = np.array([(flows(port_K + s) - flows(port_K - s)) / 2e-3 for s in step]).T
    slope = solve_wire(wire, port_K).slope_W_K
    np.testing.assert_allclose(slope, found, atol=1e-6 * np.abs(slope).max())


def test_a_current_that_heats_faster_than_heat_can_leave_is_an_error() -> None:
    """A resistivity that doubles every kelvin has no steady state at this current."""

    def runaway(T: FloatArray) -> tuple[FloatArray, FloatArray]:
        heat = 1e-3 * np.exp2(np.minimum(T - 80.0, 900.0))
        return heat, np.log(2.0) * heat

    with pytest.raises(ConvergenceError, match=r"a wire of 0\.5 m found no steady temperature"):
        solve(runaway, [held(0.0, 80.0), held(LENGTH, 80.0)])
    places = np.array([0.0, LENGTH])
    wire = Wire(LENGTH, SECTION, constant_curve(K), runaway, runaway, places, np.full(2, np.inf), 50)
    with pytest.raises(ConvergenceError, match=r"link:hot: a wire of 0\.5 m found no steady temperature"):
        WireTerm("link:hot", wire, (WirePort(None, 80.0), WirePort(None, 80.0)), 1).heat(np.zeros(0))


def test_a_plain_link_bears_iterates_outside_its_range_and_judges_the_solution() -> None:
    """Beyond the data the nearest conductivity holds; the flow goes on without a jump."""
    curve = material("ss304").conductivity  # 4 to 350 K
    weights = np.array([1.0])

    def link(warm: float) -> LinkTerm:
        return LinkTerm("link:x", weights, None, warm, 1e-6, curve)

    T = np.array([80.0])
    inside, beyond = link(350.0).flow(T), link(360.0).flow(T)
    assert beyond - inside == pytest.approx(1e-6 * 10.0 * float(curve(350.0)), rel=1e-9)
    link(340.0).check_range(T)
    with pytest.raises(PropertyRangeError, match=r"link:x: material ss304: thermal conductivity .* at 360 K"):
        link(360.0).check_range(T)


def wire_term(count: int = 3) -> tuple[WireTerm, FloatArray]:
    """Return three wires between two halves of six nodes and a temperature, and temperatures of the nodes."""
    weights = np.array([[0.5, 0.5, 0, 0, 0, 0], [0, 0, 0, 0.25, 0.25, 0.5]])
    places, conductances = np.array([0.0, LENGTH, 0.1]), np.array([np.inf, np.inf, 1e-4])
    wire = Wire(LENGTH, SECTION, constant_curve(K), gas(2.0, 250.0), even(0.0), places, conductances, 80)
    ports = (WirePort(weights[0]), WirePort(weights[1]), WirePort(None, 77.0))
    return WireTerm("link:x", wire, ports, count), np.array([80.0, 82.0, 90.0, 100.0, 110.0, 120.0])


def test_a_wire_gives_the_solid_what_its_ports_on_it_take() -> None:
    term, T = wire_term()
    state = term.state(T)
    assert term.heat(T).sum() == pytest.approx(3 * state.flow_W[:2].sum(), rel=1e-12)
    assert term.total(T) == pytest.approx(3 * state.flow_W[:2].sum(), rel=1e-12)
    assert term.flow(T) == pytest.approx(3 * state.flow_W[0], rel=1e-12)
    assert term.ends(T) == pytest.approx((81.0, 112.5))


def test_the_derivative_of_a_wire_is_that_of_its_heat() -> None:
    term, T = wire_term()
    direction = np.array([1.0, -0.5, 0.3, 0.7, 0.2, -0.4])
    numeric = (term.heat(T + 1e-3 * direction) - term.heat(T - 1e-3 * direction)) / 2e-3
    np.testing.assert_allclose(term.apply_derivative(T, direction), numeric, atol=1e-6 * np.abs(numeric).max())
    assert (term.derivative(T).toarray().diagonal() <= 0.0).all()  # a preconditioner that is never indefinite


def test_a_wire_that_leaves_the_range_of_its_material_is_named() -> None:
    curve = material("ss304").conductivity
    places = np.array([0.0, LENGTH])
    wire = Wire(LENGTH, SECTION, curve, even(1.0), even(1.0), places, np.full(2, np.inf), 50)
    term = WireTerm("link:hot", wire, (WirePort(None, 80.0), WirePort(None, 80.0)), 1)
    with pytest.raises(PropertyRangeError, match="link:hot: material ss304: thermal conductivity"):
        term.check_range(np.zeros(0))
