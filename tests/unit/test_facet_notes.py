"""What a result says of the size of facets near small openings."""

from dataclasses import replace

import pytest
from result_samples import make_solution

from bbrmodel.pipeline import _about_facets
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Portal
from bbrmodel.solution import CrossCheck
from tests.verification.shapes import cube

ROOM = enclosure_of_triangles(cube([0, 0, 0], 1.0, 1, inward=True))
VENTED = replace(ROOM, portals=(Portal("vent", (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), 0.1),))


@pytest.mark.parametrize(
    ("deviation", "expected"), [(None, "compare with ion.cross_check_paths"), (-1.0, None), (-3.5, "-3.5 standard")]
)
def test_where_there_are_small_openings_the_size_of_facets_is_judged_by_paths(
    deviation: float | None, expected: str | None
) -> None:
    ion = make_solution().ion
    assert ion is not None
    if deviation is not None:
        check = CrossCheck(1000, ion.effective_temperature_K + 0.1 * deviation, 0.1, deviation)
        ion = replace(ion, cross_check=check)
    else:
        ion = replace(ion, cross_check=None)
    notes = _about_facets(ion, VENTED)
    assert len(notes) == (expected is not None)
    assert all(str(expected) in note for note in notes)
    assert _about_facets(ion, ROOM) == []
