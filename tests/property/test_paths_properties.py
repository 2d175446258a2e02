"""What holds for any optics: light is neither made nor lost, and equal temperatures stay equal."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.paths import SHELL, PathSettings, PointSource, SurfaceOptics, optics_of_surfaces, trace_weights
from tests.verification.shapes import cube, rectangle

SIDES = ("x_low", "x_high", "y_low", "y_high", "z_low", "z_high")
share = st.floats(0.0, 1.0)
diffuse_or_mirror = st.builds(SurfaceOptics, absorptivity=st.floats(0.05, 1.0), specularity=share)
metal = st.builds(
    SurfaceOptics, specularity=share, n=st.floats(0.5, 5.0), k=st.floats(0.5, 5.0)
)  # bright enough to reflect, dark enough to end soon
sheet = st.tuples(share, share).map(
    lambda pair: SurfaceOptics(absorptivity=pair[0], transmittance=(1.0 - pair[0]) * pair[1], passage=SHELL)
)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.one_of(diffuse_or_mirror, metal), min_size=6, max_size=6), sheet, st.integers(0, 2**31))
def test_isothermal_enclosure_has_its_temperature_for_any_optics(
    sides: list[SurfaceOptics], screen: SurfaceOptics, seed: int
) -> None:
    triangles = cube(np.zeros(3), 1.0, 1, inward=True)
    triangles["screen"] = rectangle([-0.2, -0.2, 0.2], [0.4, 0.0, 0.0], [0.0, 0.4, 0.0], 1)
    enclosure = enclosure_of_triangles(triangles)
    optics = optics_of_surfaces(enclosure, dict(zip(SIDES, sides, strict=True)) | {"screen": screen})
    found = trace_weights(
        enclosure,
        optics,
        source=PointSource((0.05, 0.1, -0.1)),
        settings=PathSettings(paths=512, replicas=4, seed=seed, threads=1),
    )
    assert abs(found.sum_of_weights - 1.0) < 1e-12  # every path's weight is booked whole: rounding alone
    assert (found.weight >= 0.0).all()
    value, error = found.mean(np.full(enclosure.num_facets, 79.5**4))
    assert abs(value**0.25 - 79.5) < 1e-10
    assert error < 1e-6 * value
