"""Bodies from STEP and BREP files: names, units, contacts, selections, errors."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bbrmodel.errors import GeometryError
from bbrmodel.geometry.step_match import is_same
from bbrmodel.geometry.step_names import StepSolid, meaningful, read_solids
from tests.cad_samples import Built, build, write_cad

CHORDS = 0.01  # relative: the bore at 12 edges a turn is short by 4.5 % of its section, 0.3 % of the block's


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cad")


def of_file(path: Path, more: str = "") -> Built:
    """Mesh a CAD file coarsely."""
    geometry = f'step_file = "{path}"\nresolution = "coarse"\n{more}'
    return build(geometry, path.parent / "cache")


def test_solids_without_names_get_systematic_ones_and_lengths_are_metres(folder: Path) -> None:
    built = of_file(write_cad(folder / "bare.step"))
    assert built.bodies == {"solid_1", "solid_2"}
    assert built.volume("solid_1") == pytest.approx(1e-9 * (8000.0 - math.pi * 160.0), rel=CHORDS)
    assert {name for name in built.surfaces if name.startswith("solid_1__")} == {
        f"solid_1__face_{k}" for k in range(1, 8)
    }
    assert len(built.surfaces) == 7 + 5  # the arm shows five of its faces


def test_solids_that_touch_are_joined_where_they_touch(folder: Path) -> None:
    built = of_file(write_cad(folder / "touch.step"))
    (contact,) = built.contacts.values()
    assert (contact.first, contact.second) == ("solid_1", "solid_2")
    assert contact.area_m2 == pytest.approx(1e-4)
    total = sum(built.area(name) for name in built.surfaces)
    outside = 2.0 * (800.0 + 400.0 + 200.0) - 2.0 * 16.0 * math.pi + 80.0 * math.pi + 600.0 - 2.0 * 100.0
    assert total == pytest.approx(1e-6 * outside, rel=CHORDS)


def test_names_of_solids_and_faces_come_from_the_file(folder: Path) -> None:
    path = write_cad(folder / "named.step", solids=("BBR Cavity", "Arm (left)"), faces=True)
    built = of_file(path)
    assert built.bodies == {"bbr_cavity", "arm_left"}
    assert {name for name in built.surfaces if name.startswith("bbr")} == {f"bbr_cavity__face_{k}" for k in "abcdefg"}


def test_the_name_of_a_face_in_the_file_belongs_to_that_face(folder: Path) -> None:
    path = write_cad(folder / "round.step", solids=("block",), faces=True)
    (solid, _) = read_solids(path)
    (letter,) = [name[-1].lower() for name, kind in solid.faces if kind == "Cylinder"]
    built = of_file(path)
    assert built.area(f"block__face_{letter}") == pytest.approx(2.0 * math.pi * 4.0 * 10.0 * 1e-6, rel=0.02)
    text = path.read_text(encoding="latin-1")
    for name, kind in solid.faces:
        if kind == "Plane":  # the place of each flat face, by the plane that its record refers to
            surface = re.search(rf"ADVANCED_FACE\('{name}',\([^)]*\),#(\d+)", text)
            assert surface is not None
            axis = re.search(rf"#{surface[1]} = PLANE\('',#(\d+)\)", text)
            assert axis is not None
            point = re.search(rf"#{axis[1]} = AXIS2_PLACEMENT_3D\('',#(\d+),#(\d+)", text)
            assert point is not None
            origin = numbers(text, "CARTESIAN_POINT", point[1])
            normal = numbers(text, "DIRECTION", point[2])
            place = built.place(f"block__{name.lower().replace(' ', '_')}") * 1e3
            assert sum((place - origin) * normal) == pytest.approx(0.0, abs=1e-6)


def numbers(text: str, kind: str, reference: str) -> list[float]:
    """Return the three numbers of a record."""
    found = re.search(rf"#{reference} = {kind}\('',\(([^)]*)\)", text)
    assert found is not None
    return [float(value) for value in found[1].split(",")]


def edited(path: Path, *changes: tuple[str, str]) -> Path:
    """Replace each first text in a CAD file by the second."""
    text = path.read_text(encoding="latin-1")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="latin-1")
    return path


def test_a_solid_is_told_from_one_with_its_faces_in_another_order(folder: Path) -> None:
    (_, arm) = read_solids(write_cad(folder / "order.step"))
    kinds = ["Plane"] * 6
    corners = [np.array(places) for places in arm.corners]
    assert is_same(arm, kinds, corners)
    assert is_same(arm, kinds, [25.4 * places for places in corners])  # another unit
    assert is_same(arm, kinds, [places[:, [1, 2, 0]] + 7.0 for places in corners])  # moved by an assembly
    assert not is_same(arm, kinds, [corners[1], corners[0], *corners[2:]])
    assert not is_same(arm, [*kinds[:5], "Cylinder"], corners)
    assert not is_same(arm, kinds[:5], corners[:5])


def test_names_that_do_not_fit_their_faces_are_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def shuffled(path: Path) -> list[StepSolid]:
        block, arm = read_solids(path)
        return [replace(block, corners=block.corners[::-1]), arm]

    monkeypatch.setattr("bbrmodel.geometry.step.read_solids", shuffled)
    built = of_file(write_cad(folder / "shuffled.step", solids=("block", "arm"), faces=True))
    assert built.bodies == {"solid_1", "arm"}
    assert "solid_1__face_1" in built.surfaces
    assert "own: 1 of 2 solids are not recognised in the text of the file" in caplog.text


def test_a_part_that_an_assembly_moves_keeps_its_names(folder: Path) -> None:
    path = write_cad(folder / "moved.step", solids=("block", "arm"), faces=True)
    origin = "CARTESIAN_POINT('',(0.,0.,0.));"
    place = [found.start() for found in re.finditer(re.escape(origin), path.read_text(encoding="latin-1"))][2]
    text = path.read_text(encoding="latin-1")  # the third placement is that of the second solid in the assembly
    path.write_text(text[:place] + text[place:].replace(origin, origin.replace("(0.,", "(50.,"), 1), encoding="latin-1")
    built = of_file(path)
    assert built.bodies == {"block", "arm"}
    assert built.contacts == {}
    assert built.place("arm__face_1") == pytest.approx([0.09, 0.01, 0.005])


def test_a_part_that_stands_twice_in_an_assembly_is_two_bodies(folder: Path) -> None:
    path = write_cad(folder / "twice.step", solids=("Solid", "Solid"), faces=True)
    text = path.read_text(encoding="latin-1")
    (first, whole), (second, _) = re.findall(r"REPRESENTATION_RELATIONSHIP\('','',#(\d+),#(\d+)\)", text)
    (assembly, one), (_, two) = re.findall(r"USAGE_OCCURRENCE\('\d+','','',#(\d+),#(\d+),\$\)", text)
    product = re.findall(r"PRODUCT\('([^']*)'", text)[1]
    edited(
        path,
        (f"RELATIONSHIP('','',#{second},#{whole})", f"RELATIONSHIP('','',#{first},#{whole})"),
        (f"#{assembly},#{two},$)", f"#{assembly},#{one},$)"),
        (f"'{product}'", "'Block'"),
    )
    origin = "CARTESIAN_POINT('',(0.,0.,0.));"
    parts = path.read_text(encoding="latin-1").split(origin)
    moved = origin.replace("(0.,0.,", "(0.,20.,")  # the third placement is that of the second part
    path.write_text(origin.join(parts[:3]) + moved + origin.join(parts[3:]), encoding="latin-1")
    built = of_file(path)
    assert {"block", "block_2"} <= built.bodies
    assert built.contacts["block", "block_2"].area_m2 == pytest.approx(4e-4)


def test_a_file_in_centimetres_is_ten_times_as_large(folder: Path) -> None:
    path = edited(write_cad(folder / "units.step"), (".MILLI.", ".CENTI."))
    assert of_file(path).contacts["solid_1", "solid_2"].area_m2 == pytest.approx(1e-2)


def test_two_solids_of_one_name_stay_two_bodies(folder: Path) -> None:
    built = of_file(write_cad(folder / "twins.step", solids=("Rod", "rod")))
    assert built.bodies == {"rod", "rod_2"}


def test_names_of_the_case_replace_those_of_the_file(folder: Path) -> None:
    path = write_cad(folder / "mapped.step", solids=("Solid 3", "Arm"))
    built = of_file(path, '[geometry.names]\n"Solid 3" = "bbr_cavity"\narm = "cold_finger"\n')
    assert built.bodies == {"bbr_cavity", "cold_finger"}


def test_solids_of_one_name_in_the_case_are_one_body(folder: Path) -> None:
    path = write_cad(folder / "merged.step", solids=("Solid 3", "Arm"))
    built = of_file(path, '[geometry.names]\n"Solid 3" = "cavity"\n"Arm" = "cavity"\n')
    assert built.bodies == {"cavity"}
    assert built.contacts == {}
    assert built.volume("cavity") == pytest.approx(1e-9 * (9000.0 - math.pi * 160.0), rel=CHORDS)


def test_faces_of_a_file_are_named_by_their_place(folder: Path) -> None:
    path = write_cad(folder / "places.step", solids=("block", "arm"))
    chosen = '[[geometry.faces]]\nsurface = "block__bore"\npoint_m = [0.014, 0.01, 0.005]\n'
    chosen += '[[geometry.faces]]\nsurface = "block__top"\nnormal = [0, 0, 1]\n'
    built = of_file(path, chosen)
    assert built.area("block__bore") == pytest.approx(2.0 * math.pi * 4.0 * 10.0 * 1e-6, rel=0.02)
    assert built.place("block__top")[2] == pytest.approx(0.01)


def test_a_brep_file_has_the_unit_that_the_case_gives(folder: Path) -> None:
    path = write_cad(folder / "bare.brep")
    built = of_file(path, "length_unit_m = 0.002\n")
    assert built.bodies == {"solid_1", "solid_2"}
    assert built.contacts["solid_1", "solid_2"].area_m2 == pytest.approx(4e-4)


def test_the_mesh_is_kept_by_the_content_of_the_file(folder: Path) -> None:
    path = write_cad(folder / "kept.step", solids=("a", "b"))
    assert not of_file(path).mesh.from_cache
    copy = folder / "copy.step"
    copy.write_bytes(path.read_bytes())
    assert of_file(copy).mesh.from_cache
    path.write_bytes(path.read_bytes().replace(b"'a'", b"'c'"))
    assert of_file(path).bodies == {"c", "b"}


def test_a_name_that_is_not_in_the_file_is_refused(folder: Path) -> None:
    path = write_cad(folder / "wrong.step", solids=("Block", "Arm"))
    message = "geometry.names.\"Blokc\" = 'x': the file has no solid of that name. Did you mean 'Block'?"
    with pytest.raises(GeometryError, match=re.escape(message)):
        of_file(path, '[geometry.names]\nBlokc = "x"\n')


def test_a_file_that_is_missing_or_broken_is_named(folder: Path) -> None:
    with pytest.raises(GeometryError, match=r"geometry.step_file = '.*none.step': cannot be read: No such file"):
        of_file(folder / "none.step")
    (folder / "broken.step").write_text("ISO-10303-21;\nHEADER;\n")
    with pytest.raises(GeometryError, match=r"'.*broken.step' cannot be read"):
        of_file(folder / "broken.step")


def test_solids_that_overlap_are_refused(folder: Path) -> None:
    import gmsh

    path = folder / "overlap.brep"
    gmsh.initialize(interruptible=False)
    gmsh.option.setNumber("General.Terminal", 0)
    gmsh.model.occ.addBox(0, 0, 0, 10, 10, 10)
    gmsh.model.occ.addBox(9, 0, 0, 10, 10, 10)
    gmsh.model.occ.synchronize()
    gmsh.write(str(path))
    gmsh.finalize()
    with pytest.raises(GeometryError, match="bodies 'solid_1' and 'solid_2' overlap by 100 mm3"):
        of_file(path, "length_unit_m = 0.001\n")


@pytest.mark.parametrize("name", ["", "NONE", "Solid", "Open CASCADE STEP translator 7.8 1.1", " body "])
def test_names_that_programs_invent_mean_nothing(name: str) -> None:
    assert not meaningful(name)
    assert meaningful("Body 3")


def test_texts_with_quotes_semicolons_and_other_alphabets_are_read(tmp_path: Path) -> None:
    path = tmp_path / "text.step"
    path.write_text(
        "DATA;\n#1 = CLOSED_SHELL('',(#2));\n#2 = ADVANCED_FACE('it''s; a face',(#9),#3,.T.);\n#3 = PLANE('',#8);\n"
        "#4 = MANIFOLD_SOLID_BREP('K\\X2\\00FC\\X0\\hler',#1);\nENDSEC;\n",
        encoding="latin-1",
    )
    (solid,) = read_solids(path)
    assert solid.name == "K\u00fchler"
    assert solid.faces == (("it's; a face", "Plane"),)
