"""Openings that nobody declared are found from the light that few rays carry past them.

Rationale: rays hardly find a small hole in front of something warm, and a user may not know that a portal helps.
Setup: a bright box of 0.1 m at 80 K with a square hole of 5 mm in its ceiling, closed behind by a small warm duct or
open to the room. Expected: the place, size and direction of the hole, from the few rays that pass it; nothing where a
portal stands, and nothing in a box without a hole, however uneven its light is.
"""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bbrmodel.ion.field import look_from
from bbrmodel.pipeline import solve_case
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure, Portal
from bbrmodel.radiation.light_classes import SourceOptics
from bbrmodel.radiation.light_exchange import LightExchange, RadiatingSurfaces
from bbrmodel.radiation.narrow_places import NarrowPlace, find_narrow_places
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.radiation.view_factors import compute_view_factors
from bbrmodel.spec import load_case
from bbrmodel.typing import FloatArray
from tests.verification.band_cases import case_text, write_shells
from tests.verification.shapes import cube, rectangle

SIDE, HALF, DEPTH = 0.1, 0.0025, 0.01
HOLE = (0.01, 0.0, 0.05)
ION = (0.0, 0.02, -0.01)


def ceiling_with_hole() -> FloatArray:
    """Return the ceiling, facing down."""
    x, y, z = HOLE
    edge = 0.5 * SIDE
    steps_x, steps_y = (-edge, x - HALF, x + HALF, edge), (-edge, y - HALF, y + HALF, edge)
    return np.concatenate(
        [
            rectangle([a, c, z], [0, d - c, 0], [b - a, 0, 0], 2)
            for i, (a, b) in enumerate(pairwise(steps_x))
            for j, (c, d) in enumerate(pairwise(steps_y))
            if (i, j) != (1, 1)
        ]
    )


def box(hole: str) -> Enclosure:
    """Return the box: `none`, with a hole to the `room`, or to a `duct` that widens to a warm chamber."""
    sides = cube([0, 0, 0], SIDE, 4, inward=True)
    if hole == "none":
        hot = sides.pop("x_low")
        return enclosure_of_triangles({**sides, "hot": hot})
    sides["z_high"] = ceiling_with_hole()
    if hole == "room":
        return enclosure_of_triangles(sides, open_model=True)
    chamber = cube([0, 0, 0], 1.0, 2, inward=True)
    middle = np.array([HOLE[0], HOLE[1], HOLE[2] + 0.5 * DEPTH])
    chamber = {name: part * [2 * HALF, 2 * HALF, DEPTH] + middle for name, part in chamber.items()}
    del chamber["z_low"]
    end = chamber.pop("z_high")
    return enclosure_of_triangles({**sides, "duct": np.concatenate(list(chamber.values())), "hot": end})


def places_in(enclosure: Enclosure) -> tuple[NarrowPlace, ...]:
    """Return what is found where `hot` or the room is at 293 K, all else at 80 K and bright."""
    names = enclosure.surface_names
    hot = np.array([name == "hot" for name in names])[enclosure.surface]
    emissivity = np.where(hot, 0.9, 0.1)
    surfaces = RadiatingSurfaces(
        areas={"all": compute_view_factors(enclosure, RaySettings(rays_per_facet=256)).areas},
        traced=frozenset(),
        area_m2=enclosure.area_m2,
        optics=SourceOptics(emissivity, emissivity, emissivity),
        patch=enclosure.surface,
        nodes=np.full((enclosure.num_facets, 3), -1),
        shell_temperature_K=np.where(hot, 293.0, 80.0),
        surface=enclosure.surface,
        surface_names=names,
        radiates=enclosure.radiates,
        environment_temperature_K=293.0 if enclosure.has_environment else None,
    )
    exchange = LightExchange(surfaces, 0)
    exchange.linearise(np.zeros(0))
    arrival = look_from(ION, enclosure, rays=1 << 14).arrival
    states = []
    for light in exchange.lights:
        state = light.solver.adjoint_state(arrival)
        states.append((light, arrival + light.solver.areas.apply(state)))
    return find_narrow_places(enclosure, states)


@pytest.mark.parametrize(("hole", "target"), [("room", None), ("duct", "hot")])
def test_a_hole_is_found_where_it_is(hole: str, target: str | None) -> None:
    (found,) = places_in(box(hole))
    # Places in a square of half a side h scatter by 0.58 h; four standard errors of the mean of 23 or more are 0.5 h.
    assert found.center_m[:2] == pytest.approx(HOLE[:2], abs=0.5 * HALF)
    # A duct is as narrow all along.
    assert -HALF < found.center_m[2] - HOLE[2] < DEPTH
    assert 0.7 * HALF < found.radius_m < 2.0**0.5 * HALF  # a square: the corners are further
    assert found.normal[2] > 0.9  # 0.9 is 26 degrees: the hole is off the centre of the box
    assert found.share > 0.25
    # The hole is 1 / 2400 of the walls; of the duct the hot end is seen.
    assert 1e3 < found.one_in < 1e4
    assert found.target == target


def test_nothing_is_found_where_a_portal_stands() -> None:
    enclosure = box("room")
    portal = Portal("hole", HOLE, (0.0, 0.0, 1.0), 2.0**0.5 * HALF)
    assert places_in(replace(enclosure, portals=(portal,))) == ()


def test_nothing_is_found_in_a_convex_box_with_a_hot_wall() -> None:
    assert places_in(box("none")) == ()


def test_a_small_hot_patch_of_a_wall_is_named_as_well() -> None:
    sides = cube([0, 0, 0], SIDE, 4, inward=True)
    x, y, z = HOLE
    sides["z_high"] = ceiling_with_hole()
    sides["hot"] = rectangle([x - HALF, y - HALF, z], [0, 2 * HALF, 0], [2 * HALF, 0, 0], 2)
    (found,) = places_in(enclosure_of_triangles(sides))
    assert found.target == "hot"
    assert np.linalg.norm(np.array(found.center_m) - HOLE) < 2.0 * HALF  # before it, where rays meet


def test_a_run_names_the_hole_until_the_case_declares_it(tmp_path: Path) -> None:
    sides = cube([0, 0, 0], SIDE, 4, inward=True) | {"z_high": ceiling_with_hole()}
    write_shells(tmp_path / "mesh.msh", sides)
    radiation = "rays_per_facet = 256\nenvironment_temperature_K = 293.0"
    ion = f"position_m = {list(ION)}\nrays = 65536"
    text = case_text(dict.fromkeys(sides, (80.0, "emissivity = 0.1")), radiation, ion)
    (tmp_path / "case.toml").write_text(text)
    found = solve_case(load_case(tmp_path / "case.toml"), cache=tmp_path / "cache")
    (note,) = (note for note in found.warnings if "rays leave" in note)
    assert "and the environment past a place about" in note
    assert "declare an opening there" in note
    portal = f"[[radiation.portals]]\nname = 'hole'\ncenter_m = {list(HOLE)}\nnormal = [0.0, 0.0, 1.0]\n"
    (tmp_path / "case.toml").write_text(text + portal + f"radius_m = {1.1 * HALF}\n")
    better = solve_case(load_case(tmp_path / "case.toml"), cache=tmp_path / "cache")
    assert not any("rays leave" in note for note in better.warnings)
    assert found.ion is not None
    assert better.ion is not None
    before, after = (s.ion.effective_temperature_rays_std_K for s in (found, better))
    assert after < 0.5 * before  # half is left from the rays of the ion itself, which see the hole directly
