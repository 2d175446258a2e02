"""What a result says of the size of facets, of a second method and of what the clock's data lack."""

from dataclasses import replace

import pytest
from result_samples import make_solution

from bbrmodel.ion.clocks import clock
from bbrmodel.ion.shift import tensor_remark
from bbrmodel.pipeline import _about_anisotropy, _about_facets
from bbrmodel.solution import CrossCheck, IonField


@pytest.fixture
def ion() -> IonField:
    field = make_solution().ion
    assert field is not None
    return replace(field, cross_check=None)


@pytest.mark.parametrize(("deviation", "expected"), [(-1.0, None), (-3.5, "-3.5 standard")])
def test_a_second_method_that_disagrees_is_reported(ion: IonField, deviation: float, expected: str | None) -> None:
    check = CrossCheck(1000, ion.effective_temperature_K + 0.1 * deviation, 0.1, deviation)
    notes = _about_facets(replace(ion, cross_check=check))
    assert len(notes) == (expected is not None)
    assert all(str(expected) in note for note in notes)


@pytest.mark.parametrize(("size_K", "rays_K", "said"), [(0.1, 0.01, True), (0.01, 0.001, False), (0.1, 0.09, False)])
def test_facets_that_cost_far_more_than_rays_are_reported(
    ion: IonField, size_K: float, rays_K: float, said: bool
) -> None:
    field = replace(ion, effective_temperature_facets_std_K=size_K, effective_temperature_rays_std_K=rays_K)
    notes = _about_facets(field)
    assert len(notes) == said
    assert all("size of facets leaves 0.1 K" in note for note in notes)


@pytest.mark.parametrize(("name", "said"), [("yb171p_e3", True), ("ca40p_729", False), ("al27p_267", False)])
def test_an_uneven_field_is_warned_of_where_the_clock_has_no_tensor_data(ion: IonField, name: str, said: bool) -> None:
    assert ion.anisotropy is not None
    field = replace(ion, clock=name, anisotropy=replace(ion.anisotropy, tensor_remark=tensor_remark(clock(name))))
    notes = _about_anisotropy(field)
    assert len(notes) == said
    assert all("A = -2.0e-02 .. 2.0e-02 over all axes, is not in the result" in note for note in notes)
