"""Meshes of the apparatus: names, closure, orientation, quality, cache."""

from pathlib import Path

import meshio
import numpy as np
import pytest

from bbrmodel.geometry import MIN_CELL_QUALITY, GeneratedMesh, equal_area_radius, equal_solid_angle, generate_mesh
from bbrmodel.spec import load_case
from bbrmodel.typing import FloatArray, IntArray

SILENT = ("lnc__wetted", "lnc__dry", "vent_tubes__bore", "vent_tubes__warm_end", "ptfe_thimbles__warm_end")
SINE_45 = 0.5**0.5
BODIES = (
    ["lnc", "vent_tubes", "ptfe_thimbles", "bbr_cavity", "window_bottom", "trap_support", "trap_wafer"]
    + [f"window_{k}" for k in range(1, 7)]
    + [f"vent_cover_{k}" for k in range(1, 4)]
    + [f"{part}_{side}" for part in ("endcap", "alumina") for side in ("left", "right")]
    + ["comp_wire_1", "comp_wire_2"]
)


class Mesh:
    """Arrays of a generated file."""

    def __init__(self, generated: GeneratedMesh) -> None:
        file = meshio.read(generated.msh_path)
        self.generated = generated
        self.points: FloatArray = file.points
        self.triangles: IntArray = file.cells_dict["triangle"].astype(np.int64)
        self.cells: IntArray = file.cells_dict.get("tetra", np.zeros((0, 4))).astype(np.int64)
        tags = file.cell_data_dict["gmsh:physical"]
        self.surface_tag = tags["triangle"]
        self.body_tag = tags.get("tetra")
        self.surfaces = {name: int(tag) for name, (tag, dim) in file.field_data.items() if dim == 2}
        self.bodies = {name: int(tag) for name, (tag, dim) in file.field_data.items() if dim == 3}

    def corners(self, *surfaces: str) -> FloatArray:
        """Return the triangles of surfaces, (n, 3, 3)."""
        return self.points[self.triangles[np.isin(self.surface_tag, [self.surfaces[s] for s in surfaces])]]

    def normals(self, *surfaces: str) -> FloatArray:
        """Return the area vectors of surfaces, (n, 3)."""
        a, b, c = self.corners(*surfaces).swapaxes(0, 1)
        return 0.5 * np.cross(b - a, c - a)

    def volume(self, body: str) -> float:
        """Return the volume of a body."""
        x = self.points[self.cells[self.body_tag == self.bodies[body]]]
        return float(np.abs(np.linalg.det(x[:, 1:] - x[:, :1])).sum() / 6.0)

    def area(self, *surfaces: str) -> float:
        """Return the area of surfaces."""
        return float(np.linalg.norm(self.normals(*surfaces), axis=1).sum())


@pytest.fixture(scope="module")
def cache(shared_cache: Path) -> Path:
    return shared_cache


@pytest.fixture(scope="module")
def clock(cache: Path) -> Mesh:
    return Mesh(generate_mesh("lncioc_ca2", {}, resolution="coarse", cache=cache))


def test_the_clock_has_every_body_and_the_chamber_shell(clock: Mesh) -> None:
    assert sorted(clock.bodies) == sorted(BODIES)
    owners = {name.split("__")[0] for name in clock.surfaces}
    assert owners == {*BODIES, "chamber"}
    assert {name for name in clock.surfaces if name.startswith("chamber")} == {
        "chamber__bottom",
        "chamber__lid",
        "chamber__side",
    }


def test_every_name_of_the_case_exists_in_the_mesh(clock: Mesh) -> None:
    case = load_case("lncioc_ca2")
    assert set(case.bodies) == set(clock.bodies)
    named = {key for key in case.surfaces if "*" not in key} | {link.from_ for link in case.links}
    named |= {condition.surface for condition in case.boundary_conditions if "*" not in condition.surface}
    assert named <= set(clock.surfaces)
    assert {body for joint in case.joints for body in joint.between} <= set(clock.bodies)


def test_the_radiating_surfaces_are_closed(clock: Mesh) -> None:
    radiating = clock.triangles[
        np.isin(clock.surface_tag, [tag for name, tag in clock.surfaces.items() if name not in SILENT])
    ]
    edges = np.sort(radiating[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    _, count = np.unique(edges, axis=0, return_counts=True)
    # an even number of sheets meets at every edge: two, or four where parts touch along a line
    assert set(count) <= {2, 4}


def test_exposed_triangles_of_bodies_belong_to_one_cell_and_joints_are_in_no_group(clock: Mesh) -> None:
    faces = np.sort(clock.cells[:, [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]].reshape(-1, 3), axis=1)
    unique, count = np.unique(faces, axis=0, return_counts=True)
    outside = {tuple(face) for face in unique[count == 1]}
    shells = [tag for name, tag in clock.surfaces.items() if name.startswith("chamber")]
    exposed = {tuple(face) for face in np.sort(clock.triangles[~np.isin(clock.surface_tag, shells)], axis=1)}
    assert exposed == outside


def test_shell_normals_point_into_the_vacuum(clock: Mesh) -> None:
    assert (clock.normals("chamber__lid")[:, 2] < 0.0).all()
    assert (clock.normals("chamber__bottom")[:, 2] > 0.0).all()
    side = clock.corners("chamber__side").mean(axis=1)
    assert (np.einsum("ij,ij->i", side[:, :2], clock.normals("chamber__side")[:, :2]) < 0.0).all()


def test_bodies_have_their_volumes(clock: Mesh) -> None:
    # straight edges on round parts: up to 3 % at the coarse resolution; the tubes and wires are exact by construction
    assert clock.volume("vent_tubes") == pytest.approx(4 * np.pi * (0.0125**2 - 0.0115**2) * 0.2, rel=1e-9)
    assert clock.volume("window_bottom") == pytest.approx(np.pi * 0.02**2 * 0.005, rel=0.03)
    # the rims of openings are polygons of exactly the nominal area
    assert clock.area("window_bottom__inner") == pytest.approx(np.pi * 0.02**2, rel=1e-9)
    # the clamp block from 5.5 mm up along the wafer to the base block; the stem is meshed with few sides
    clamp = 0.018 * 0.0035 * ((0.0085 - 0.00195 * SINE_45) / SINE_45 - 0.0055)
    assert clock.volume("trap_support") == pytest.approx(np.pi * 0.012**2 * 0.0335 + 0.03**2 * 0.008 + clamp, rel=0.05)


def test_the_wires_have_the_side_area_of_round_ones_at_every_tilt(clock: Mesh, cache: Path) -> None:
    upright = Mesh(generate_mesh("lncioc_ca2", {"wafer_tilt_deg": 0.0}, resolution="coarse", cache=cache))
    hexagon = 1.5 * 3**0.5 * (np.pi * 0.0002 / 6.0) ** 2
    for mesh, cosine in ((upright, 1.0), (clock, SINE_45)):
        # from 3 mm past the ion, along a line 1.5 mm behind the wafer, to the base block; the free end is cut level
        length = (0.0085 + 0.0015 * np.sqrt(1.0 - cosine**2)) / cosine + 0.003
        for wire in ("comp_wire_1__side", "comp_wire_2__side"):
            # flat sides: only rounding and the kernel's tolerance of 1e-7 mm remain
            assert mesh.area(wire) == pytest.approx(np.pi * 0.0002 * length + hexagon / cosine, rel=1e-6)


@pytest.mark.parametrize("tilt_deg", [0.0, 30.0, 45.0, 60.0])
def test_the_wafer_is_turned_about_the_trap_axis_and_hangs_on_the_clamp_alone(tilt_deg: float, cache: Path) -> None:
    mesh = Mesh(generate_mesh("lncioc_ca2", {"wafer_tilt_deg": tilt_deg}, resolution="coarse", cache=cache))
    along = np.array([0.0, np.sin(np.radians(tilt_deg)), np.cos(np.radians(tilt_deg))])
    across = np.array([0.0, -np.cos(np.radians(tilt_deg)), np.sin(np.radians(tilt_deg))])
    # planes: only rounding and the kernel's tolerance of 1e-7 mm remain
    assert np.abs(mesh.corners("trap_wafer__electrodes") @ along) == pytest.approx(0.0004, abs=1e-9)
    assert mesh.corners("trap_wafer__front") @ across == pytest.approx(0.0002, abs=1e-9)
    assert mesh.corners("trap_wafer__back") @ across == pytest.approx(-0.0002, abs=1e-9)
    assert (mesh.corners("comp_wire_1__side") @ across).max() < -0.0013
    # the upper edge is exposed over the whole width, below the base block
    rim = mesh.corners("trap_wafer__rim")
    edge = rim[(rim @ along > 0.008 - 1e-9).all(axis=1)]
    assert np.linalg.norm(np.cross(edge[:, 1] - edge[:, 0], edge[:, 2] - edge[:, 0]), axis=1).sum() / 2.0 == (
        pytest.approx(0.018 * 0.0004, rel=1e-6)
    )
    assert edge[..., 2].max() < 0.0085 - 0.0004


def share_in_sight(mesh: Mesh, surface: str) -> float:
    """Return the share of a surface's triangles whose centre the origin sees."""
    a, b, c = mesh.corners(*mesh.surfaces).swapaxes(0, 1)
    targets = mesh.corners(surface).mean(axis=1)
    seen = 0
    for target in targets:  # Moller and Trumbore, all triangles at once
        across = np.cross(target, c - a)
        determinant = np.einsum("ij,ij->i", b - a, across)
        determinant[determinant == 0.0] = np.inf
        u = np.einsum("ij,ij->i", -a, across) / determinant
        q = np.cross(-a, b - a)
        v = q @ target / determinant
        distance = np.einsum("ij,ij->i", c - a, q) / determinant
        before = (u >= 0.0) & (v >= 0.0) & (u + v <= 1.0) & (distance > 0.0) & (distance < 1.0 - 1e-6)
        seen += not before.any()
    return seen / len(targets)


def test_the_ion_sees_the_bottom_window_past_a_tilted_wafer_but_not_past_an_upright_one(
    clock: Mesh, cache: Path
) -> None:
    upright = Mesh(generate_mesh("lncioc_ca2", {"wafer_tilt_deg": 0.0}, resolution="coarse", cache=cache))
    assert share_in_sight(upright, "window_bottom__inner") == 0.0
    assert share_in_sight(clock, "window_bottom__inner") > 0.75  # the lower electrode and a wire cross its rim


def test_the_liquid_level_divides_the_wetted_from_the_dry_wall(clock: Mesh) -> None:
    level = 0.05 + 0.005 + 0.6
    assert clock.corners("lnc__wetted")[..., 2].max() == pytest.approx(level, abs=1e-9)
    assert clock.corners("lnc__dry")[..., 2].min() == pytest.approx(level, abs=1e-9)


def test_vent_holes_are_portals_out_of_the_cavity(clock: Mesh) -> None:
    portals = clock.generated.portals
    assert [portal.name for portal in portals] == ["vent_1", "vent_2", "vent_3"]
    for portal in portals:
        assert np.hypot(*portal.center_m[:2]) == pytest.approx(0.062)
        assert portal.center_m[2] == 0.025
        assert np.dot(portal.normal, portal.center_m) == pytest.approx(0.062)
        assert 0.0025 < portal.radius_m < 0.0028


def test_cover_plates_stand_at_the_gap_outside_or_inside(clock: Mesh, cache: Path) -> None:
    inside = Mesh(generate_mesh("lncioc_ca2", {"vent_cover_side": "inside"}, resolution="coarse", cache=cache))
    for mesh, radius in ((clock, 0.064 + 0.005), (inside, 0.06 - 0.005)):
        facing = mesh.corners("vent_cover_2__facing")
        assert -facing[..., 0] == pytest.approx(radius, abs=1e-9)


def test_the_quality_is_within_the_limit_and_reported(clock: Mesh) -> None:
    statistics = clock.generated.statistics
    assert statistics.cell_quality[0] >= MIN_CELL_QUALITY
    assert statistics.cells == len(clock.cells)
    assert statistics.facets == len(clock.triangles)
    # from the ion to the edges of the slot
    assert clock.generated.ion_clearance_m == pytest.approx(0.0004, rel=1e-6)


def test_the_same_input_is_found_in_the_cache_and_another_one_is_not(clock: Mesh, cache: Path) -> None:
    again = generate_mesh("lncioc_ca2", {"vent_cover_gap_m": 0.005}, resolution="coarse", cache=cache)
    assert again.from_cache
    assert again.msh_path == clock.generated.msh_path
    assert again.portals == clock.generated.portals
    assert again.statistics == clock.generated.statistics
    assert again.parameters == clock.generated.parameters
    other = generate_mesh("split_sphere", {"radius_m": 0.2}, resolution="coarse", cache=cache)
    assert not other.from_cache
    assert other.msh_path != generate_mesh("split_sphere", {}, resolution="coarse", cache=cache).msh_path


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (
        generate_mesh("grey_sphere_hole", {}, resolution="default", cache=tmp_path / name).msh_path.read_bytes()
        for name in ("a", "b")
    )
    assert first == second


def test_progress_is_reported(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    generate_mesh(
        "split_sphere", {}, resolution="coarse", cache=tmp_path, progress=lambda done, all_: seen.append((done, all_))
    )
    assert seen == [(0, 1), (1, 1)]


def solid_angles(mesh: Mesh, surface: str) -> float:
    """Return the solid angle of a surface at the origin over 4 pi (Van Oosterom and Strackee)."""
    a, b, c = mesh.corners(surface).swapaxes(0, 1)
    la, lb, lc = (np.linalg.norm(x, axis=1) for x in (a, b, c))

    def dot(u: FloatArray, v: FloatArray) -> FloatArray:
        return np.einsum("ij,ij->i", u, v)

    above = np.abs(dot(a, np.cross(b, c)))
    return float(
        2.0 * np.arctan2(above, la * lb * lc + dot(a, b) * lc + dot(b, c) * la + dot(a, c) * lb).sum() / (4.0 * np.pi)
    )


@pytest.mark.parametrize("resolution", ["coarse", "default"])
def test_the_hole_of_the_sphere_fills_its_solid_angle_exactly(resolution: str, tmp_path: Path) -> None:
    mesh = Mesh(generate_mesh("grey_sphere_hole", {}, resolution=resolution, cache=tmp_path))
    # corners lie on the sphere and the rim is made for it: only rounding remains
    assert solid_angles(mesh, "sphere__hole") == pytest.approx((1.0 - np.cos(np.radians(5.0))) / 2.0, rel=1e-9)
    assert (np.einsum("ij,ij->i", mesh.normals(*mesh.surfaces), mesh.corners(*mesh.surfaces).mean(axis=1)) < 0.0).all()


def test_the_halves_of_the_split_sphere_fill_half_the_sky_each(tmp_path: Path) -> None:
    mesh = Mesh(generate_mesh("split_sphere", {}, resolution="coarse", cache=tmp_path))
    # they meet on a flat circle: only rounding remains
    assert solid_angles(mesh, "sphere__lower") == pytest.approx(0.5, rel=1e-9)
    assert solid_angles(mesh, "sphere__upper") == pytest.approx(0.5, rel=1e-9)


def test_polygons_keep_area_and_solid_angle() -> None:
    n = 16
    radius = equal_area_radius(0.0025, n)
    assert 0.5 * n * radius**2 * np.sin(2.0 * np.pi / n) == pytest.approx(np.pi * 0.0025**2)
    # many segments: the polygon becomes the circle, error of second order in 2 pi / n
    assert equal_solid_angle(0.3, 10_000) == pytest.approx(0.3, rel=1e-6)
