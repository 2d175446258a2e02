"""Bodies from parts: names of faces after booleans and patterns, areas and volumes against formulas, contacts."""

import math
import tomllib
from pathlib import Path

import numpy as np
import pytest

from bbrmodel.errors import GeometryError
from bbrmodel.model import prepare_mesh
from bbrmodel.spec import build_case
from tests.cad_samples import BOX, Built, build, case_of, part

COARSE = 'resolution = "coarse"\n'
ROUND = 1e-9  # relative: polygons with `segments` have the circle's area to rounding
CAP = 0.03  # relative: chords of a round face at 20 edges a turn are short by 1.6 %, of a sphere by twice that

COARSE_CAP = 0.05  # the same at 12 edges a turn: 4.5 %


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def names(built: Built, body: str) -> set[str]:
    """Return the faces of one body."""
    return {name.partition("__")[2] for name in built.surfaces if name.startswith(f"{body}__")}


def test_a_box_stands_round_its_place_with_six_named_faces(cache: Path) -> None:
    built = build(BOX + "position_m = [0.1, 0.2, 0.3]\n", cache)
    assert names(built, "block") == {"x_low", "x_high", "y_low", "y_high", "z_low", "z_high"}
    assert built.area("block__x_low") == pytest.approx(0.03 * 0.04)
    assert built.place("block__x_low") == pytest.approx([0.09, 0.2, 0.3])
    assert built.place("block__z_high") == pytest.approx([0.1, 0.2, 0.32])
    assert built.normal("block__z_high") == pytest.approx([0.0, 0.0, 1.0])
    assert built.volume("block") == pytest.approx(0.02 * 0.03 * 0.04)


def test_a_part_is_turned_about_its_own_axis_before_the_axis_tilts_it(cache: Path) -> None:
    built = build(BOX + "turn_deg = 90.0\naxis = [1, 0, 0]\n", cache)
    # own x -> y by the turn; z -> x, x -> -z, y stays by the tilt
    assert built.place("block__x_high") == pytest.approx([0.0, 0.01, 0.0], abs=1e-9)
    assert built.place("block__y_high") == pytest.approx([0.0, 0.0, 0.015], abs=1e-9)
    assert built.place("block__z_high") == pytest.approx([0.02, 0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize(("axis", "sign"), [("[0, 0, 1]", 1.0), ("[0, 0, -2]", -1.0)])
def test_a_cylinder_stands_on_its_bottom_along_its_axis(axis: str, sign: float, cache: Path) -> None:
    text = part("rod", "cylinder", "radius_m = 0.01", "height_m = 0.03", "segments = 12", f"axis = {axis}")
    built = build(text, cache)
    assert names(built, "rod") == {"side", "top", "bottom"}
    assert built.area("rod__top") == pytest.approx(math.pi * 1e-4, rel=ROUND)
    assert built.volume("rod") == pytest.approx(math.pi * 3e-6, rel=ROUND)
    assert built.place("rod__top") == pytest.approx([0.0, 0.0, sign * 0.03], abs=1e-9)


def test_an_anchor_moves_the_point_that_is_placed(cache: Path) -> None:
    rod = part("rod", "cylinder", "radius_m = 0.01", "height_m = 0.03", 'anchor = "center"')
    assert build(rod, cache).place("rod__top")[2] == pytest.approx(0.015)
    assert build(BOX + 'anchor = "bottom"\n', cache).place("block__z_low")[2] == pytest.approx(0.0, abs=1e-12)


def test_a_tube_has_an_inner_and_an_outer_face_and_two_ends(cache: Path) -> None:
    lines = ("radius_m = 0.01", "inner_radius_m = 0.008", "height_m = 0.02", "segments = 16")
    built = build(part("tube", "tube", *lines), cache)
    assert names(built, "tube") == {"inner", "outer", "top", "bottom"}
    assert built.area("tube__top") == pytest.approx(math.pi * (1e-4 - 0.64e-4), rel=ROUND)
    assert built.area("tube__inner") < built.area("tube__outer")


def test_cones_and_spheres_have_their_areas_and_volumes(cache: Path) -> None:
    cone = part("cone", "cone", "radius_m = 0.02", "top_radius_m = 0.01", "height_m = 0.03")
    tip = part("tip", "cone", "radius_m = 0.02", "top_radius_m = 0.0", "height_m = 0.03", "position_m = [0.1, 0, 0]")
    ball = part("ball", "sphere", "radius_m = 0.01", "position_m = [0.2, 0, 0]")
    built = build(cone + tip + ball, cache)
    assert names(built, "cone") == {"side", "top", "bottom"}
    assert names(built, "tip") == {"side", "bottom"}
    assert names(built, "ball") == {"surface"}
    assert built.volume("cone") == pytest.approx(math.pi * 0.03 / 3.0 * (4e-4 + 2e-4 + 1e-4), rel=CAP)
    assert built.volume("tip") == pytest.approx(math.pi * 0.03 / 3.0 * 4e-4, rel=CAP)
    assert built.area("cone__side") == pytest.approx(math.pi * 0.03 * math.hypot(0.01, 0.03), rel=CAP)
    assert built.area("ball__surface") == pytest.approx(4.0 * math.pi * 1e-4, rel=CAP)


def test_holes_of_a_plate_keep_their_area_and_have_names(cache: Path) -> None:
    first = "{position_m = [0.01, 0], radius_m = 0.003, segments = 12}"
    second = '{position_m = [-0.01, 0], radius_m = 0.002, segments = 10, name = "wires", portal = true}'
    text = part("lid", "plate", "size_m = [0.05, 0.04, 0.002]", f"holes = [{first}, {second}]", "axis = [0, 1, 0]")
    built = build(text, cache)
    assert names(built, "lid") == {"x_low", "x_high", "y_low", "y_high", "top", "bottom", "hole_1", "wires"}
    assert built.area("lid__top") == pytest.approx(0.05 * 0.04 - math.pi * (9e-6 + 4e-6), rel=ROUND)
    assert built.place("lid__wires") == pytest.approx([-0.01, 0.001, 0.0], abs=1e-9)
    (portal,) = built.mesh.portals
    assert (portal.name, portal.normal) == ("lid_wires", pytest.approx((0.0, 1.0, 0.0)))
    assert portal.center_m == pytest.approx((-0.01, 0.001, 0.0))


CUP = part("cup", "cylinder", "radius_m = 0.03", "height_m = 0.06", 'fuse = ["rim"]', 'cut = ["hollow", "vent"]')
CUP += part("rim", "cylinder", "tool = true", "radius_m = 0.036", "height_m = 0.005", "position_m = [0, 0, 0.055]")
HOLLOW = ("tool = true", "radius_m = 0.027", "height_m = 0.057", "position_m = [0, 0, 0.003]")
CUP += part("hollow", "cylinder", *HOLLOW, 'faces = {side = "inner", bottom = "floor"}')
VENT = ("tool = true", "radius_m = 0.003", "height_m = 0.013", "axis = [1, 0, 0]", "position_m = [0.022, 0, 0.03]")
CUP += part("vent", "cylinder", *VENT, "segments = 12", "portal = true", "pattern = {count = 3, axis = [0, 0, 1]}")


@pytest.fixture(scope="module")
def cup(cache: Path) -> Built:
    return build(COARSE + CUP, cache)


def test_faces_keep_their_names_through_fuse_cut_and_pattern(cup: Built) -> None:
    assert cup.bodies == {"cup"}
    vents = {"vent_1", "vent_2", "vent_3"}
    assert names(cup, "cup") == {"side", "top", "bottom", "rim_side", "rim_bottom", "rim_top", "inner", "floor"} | vents
    assert cup.area("cup__top") == pytest.approx(
        math.pi * (0.03**2 - 0.027**2), rel=COARSE_CAP
    )  # what the hollow leaves
    assert cup.area("cup__rim_top") == pytest.approx(math.pi * (0.036**2 - 0.03**2), rel=COARSE_CAP)
    assert cup.place("cup__floor") == pytest.approx([0.0, 0.0, 0.003], abs=1e-4)
    assert cup.normal("cup__floor")[2] == pytest.approx(1.0)


def test_cut_faces_of_copies_lie_where_the_pattern_puts_them(cup: Built) -> None:
    for number, angle in enumerate((0.0, 120.0, 240.0), 1):
        place = cup.place(f"cup__vent_{number}")
        turned = math.degrees(math.atan2(place[1], place[0])) - angle
        assert (turned + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=0.5)
    # the bore of a 12-sided hole through a 3 mm wall, which is curved: perimeter times thickness to a percent
    corner = 0.003 * math.sqrt(math.pi / 6.0 / math.sin(math.pi / 6.0))
    perimeter = 24.0 * corner * math.sin(math.pi / 12.0)
    assert cup.area("cup__vent_1") == pytest.approx(perimeter * 0.003, rel=0.01)


def test_every_copy_of_a_tool_that_is_an_opening_gets_rays_of_its_own(cup: Built) -> None:
    assert [portal.name for portal in cup.mesh.portals] == ["vent_1", "vent_2", "vent_3"]
    second = cup.mesh.portals[1]
    assert np.linalg.norm(second.center_m[:2]) == pytest.approx(0.0285)
    assert second.normal == pytest.approx((-0.5, math.sqrt(0.75), 0.0))
    assert second.area_m2 > math.pi * 9e-6  # it covers the corners of the polygon


def test_copies_are_bodies_of_their_own_or_one_together(cache: Path) -> None:
    ball = part("ball", "sphere", "radius_m = 0.001", "pattern = {count = 3, step_m = [0.01, 0, 0]}")
    apart = build(ball, cache)
    assert apart.bodies == {"ball_1", "ball_2", "ball_3"}
    assert apart.place("ball_3__surface") == pytest.approx([0.02, 0.0, 0.0], abs=1e-5)
    together = build(ball.replace("[0.01, 0, 0]", "[0.01, 0, 0], together = true"), cache)
    assert (together.bodies, together.surfaces) == ({"ball"}, {"ball__surface"})
    assert together.volume("ball") == pytest.approx(sum(apart.volume(f"ball_{k}") for k in (1, 2, 3)), rel=CAP)


def test_a_pattern_copies_the_finished_part(cache: Path) -> None:
    drill = part("drill", "cylinder", "tool = true", "radius_m = 0.004", "height_m = 0.1", 'anchor = "center"')
    block = BOX + 'cut = ["drill"]\npattern = {count = 2, step_m = [0.05, 0, 0]}\n'
    built = build(COARSE + block + drill, cache)
    assert built.place("block_2__drill") == pytest.approx([0.05, 0.0, 0.0], abs=1e-4)


def test_intersect_keeps_what_both_share_and_names_new_faces_after_the_tool(cache: Path) -> None:
    tool = part("ball", "sphere", "tool = true", "radius_m = 0.012")
    built = build(part("piece", "box", "size_m = [0.02, 0.02, 0.02]", 'intersect = ["ball"]') + tool, cache)
    assert names(built, "piece") == {"x_low", "x_high", "y_low", "y_high", "z_low", "z_high", "ball"}
    cap = math.pi * 0.002**2 * (3.0 * 0.012 - 0.002) / 3.0  # of the ball beyond each face of the box
    assert built.volume("piece") == pytest.approx(4.0 / 3.0 * math.pi * 0.012**3 - 6.0 * cap, rel=CAP)
    assert built.area("piece__x_low") == pytest.approx(math.pi * (0.012**2 - 0.01**2), rel=CAP)


def test_a_body_that_fills_its_hole_touches_all_of_it(cache: Path) -> None:
    window = part("window", "cylinder", "radius_m = 0.005", "height_m = 0.002", "segments = 16")
    wall = part("wall", "plate", "size_m = [0.04, 0.04, 0.002]", 'cut = ["window"]')
    built = build(wall + window, cache)
    assert names(built, "wall") == {"x_low", "x_high", "y_low", "y_high", "top", "bottom"}
    assert names(built, "window") == {"top", "bottom"}
    corner = 0.005 * math.sqrt(math.pi / 8.0 / math.sin(math.pi / 8.0))
    (contact,) = built.contacts.values()
    assert (contact.first, contact.second) == ("wall", "window")
    assert contact.area_m2 == pytest.approx(32.0 * corner * math.sin(math.pi / 16.0) * 0.002, rel=ROUND)


def test_bodies_that_touch_share_exactly_the_common_area(cache: Path) -> None:
    above = part("above", "box", "size_m = [0.02, 0.03, 0.01]", "position_m = [0.005, 0.0, 0.025]")
    built = build(BOX + above, cache)
    assert built.contacts["above", "block"].area_m2 == pytest.approx(0.015 * 0.03)
    assert built.area("block__z_high") == pytest.approx(0.005 * 0.03)
    assert built.area("above__z_low") == pytest.approx(0.005 * 0.03)


def test_a_shell_is_a_surface_that_looks_into_its_space(cache: Path) -> None:
    room = part("room", "box", "size_m = [0.2, 0.2, 0.2]", "shell = true", 'faces = {x_low = "side", x_high = "side"}')
    built = build(COARSE + room + BOX, cache)
    assert built.bodies == {"block"}
    assert names(built, "room") == {"side", "y_low", "y_high", "z_low", "z_high"}
    assert built.normal("room__z_low") == pytest.approx([0.0, 0.0, 1.0])
    assert built.area("room__side") == pytest.approx(2.0 * 0.04)


def test_a_shell_ends_where_a_body_stands_on_it(cache: Path) -> None:
    room = part("room", "box", "size_m = [0.2, 0.2, 0.2]", "shell = true")
    built = build(COARSE + room + BOX + "position_m = [0, 0, -0.08]\n", cache)
    assert built.area("room__z_low") == pytest.approx(0.04 - 0.02 * 0.03)
    # the block's own lower face belongs to the outside of the room
    assert built.area("block__z_low") == pytest.approx(0.02 * 0.03)


@pytest.mark.parametrize(
    ("selection", "area"),
    [
        ("point_m = [0.01, 0.002, 0.003]", 0.03 * 0.04),
        ("normal = [1, 0, 0]", 0.03 * 0.04),
        ("box_m = [[-1, -1, -1], [1, 1, -0.0199]]", 0.02 * 0.03),
        ("normal = [0, 0, 1]\nbox_m = [[-1, -1, 0], [1, 1, 1]]", 0.02 * 0.03),
    ],
)
def test_faces_are_named_by_a_point_a_normal_or_a_box(selection: str, area: float, cache: Path) -> None:
    built = build(f'{BOX}[[geometry.faces]]\nsurface = "block__chosen"\n{selection}\n', cache)
    assert built.area("block__chosen") == pytest.approx(area)
    assert len(built.surfaces) == 6


def test_the_normal_of_a_shell_points_into_its_space(cache: Path) -> None:
    room = part("room", "box", "size_m = [0.2, 0.2, 0.2]", "shell = true")
    built = build(f'{COARSE}{room}[[geometry.faces]]\nsurface = "room__floor"\nnormal = [0, 0, 1]\n', cache)
    assert built.place("room__floor")[2] == pytest.approx(-0.1)


def test_sizes_hold_for_all_or_for_names_and_globs(cache: Path) -> None:
    def facets(more: str) -> int:
        return len(build(f"{more}\n{BOX}", cache).mesh.facets.points)

    assert facets("mesh_size_m = 0.004") > 2.0 * facets("mesh_size_m = 0.008")
    assert facets('mesh_size_m = 0.008\nresolution = "fine"') > facets("mesh_size_m = 0.008")
    assert facets('mesh_size_m = 0.008\nmesh_sizes_m = {"block__*_low" = 0.002}') > facets("mesh_size_m = 0.008")


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        (BOX + part("b", "sphere", "radius_m = 0.01"), "bodies 'block' and 'b' overlap by .* mm3"),
        (
            BOX
            + 'cut = ["ball"]\n'
            + part("ball", "sphere", "tool = true", "radius_m = 0.01", "position_m = [1, 0, 0]"),
            "geometry.parts.block: cut = 'ball': takes nothing away, they do not overlap",
        ),
        (
            BOX + 'cut = ["ball"]\n' + part("ball", "sphere", "tool = true", "radius_m = 0.1"),
            "geometry.parts.block: nothing is left of it after cut by 'ball'",
        ),
        (
            BOX
            + 'intersect = ["ball"]\n'
            + part("ball", "sphere", "tool = true", "radius_m = 0.1", "position_m = [1, 0, 0]"),
            "geometry.parts.block: nothing is left of it after intersect with 'ball'",
        ),
        (
            "mesh_sizes_m = {blokc = 0.1}\n" + BOX,
            "geometry.mesh_sizes_m.blokc = 0.1: there is no such body or surface. Did",
        ),
        (
            BOX + '[[geometry.faces]]\nsurface = "blok__lid"\nnormal = [0, 0, 1]\n',
            "geometry.faces.0.surface = 'blok__lid': there is no body 'blok'. Did you mean 'block'",
        ),
        (
            BOX + '[[geometry.faces]]\nsurface = "block__lid"\npoint_m = [0, 0, 0.021]\n',
            "geometry.faces.0.surface = 'block__lid': .* the nearest face is 1 mm away",
        ),
        (
            BOX + '[[geometry.faces]]\nsurface = "block__lid"\nnormal = [1, 1, 0]\n',
            "geometry.faces.0.surface = 'block__lid': none of its 6 exposed faces has this normal",
        ),
    ],
)
def test_geometry_that_cannot_be_meant_names_the_part(geometry: str, message: str, cache: Path) -> None:
    with pytest.raises(GeometryError, match=message):
        build(geometry, cache)


@pytest.mark.parametrize(
    ("x", "words"), [("0.02000001", "0.01 um apart"), ("0.0205", ""), ("0.02, 0.03", "together at an edge")]
)
def test_bodies_that_miss_each_other_by_a_hair_are_reported(
    x: str, words: str, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = f"[{x}, 0.0]" if "," in x else f"[{x}, 0.0, 0.0]"
    other = part("other", "box", "size_m = [0.02, 0.03, 0.04]", f"position_m = {place}")
    for _ in range(2):  # when the mesh is made and when it is found again
        caplog.clear()
        assert build(BOX + other, cache).contacts == {}
        found = [record.getMessage().partition(": no heat")[0] for record in caplog.records]
        assert found == ([f"own: bodies 'block' and 'other' share no face but are {words}"] if words else [])


def test_an_ion_inside_a_part_is_refused(cache: Path) -> None:
    case = case_of(BOX, more="[radiation]\nenvironment_temperature_K = 300.0\n[ion]\nposition_m = [0, 0, 0.001]")
    with pytest.raises(GeometryError, match=r"own: the ion at \(0.00, 0.00, 1.00\) mm lies inside body 'block'"):
        prepare_mesh(case, cache=cache)


def test_the_example_of_the_documentation_is_what_it_says(cache: Path, repository: Path) -> None:
    text = (repository / "docs" / "howto" / "own_cad.md").read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    built = Built(prepare_mesh(build_case(tomllib.loads(example)), cache=cache))
    assert built.bodies == {"plate", "rod"}
    assert built.area("plate__top") == pytest.approx(0.04 * 0.03 - math.pi * 9e-6, rel=ROUND)
    assert built.contacts["plate", "rod"].area_m2 == pytest.approx(math.pi * 16e-6, rel=CAP)
    assert built.normal("room__z_high") == pytest.approx([0.0, 0.0, -1.0])


def test_a_mesh_is_made_once_for_the_same_parts(cache: Path) -> None:
    text = part("ball", "sphere", "radius_m = 0.0123")
    assert not build(text, cache).mesh.from_cache
    assert build(text, cache).mesh.from_cache
    assert not build(text.replace("0.0123", "0.0124"), cache).mesh.from_cache
