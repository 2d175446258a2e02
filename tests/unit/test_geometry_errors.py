"""Geometry that cannot be meant is refused with the parts and parameters named."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bbrmodel.errors import GeometryError, MeshError
from bbrmodel.geometry import GeometryModel, everything, generate_mesh
from bbrmodel.geometry.meshing import mesh_model

ALL = [("face", everything)]


def unit_box(model: GeometryModel, name: str, x: float, *, size: float = 0.5) -> None:
    """Declare a box of 1 x 1 x 1 m that starts at x."""
    model.body(name, model.box((x, 0.0, 0.0), (x + 1.0, 1.0, 1.0)), faces=ALL, size=size)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"vent_cover_gap_m": 0.0}, r"vent_cover_gap_m = 0.0: must lie in .*gap between a vent hole and its cover"),
        ({"vent_cover_gap_m": -0.001}, "vent_cover_gap_m = -0.001"),
        ({"vent_cover_gapm": 0.001}, "no parameter 'vent_cover_gapm'. Did you mean 'vent_cover_gap_m'"),
        ({"vent_cover_gap_m": 0.045}, "vent_cover_gap_m = 0.045.*the vent covers reach the vacuum chamber"),
        ({"vent_cover_diameter_m": 0.05}, "vent_cover_diameter_m = 0.05: the vent covers do not fit between"),
        ({"vent_cover_diameter_m": 0.006}, "the posts do not fit between .*vent_cover_diameter_m = 0.006"),
        ({"liquid_level_m": 0.85}, "liquid_level_m = 0.85: must be below container_inner_height_m = 0.8"),
        ({"chamber_inner_radius_m": 0.07}, "chamber_inner_radius_m = 0.07: must exceed the outer radius"),
        ({"cavity_flange_radius_m": 0.08}, "cavity_flange_radius_m = 0.08: must lie between"),
        ({"chamber_depth_m": 0.06, "cavity_bottom_m": 0.02}, "chamber_depth_m = 0.06: the cavity"),
        ({"endcap_radius_m": 0.005}, "endcap_radius_m = 0.005: the end caps do not fit"),
        ({"mount_height_m": 0.03, "base_height_m": 0.025}, "ceiling_height_m = 0.05: the base block"),
        ({"comp_wire_x_m": 0.003}, "bodies '(endcap|comp_wire)_.*' and '(endcap|comp_wire)_.*' overlap by .* mm3"),
        ({"wafer_tilt_deg": 75.0}, r"wafer_tilt_deg = 75.0: must lie in \[0, 60\] deg"),
        ({"wafer_height_m": 0.0085, "wafer_tilt_deg": 0.0}, "wafer_tilt_deg = 0, wafer_height_m = 0.0085: the wafer's"),
        ({"clamp_height_m": 0.004}, "clamp_height_m = 0.004: the clamp block reaches the wafer's cut-outs"),
        ({"clamp_depth_m": 0.014}, "wafer_tilt_deg = 45, clamp_depth_m = 0.014: the clamp block does not end inside"),
        ({"tube_circle_radius_m": 0.12}, "body 'vent_tubes' sticks out of 'vacuum'"),
    ],
)
def test_wrong_parameters_of_the_clock_are_named(parameters: dict[str, float], message: str, tmp_path: Path) -> None:
    with pytest.raises(GeometryError, match=message):
        generate_mesh("lncioc_ca2", parameters, resolution="coarse", cache=tmp_path)
    assert not list(tmp_path.glob("**/*.msh"))


def test_bodies_that_touch_share_a_face_that_is_in_no_group(tmp_path: Path) -> None:
    with GeometryModel("demo") as model:
        unit_box(model, "left", 0.0)
        unit_box(model, "right", 1.0)
        statistics = mesh_model(model, tmp_path / "demo.msh")
    assert (statistics.bodies, statistics.surfaces) == (2, 2)
    assert statistics.ion_clearance_m is None


def test_bodies_that_overlap_are_refused_with_the_volume(tmp_path: Path) -> None:
    with GeometryModel("demo") as model:
        unit_box(model, "left", 0.0)
        unit_box(model, "right", 0.9)
        with pytest.raises(GeometryError, match=r"'left' and 'right' overlap by 1e\+08 mm3"):
            mesh_model(model, tmp_path / "demo.msh")


def test_an_ion_inside_a_body_is_refused(tmp_path: Path) -> None:
    with GeometryModel("demo") as model:
        unit_box(model, "block", 0.0)
        model.ion((0.5, 0.5, 0.5))
        with pytest.raises(GeometryError, match=r"ion at \(500.00, 500.00, 500.00\) mm lies inside body 'block'"):
            mesh_model(model, tmp_path / "demo.msh")


def test_the_distance_from_the_ion_to_the_nearest_surface_is_measured(tmp_path: Path) -> None:
    with GeometryModel("demo") as model:
        unit_box(model, "block", 0.0)
        model.ion((-0.25, 0.5, 0.5))
        assert mesh_model(model, tmp_path / "demo.msh").ion_clearance_m == pytest.approx(0.25)


def forget_a_rule(model: GeometryModel) -> None:
    model.body(
        "block", model.box((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)), faces=[("top", lambda f: f.on_plane("z", 1.0))], size=0.5
    )


def misname_a_size(model: GeometryModel) -> None:
    unit_box(model, "block", 0.0)
    model.size("blok__face", 0.1)


def leave_the_enclosure(model: GeometryModel) -> None:
    unit_box(model, "block", 0.0)
    model.void("room", model.box((0.5, -1.0, -1.0), (3.0, 3.0, 3.0)), walls=("room", ALL))
    model.enclose("room")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (forget_a_rule, "no rule names a face of 'block'"),
        (misname_a_size, "size is set for 'blok__face', which does not exist. Did you mean 'block__face'"),
        (leave_the_enclosure, "body 'block' sticks out of 'room'"),
    ],
)
def test_a_builder_that_forgets_something_is_told(
    build: Callable[[GeometryModel], None], message: str, tmp_path: Path
) -> None:
    with GeometryModel("demo") as model:
        build(model)
        with pytest.raises(GeometryError, match=message):
            mesh_model(model, tmp_path / "demo.msh")


def test_a_name_is_used_once() -> None:
    with GeometryModel("demo") as model:
        unit_box(model, "block", 0.0)
        with pytest.raises(GeometryError, match="two parts are named 'block'"):
            unit_box(model, "block", 2.0)


def test_a_body_without_material_is_refused() -> None:
    with GeometryModel("demo") as model:
        box = model.box((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
        bigger = model.box((-1.0, -1.0, -1.0), (2.0, 2.0, 2.0))
        with pytest.raises(GeometryError, match="body 'shell' is empty"):
            model.body("shell", model.cut(box, bigger), faces=ALL, size=0.5)


def test_cells_that_are_too_flat_are_refused(tmp_path: Path) -> None:
    with GeometryModel("demo") as model:
        model.body("sheet", model.box((0.0, 0.0, 0.0), (1.0, 1.0, 0.001)), faces=ALL, size=0.5)
        with pytest.raises(MeshError, match=r"cell of body 'sheet' has the radius ratio 0\.00\d+; at least 0.02"):
            mesh_model(model, tmp_path / "demo.msh")


def test_meshing_works_in_threads_one_after_another(tmp_path: Path) -> None:
    contents: dict[int, bytes] = {}

    def work(number: int) -> None:
        mesh = generate_mesh("split_sphere", {}, resolution="coarse", cache=tmp_path / str(number))
        contents[number] = mesh.msh_path.read_bytes()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(contents) == 3
    assert len(set(contents.values())) == 1
