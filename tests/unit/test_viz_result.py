"""The pictures of a result directory, from small directories made by hand."""

import builtins
import json

import numpy as np
import pytest
from matplotlib.image import imread
from viz_samples import box_with_block, nested_spheres, slab, sphere_triangles, write_sample

from bbrmodel.errors import ConfigError, MeshError, MissingDependencyError
from bbrmodel.viz import plot_result
from bbrmodel.viz.color import color_map
from bbrmodel.viz.data import read_plot_data
from bbrmodel.viz.scene import cut_parts, render_owners, whole_bodies
from bbrmodel.viz.temperature import cavity_scale, find_trap_region
from bbrmodel.viz.view import View, find_region

WINDOW = (480, 400)


def picture(path):
    return imread(path)[..., :3]


def test_a_result_with_an_ion_and_a_part_beside_it_gives_four_pictures_of_the_size_asked_for(tmp_path):
    paths = plot_result(box_with_block(tmp_path / "result"), window_size=WINDOW)
    assert [path.name for path in paths] == [
        "temperature_apparatus.png",
        "temperature_cavity.png",
        "temperature_trap.png",
        "ion_sky.png",
    ]
    for path in paths:
        assert path.parent == tmp_path / "result"
        assert picture(path).shape == (WINDOW[1], WINDOW[0], 3)
        assert (picture(path)[0, 0] == 1.0).all()  # white background


def test_pictures_go_where_they_are_asked_to_go(tmp_path):
    paths = plot_result(slab(tmp_path / "result"), tmp_path / "new" / "pictures", window_size=WINDOW)
    assert [path.parent for path in paths] == [tmp_path / "new" / "pictures"]
    assert all(path.is_file() for path in paths)


def test_the_same_result_gives_the_same_pixels(tmp_path):
    source = box_with_block(tmp_path / "result")
    first = plot_result(source, tmp_path / "a", window_size=WINDOW)
    second = plot_result(source, tmp_path / "b", window_size=WINDOW)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(picture(one), picture(other))


def test_a_shell_without_solid_gives_the_apparatus_the_cavity_and_the_sky(tmp_path):
    paths = plot_result(nested_spheres(tmp_path), window_size=WINDOW)
    assert [path.name for path in paths] == ["temperature_apparatus.png", "temperature_cavity.png", "ion_sky.png"]


def test_the_trap_picture_is_as_wide_as_the_parts_left_whole(tmp_path):
    data = read_plot_data(box_with_block(tmp_path))
    far_corner = np.linalg.norm([0.016, 0.008, 0.004])  # of the block
    assert find_trap_region(data).radius_m == pytest.approx(far_corner, rel=1e-12)  # rounding
    assert find_trap_region(read_plot_data(nested_spheres(tmp_path / "shells"))) is None
    assert find_trap_region(read_plot_data(slab(tmp_path / "slab"))) is None


def test_the_scale_of_the_cavity_leaves_the_chamber_out(tmp_path):
    data = read_plot_data(box_with_block(tmp_path))
    scale = cavity_scale(data, find_region(data))
    assert 77.0 < scale.low_K < 77.9
    assert 81.4 < scale.high_K < 82.5


def test_without_an_ion_only_the_apparatus_is_drawn(tmp_path):
    paths = plot_result(slab(tmp_path), window_size=WINDOW)
    assert [path.name for path in paths] == ["temperature_apparatus.png"]


def test_colors_of_the_cavity_picture_come_from_the_scale_of_the_bodies_there(tmp_path):
    # the 81.5 K block is hottest on a scale to 81.5 K: on a scale to 293 K it would be as dark as the box
    data = read_plot_data(box_with_block(tmp_path))
    shown = picture(plot_result(tmp_path, window_size=WINDOW)[1])
    hottest = color_map()(1.0)[:3]
    # lighting changes brightness alone, so hues are compared: yellow has little blue, violet much
    yellow = (shown[..., 0] > 0.6) & (shown[..., 2] < 0.6 * shown[..., 0])
    assert hottest[2] < 0.6 * hottest[0]
    bar = slice(int(0.85 * WINDOW[1]), None)
    yellow[bar] = False
    assert yellow.sum() > 20
    assert data.ion_position_m is not None


def test_a_small_body_near_the_ion_stays_whole_and_the_wall_is_cut(tmp_path):
    data = read_plot_data(box_with_block(tmp_path))
    region = find_region(data)
    whole = whole_bodies(data, region)
    assert [data.body_names[body] for body in whole] == ["block"]
    parts = {part.name: part for part in cut_parts(data, region.center_m, whole=whole)}
    assert set(parts) == {"box", "block", "chamber"}
    # rounding of the clip alone: VTK interpolates crossing points in double precision
    assert parts["box"].surface.points[:, 1].min() > -1e-9
    assert parts["block"].surface.points[:, 1].min() == pytest.approx(0.0, abs=1e-9)
    assert parts["block"].surface.points[:, 1].max() == pytest.approx(0.008, abs=1e-9)


def test_each_pixel_knows_the_part_it_shows(tmp_path):
    data = read_plot_data(box_with_block(tmp_path))
    region = find_region(data)
    parts = cut_parts(data, region.center_m, whole=whole_bodies(data, region))
    view = View(region.center_m, 0.3, 200, 200)
    owner = render_owners(parts, view)
    names = np.array([part.name for part in parts])
    block = np.array([0.012, 0.0, 0.0])
    x, y = view.project(block)[0]
    assert names[owner[round(y), round(x)]] == "block"
    assert owner[0, 0] == -1
    assert set(np.unique(owner)) == {-1, 0, 1, 2}


def test_names_missing_in_the_record_are_numbered(tmp_path):
    box_with_block(tmp_path)
    record = json.loads((tmp_path / "result.json").read_text())
    del record["solid"], record["facets"]
    (tmp_path / "result.json").write_text(json.dumps(record))
    data = read_plot_data(tmp_path)
    assert data.body_names == ("body_0", "body_1")
    assert data.surface_names == ("surface_0", "surface_1", "surface_2")
    assert len(plot_result(tmp_path, window_size=WINDOW)) == 4


def test_tetrahedra_are_turned_to_positive_volumes(tmp_path):
    solid = read_plot_data(slab(tmp_path)).solid
    corner = solid.points_m[solid.cells]
    assert (np.linalg.det(corner[:, 1:] - corner[:, :1]) > 0).all()


def test_facets_without_weights_at_the_ion_are_drawn_from_a_fixed_part_of_the_box(tmp_path):
    ion = {"position_m": [0.0, 0.0, 0.0]}
    write_sample(tmp_path, facets=[("wall__in", sphere_triangles(0.05), 80.0, None)], ion=ion)
    data = read_plot_data(tmp_path)
    box = np.ptp(data.facets.vertices_m.reshape(-1, 3), axis=0)
    # the docstring's share; rounding
    assert find_region(data).radius_m == pytest.approx(0.2 * np.linalg.norm(box), rel=1e-12)
    assert len(plot_result(tmp_path, window_size=WINDOW)) == 3


def test_a_directory_without_a_result_is_refused_by_name(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing_here: holds no result\.json"):
        plot_result(tmp_path / "nothing_here")


def test_a_result_without_fields_is_refused(tmp_path):
    (tmp_path / "result.json").write_text("{}")
    with pytest.raises(MeshError, match=r"neither temperatures\.vtu nor facets\.vtu"):
        plot_result(tmp_path)


def test_a_file_without_temperatures_is_refused_by_name(tmp_path):
    import meshio

    slab(tmp_path)
    mesh = meshio.read(tmp_path / "temperatures.vtu")
    mesh.point_data = {"pressure_Pa": mesh.point_data["temperature_K"]}
    mesh.write(tmp_path / "temperatures.vtu")
    with pytest.raises(MeshError, match=r"temperatures\.vtu: has no array 'temperature_K' \(found: pressure_Pa\)"):
        plot_result(tmp_path)


def test_a_tiny_window_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"window_size = \(320, 200\)"):
        plot_result(tmp_path, window_size=(320, 200))


def test_missing_pyvista_is_named_with_the_remedy(tmp_path, monkeypatch):
    genuine = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "pyvista":
            raise ImportError("No module named 'pyvista'")
        return genuine(name, *args, **kwargs)

    slab(tmp_path)
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingDependencyError, match="pip install pyvista"):
        plot_result(tmp_path)
