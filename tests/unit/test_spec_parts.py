"""Parts and CAD files in a case: what contradicts itself is refused in one line with place, value, rule, remedy."""

from pathlib import Path

import pytest

from bbrmodel.spec import load_case, resolved_toml
from tests.cad_samples import BOX, case_of, part, problems

TOOL = part("tool_a", "cylinder", "tool = true", "radius_m = 0.001", "height_m = 0.1")


@pytest.mark.parametrize(
    ("geometry", "expected"),
    [
        ("parts = []", "geometry.parts = []: has no part. Write [[geometry.parts]]."),
        (
            part("a", "boxx"),
            "geometry.parts.a.kind = \"boxx\": must be 'box', 'plate', 'cylinder', 'tube', 'cone' or 'sphere'. "
            "Did you mean 'box'?",
        ),
        (
            part("a__b", "sphere", "radius_m = 1"),
            'geometry.parts.a__b.name = "a__b": must be lower-case letters, digits and single underscores that start '
            "with a letter. Write a name like vent_cover; two underscores separate body and face.",
        ),
        (
            part("a", "box"),
            'geometry.parts.a = {name = "a", kind = "box"}: a box needs size_m. Add size_m.',
        ),
        (
            part("a", "box", "size_m = [1, 0, 1]"),
            "geometry.parts.a.size_m = [1, 0, 1]: must be three positive numbers. Write the edges [x, y, z].",
        ),
        (
            part("a", "sphere", "radius_m = 1", "height_m = 2.0"),
            "geometry.parts.a.height_m = 2.0: means nothing for a sphere. Remove it; a sphere has radius_m.",
        ),
        (
            part("a", "tube", "radius_m = 0.01", "inner_radius_m = 0.02", "height_m = 1"),
            "geometry.parts.a.inner_radius_m = 0.02: must be below radius_m = 0.01, which is the outer one. "
            "Exchange the two or correct one.",
        ),
        (
            part("a", "cone", "radius_m = 0.01", "top_radius_m = 0.01", "height_m = 1"),
            'geometry.parts.a.top_radius_m = 0.01: equals radius_m, so that this is no cone. Write kind = "cylinder".',
        ),
        (
            part("a", "cylinder", "radius_m = 0.01", "height_m = 1", "tool = true", "shell = true"),
            "geometry.parts.a.shell = true: contradicts tool = true: a tool vanishes, a shell stays. "
            "Keep one of the two.",
        ),
        (
            part("a", "cylinder", "radius_m = 0.01", "height_m = 1", "portal = true"),
            "geometry.parts.a.portal = true: is for a cylinder that cuts a hole, and this one is no tool. "
            "Add tool = true or remove portal.",
        ),
        (
            part("a", "plate", "size_m = [0.1, 0.1, 0.01]", "holes = [{position_m = [0.049, 0], radius_m = 0.002}]"),
            "geometry.parts.a.holes.0.position_m = [0.049, 0]: with radius_m = 0.002 reaches the edge of the plate. "
            "Move the hole inwards, or cut the plate with a tool.",
        ),
        (
            part(
                "a",
                "plate",
                "radius_m = 0.1",
                "height_m = 0.01",
                "holes = [{position_m = [0, 0], radius_m = 0.01}, {position_m = [0.015, 0], radius_m = 0.01}]",
            ),
            "geometry.parts.a.holes.1.position_m = [0.015, 0]: overlaps hole_1. Move the holes apart.",
        ),
        (
            part("a", "box", "size_m = [1, 1, 1]", 'cut = ["tool_b"]') + TOOL,
            "geometry.parts.a.cut.0 = \"tool_b\": there is no part of that name. Did you mean 'tool_a'?",
        ),
        (
            part("a", "box", "size_m = [1, 1, 1]", 'cut = ["a"]'),
            'geometry.parts.a.cut.0 = "a": is the part itself. Name another part.',
        ),
        (
            part("a", "box", "size_m = [1, 1, 1]", 'fuse = ["block"]') + BOX,
            'geometry.parts.a.fuse.0 = "block": is a body, which cannot be part of another. Give it tool = true.',
        ),
        (
            part("a", "box", "size_m = [1, 1, 1]", 'intersect = ["block"]') + BOX,
            'geometry.parts.a.intersect.0 = "block": is a body, with which the part would then share space. '
            "Give it tool = true.",
        ),
        (BOX + TOOL, "geometry.parts.tool_a.tool = true: no part uses 'tool_a'. Name it in fuse, intersect or cut, or"),
        (BOX + BOX, "geometry.parts.1.name = \"block\": makes 'block', which is already the name of a part or copy of"),
        (
            part("vent", "sphere", "radius_m = 1", "pattern = {count = 2, step_m = [3, 0, 0]}")
            + part("vent_2", "sphere", "radius_m = 1"),
            "geometry.parts.vent_2.name = \"vent_2\": makes 'vent_2', which is already the name of a part or copy of "
            "'vent'. Give each part its own name.",
        ),
        (
            part("a", "box", "size_m = [1, 1, 1]", 'cut = ["b"]')
            + part("b", "box", "size_m = [1, 1, 1]", 'cut = ["a"]'),
            'geometry.parts.a = "a": needs itself (a -> b -> a). Remove one of these operations.',
        ),
        (
            part("a", "box", "size_m = [1, 1, 1]", 'faces = {z_hihg = "top"}'),
            "geometry.parts.a.faces.z_hihg = \"top\": 'a' has no face 'z_hihg'. Did you mean 'z_high'?",
        ),
        (
            part("a", "sphere", "radius_m = 1", "pattern = {count = 2}"),
            "geometry.parts.a.pattern = {count = 2}: gives none of axis, step_m. Give exactly one of them.",
        ),
        (
            BOX + '[[geometry.faces]]\nsurface = "block__lid"\n',
            'geometry.faces.0 = {surface = "block__lid"}: selects nothing. Give point_m, normal or box_m.',
        ),
        (
            BOX + '[[geometry.faces]]\nsurface = "lid"\nnormal = [0, 0, 1]\n',
            'geometry.faces.0.surface = "lid": must be <body>__<face>. Write the body, two underscores, and a name.',
        ),
        (
            'step_file = "trap.igs"',
            'geometry.step_file = "trap.igs": must be a STEP or BREP file, named .step, .stp, .brep or .brp. '
            "A mesh goes with mesh_file; export other CAD formats as STEP.",
        ),
        (
            'step_file = "trap.step"\nlength_unit_m = 0.001',
            "geometry.length_unit_m = 0.001: means nothing for a STEP file, which says its unit itself. Remove it.",
        ),
        (
            'mesh_file = "trap.msh"\nmesh_size_m = 0.001',
            "geometry.mesh_size_m = 0.001: means nothing without step_file or parts. Give step_file or parts too or",
        ),
    ],
)
def test_a_contradiction_is_refused_in_one_line(geometry: str, expected: str) -> None:
    (line,) = problems(geometry)
    assert line.startswith(expected)


def test_parts_that_are_all_tools_leave_nothing() -> None:
    one = part("a", "sphere", "radius_m = 1", "tool = true", 'fuse = ["b"]')
    lines = problems(one + part("b", "sphere", "radius_m = 1", "tool = true", "position_m = [1, 0, 0]"))
    assert lines[-1] == 'geometry.parts = ["a", "b"]: are all tools, so that nothing is left. ' + (
        "Remove tool = true from a body."
    )


def test_all_mistakes_of_several_parts_come_at_once() -> None:
    lines = problems(part("a", "box") + part("b", "sphere", "radius_m = -1") + part("c", "cone", 'cut = ["d"]'))
    assert len(lines) == 6  # size_m; radius_m; three keys of the cone; the unknown part
    assert sum("a cone needs" in line for line in lines) == 3


def test_a_renamed_face_of_a_tool_is_known_where_the_tool_cuts() -> None:
    tool = part("hollow", "cylinder", "tool = true", "radius_m = 0.1", "height_m = 1", 'faces = {side = "inner"}')
    ok = part("a", "box", "size_m = [1, 1, 1]", 'cut = ["hollow"]', 'faces = {inner = "wall", hollow = "floor"}')
    assert problems(ok + tool) == ()


def test_parameters_stand_for_any_number_of_a_part() -> None:
    more = "[parameters]\nx = 0.25\nn = 3\nr = 0.01"
    geometry = part("a", "sphere", 'radius_m = "$r"', 'position_m = [0, "$x", 0]')
    geometry += 'pattern = {count = "$n", step_m = [0, 0, "$x"]}\n'
    case = case_of(geometry, more=more)
    (found,) = case.geometry.parts
    assert (found.radius_m, found.position_m, found.pattern.count) == (0.01, (0.0, 0.25, 0.0), 3)


def test_a_resolved_case_with_parts_reads_back_the_same(tmp_path: Path) -> None:
    hole = "holes = [{position_m = [0.001, 0.002], radius_m = 0.001, segments = 12}]"
    plate = part("a", "plate", "size_m = [0.1, 0.1, 0.01]", hole, "pattern = {count = 2, axis = [0, 0, 1]}")
    case = case_of(plate + '[[geometry.faces]]\nsurface = "a_1__lid"\nbox_m = [[0, 0, 0], [1, 1, 1]]\n')
    path = tmp_path / "case.toml"
    path.write_text(resolved_toml(case), encoding="utf-8")
    assert load_case(path) == case


def test_a_cad_file_lies_beside_its_case(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_text('schema_version = 1\nname = "own"\n[geometry]\nstep_file = "a.step"\n', encoding="utf-8")
    case = load_case(path)
    assert case.step_path == tmp_path / "a.step"
    assert f'step_file = "{(tmp_path / "a.step").resolve()}"' in resolved_toml(case)
