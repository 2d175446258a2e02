"""Materials of a case: numbers, tables, and what they take from the library."""

import math

import numpy as np
import pytest

from bbrmodel.errors import ConfigError, PropertyRangeError, UnknownNameError
from bbrmodel.materials import material
from bbrmodel.materials.custom import find_material
from bbrmodel.materials.spectral_resistivity import metal, resistivity_curve
from bbrmodel.spec import CustomMaterial

TABLE = {"temperatures_K": [77.0, 200.0, 300.0], "values": [500.0, 410.0, 400.0]}


def custom(**keys: object) -> dict[str, CustomMaterial]:
    return {"mine": CustomMaterial.model_validate(keys)}


def test_a_table_is_joined_by_straight_lines_and_integrates_exactly() -> None:
    curve = find_material("mine", custom(conductivity_W_m_K=TABLE, origin="measured")).conductivity
    np.testing.assert_allclose(curve(np.array([77.0, 138.5, 250.0])), [500.0, 455.0, 405.0], rtol=1e-14)
    np.testing.assert_allclose(curve.derivative(np.array([100.0, 250.0])), [-90 / 123, -0.1], rtol=1e-12)
    assert curve.integral(77.0, 300.0) == pytest.approx(455.0 * 123 + 405.0 * 100, rel=1e-13)
    assert curve.source == "measured"


def test_a_table_may_be_joined_by_power_laws() -> None:
    """Between two points of k = T^2 a power law is exact."""
    table = {"temperatures_K": [10.0, 100.0], "values": [100.0, 10000.0], "interpolation": "power_law"}
    curve = find_material("mine", custom(conductivity_W_m_K=table)).conductivity
    assert float(curve(30.0)) == pytest.approx(900.0, rel=1e-12)


def test_leaving_the_table_is_an_error_with_the_material_and_its_range() -> None:
    curve = find_material("mine", custom(conductivity_W_m_K=TABLE)).conductivity
    with pytest.raises(PropertyRangeError, match=r"material mine: thermal conductivity .* at 310 K .* 77 to 300 K"):
        curve(310.0)


def test_a_number_holds_at_all_temperatures() -> None:
    found = find_material("mine", custom(conductivity_W_m_K=0.3, density_kg_m3=1200.0, heat_capacity_J_kg_K=600))
    assert float(found.conductivity(4.0)) == 0.3
    assert found.heat_capacity is not None
    assert float(found.heat_capacity(293.0)) == 600.0
    assert (found.density_kg_m3, found.library, found.resistivity) == (1200.0, None, None)
    assert math.isinf(found.conductivity.range_K[1])


def test_what_a_material_does_not_give_comes_from_the_one_that_it_is_like() -> None:
    found = find_material("mine", custom(like="ss304", conductivity_W_m_K=TABLE))
    steel = material("ss304")
    assert found.library == "ss304"
    assert float(found.conductivity(77.0)) == 500.0
    assert found.heat_capacity is steel.heat_capacity
    assert found.density_kg_m3 == steel.density_kg_m3
    assert found.resistivity is not None
    assert find_material("mine", custom(like="ss304", density_kg_m3=7000.0)).conductivity is steel.conductivity


def test_a_library_material_has_its_own_curves_and_the_resistivity_of_its_metal() -> None:
    for name, ratio in (("ofhc_cu_rrr50", 50.0), ("ofhc_cu_rrr100", 100.0)):
        found = find_material(name, {})
        assert found.conductivity is material(name).conductivity
        assert found.resistivity is not None
        expected = metal("ofhc_cu", residual_resistance_ratio=ratio).resistivity(77.0)
        assert float(found.resistivity(77.0)) == pytest.approx(expected, rel=1e-14)
    assert find_material("ptfe", {}).resistivity is None


def test_the_resistivity_curve_of_a_metal_holds_its_impurities() -> None:
    curve = resistivity_curve("ofhc_cu", residual_resistance_ratio=50.0)
    found = metal("ofhc_cu", residual_resistance_ratio=50.0)
    assert float(curve(150.0)) == pytest.approx(found.resistivity(150.0), rel=1e-14)
    numeric = (float(curve(160.001)) - float(curve(159.999))) / 0.002  # differences of 1e-3 K: 1e-6
    assert float(curve.derivative(160.0)) == pytest.approx(numeric, rel=1e-5)


def test_an_unknown_material_suggests_those_of_the_case_and_of_the_library() -> None:
    with pytest.raises(UnknownNameError, match=r"material 'mina' is neither in the library nor in \[materials\].*mine"):
        find_material("mina", custom(conductivity_W_m_K=1.0))
    with pytest.raises(UnknownNameError, match=r"material 'ss305' .*ss304"):
        find_material("ss305", {})
    with pytest.raises(UnknownNameError, match=r"materials\.mine\.like = 'ss305'"):
        find_material("mine", custom(like="ss305"))


def test_a_name_of_the_library_cannot_mean_something_else() -> None:
    with pytest.raises(ConfigError, match=r"materials\.ss304: the library has a material of that name"):
        find_material("ss304", {"ss304": CustomMaterial.model_validate({"conductivity_W_m_K": 1.0})})
