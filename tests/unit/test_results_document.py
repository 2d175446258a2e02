"""result.json: the keys other programs read, and numbers that JSON can hold."""

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from result_samples import make_solution

from bbrmodel.errors import UnknownNameError
from bbrmodel.results import lookup, lookup_all, to_document


def document() -> dict[str, Any]:
    return to_document(make_solution(), versions={"bbrmodel": "1.2.3"}, peak_memory_MiB=512.0)


PROMISED_KEYS = [
    "schema_version",
    "case",
    "ion.effective_temperature_K",
    "ion.effective_temperature_std_K",
    "ion.shift_Hz",
    "ion.fractional_shift",
    "ion.fractional_uncertainty",
    *(
        f"ion.surfaces.0.{key}"
        for key in (
            "name",
            "solid_angle_sr",
            "effective_solid_angle_sr",
            "mean_temperature_K",
            "min_temperature_K",
            "max_temperature_K",
            "emissivity",
            "share_of_T4",
        )
    ),
    *(f"thermal.bodies.0.{key}" for key in ("name", "min_K", "mean_K", "max_K")),
    "thermal.heat_flows_W.rf",
    "thermal.energy_balance.residual_W",
    "thermal.energy_balance.relative",
    "thermal.sensors.0.temperature_K",
    "mesh.cells",
    "mesh.facets",
    "mesh.min_quality",
    "radiation.facets",
    "radiation.rays",
    "radiation.row_sum_deviation_before",
    "radiation.reciprocity_deviation_before",
    "facets.surface_names",
    "solid.body_names",
    "timings_s.total",
    "peak_memory_MiB",
    "versions.bbrmodel",
    "warnings.0",
]


@pytest.mark.parametrize("path", PROMISED_KEYS)
def test_the_document_has_every_promised_key(path: str) -> None:
    assert lookup(document(), path) is not None


def test_the_document_survives_strict_json_unchanged() -> None:
    assert json.loads(json.dumps(document(), allow_nan=False)) == document()


def test_a_bonded_joint_is_null_and_says_that_it_is_bonded() -> None:
    bonded, finite = document()["thermal"]["joints"]
    assert (bonded["conductance_W_m2_K"], bonded["bonded"]) == (None, True)
    assert (finite["conductance_W_m2_K"], finite["bonded"]) == (8000.0, False)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_a_number_that_is_not_finite_becomes_null_and_a_warning(value: float) -> None:
    solution = make_solution()
    assert solution.ion is not None
    broken = replace(solution, ion=replace(solution.ion, shift_Hz=value))
    written = to_document(broken, versions={}, peak_memory_MiB=1.0)
    assert written["ion"]["shift_Hz"] is None
    assert written["warnings"][-1] == "ion.shift_Hz is not a finite number, written as null"


def test_baths_are_added_up() -> None:
    total = document()["thermal"]["bath_total"]
    assert total["heat_load_W"] == pytest.approx(6.5, rel=1e-15)  # rounding of one addition
    assert total["boil_off_L_per_day"] == pytest.approx(3.495, rel=1e-15)  # rounding of one addition


def test_a_run_without_ion_and_radiation_says_null() -> None:
    written = to_document(replace(make_solution(), ion=None, radiation=None), versions={}, peak_memory_MiB=1.0)
    assert written["ion"] is None
    assert written["radiation"] is None


def test_list_elements_are_found_by_name_as_well_as_by_index() -> None:
    assert lookup(document(), "ion.surfaces.chamber__lid.share_of_T4") == 0.75
    assert lookup(document(), "ion.surfaces.1.share_of_T4") == 0.75
    assert lookup(document(), "thermal.baths.lnc__bottom.heat_load_W") == 0.5


def test_a_key_that_holds_dots_is_found() -> None:
    assert lookup({"heat": {"wire.no.1": 3.0}}, "heat.wire.no.1") == 3.0


def test_a_star_takes_every_element_even_equal_ones() -> None:
    assert lookup_all({"list": [{"a": 1}, {"a": 1}]}, "list.*.a") == [1, 1]


def test_a_star_where_one_value_is_needed_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"'thermal\.baths\.\*\.heat_load_W' stands for 2 values"):
        lookup(document(), "thermal.baths.*.heat_load_W")


def test_a_misspelt_path_suggests_the_right_one() -> None:
    with pytest.raises(UnknownNameError, match=r"there is no 'shift_hz' .* Did you mean 'shift_Hz'\?"):
        lookup(document(), "ion.shift_hz")
