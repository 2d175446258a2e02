"""Paths against cases with exact answers, and against the radiosity method.

Rationale: paths are the second method for every optics, and the only one for metals seen obliquely and for windows.
Setup: spheres, plates, tubes and cavities of triangles. Expected: closed forms, or sums that use no path, within four
standard errors of the paths (32 or 8 replicas: a false alarm in a few thousand) plus what flat facets leave.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.ion.field import look_from
from bbrmodel.materials.spectral import planck_fraction
from bbrmodel.materials.spectral_metals import directional_emissivity
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.paths import (
    FACE,
    OUTLET,
    SHELL,
    FacetSource,
    PathSettings,
    PointSource,
    SurfaceOptics,
    diffuse_optics,
    mean_fourth_power_of_bands,
    optics_of_surfaces,
    path_exchange,
    trace_weights,
)
from bbrmodel.radiation.radiosity import RadiositySolver, make_patches
from bbrmodel.radiation.view_factors import RaySettings, compute_view_factors
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube, rectangle, sphere

CENTRE = PointSource((0.0, 0.0, 0.0))
DRIVE = STEFAN_BOLTZMANN * (300.0**4 - 77.0**4)
MIRROR = SurfaceOptics(absorptivity=0.0, specularity=1.0)
X, Y, Z = np.eye(3)


def settings(log2_paths: int) -> PathSettings:
    """Return settings with 2^n paths."""
    return PathSettings(paths=1 << log2_paths, seed=5)


def solid_angles(triangles: FloatArray) -> FloatArray:
    """Return solid angles of triangles seen from the origin over 4 pi (Van Oosterom and Strackee)."""
    a, b, c = (triangles[:, k] / np.linalg.norm(triangles[:, k], axis=1)[:, None] for k in range(3))
    volume = np.abs(np.einsum("ij,ij->i", a, np.cross(b, c)))
    dots = 1.0 + np.einsum("ij,ij->i", a, b) + np.einsum("ij,ij->i", b, c) + np.einsum("ij,ij->i", a, c)
    return np.asarray(2.0 * np.arctan2(volume, dots) / (4.0 * np.pi))


def sphere_with_hole(half_angle_deg: float = 5.0, *, open_model: bool = False) -> tuple[Enclosure, float, float]:
    """Return the sphere, and the hole's share of the sky of its centre and of the area."""
    triangles = sphere(0.05, 5, inward=True)
    centre = triangles.mean(axis=1)
    hole = centre[:, 2] > np.cos(np.radians(half_angle_deg)) * np.linalg.norm(centre, axis=1)
    parts = {"wall": triangles[~hole], "hole": triangles[hole]}
    enclosure = enclosure_of_triangles(parts, open_model=open_model)
    area = float(enclosure.area_m2[enclosure.surface == 1].sum() / enclosure.area_m2.sum())
    return enclosure, float(solid_angles(triangles[hole]).sum()), area


def hole_weight(emissivity: float, sky: float, area: float) -> float:
    """Return the weight of a black hole in a grey diffuse sphere, exact because every point sees all alike."""
    return sky + (1.0 - sky) * (1.0 - emissivity) * area / (area + (1.0 - area) * emissivity)


def plates(gap: float = 0.3, **parts: FloatArray) -> Enclosure:
    """Return two facing squares of side 1 with mirrors round them: infinite plates; with more parts between."""
    return enclosure_of_triangles(
        {
            "hot": rectangle(0 * X, X, Y, 1),
            "cold": rectangle(gap * Z, Y, X, 1),
            "side": np.concatenate(
                [
                    rectangle(0 * X, Y, gap * Z, 1),
                    rectangle(X, gap * Z, Y, 1),
                    rectangle(0 * X, gap * Z, X, 1),
                    rectangle(Y, X, gap * Z, 1),
                ]
            ),
            **parts,
        }
    )


def band(radii: tuple[float, float], heights: tuple[float, float], segments: int, *, flip: bool) -> FloatArray:
    """Return a ring of triangles between two circles about z."""
    angle = 2.0 * np.pi * np.arange(segments + 1) / segments
    circle = np.stack([np.cos(angle), np.sin(angle), 0.0 * angle], axis=1)
    p, q = (r * circle + h * Z for r, h in zip(radii, heights, strict=True))
    triangles = np.concatenate([np.stack([p[:-1], p[1:], q[1:]], 1), np.stack([p[:-1], q[1:], q[:-1]], 1)])
    keep = np.linalg.norm(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), axis=1) > 0
    return triangles[keep][:, ::-1] if flip else triangles[keep]


@pytest.mark.parametrize(("emissivity", "log2_paths"), [(1.0, 17), (0.5, 17), (0.1, 16), (0.02, 14)])
def test_weight_of_a_hole_in_a_diffuse_sphere(emissivity: float, log2_paths: int) -> None:
    """BB01: 0.001903 / 0.003798 / 0.018706 / 0.087020 for the round hole; here for the one of the facets."""
    enclosure, sky, area = sphere_with_hole()
    optics = diffuse_optics(np.where(enclosure.surface == 1, 1.0, emissivity))
    found = trace_weights(enclosure, optics, source=CENTRE, settings=settings(log2_paths))
    exact = hole_weight(emissivity, sky, area)
    # 1e-3: facets of 2 degrees do not see each other exactly as those of a sphere
    assert abs(found.surface_weight[1] - exact) < 4.0 * found.surface_standard_error[1] + 1e-3 * exact
    assert found.sum_of_weights == pytest.approx(1.0, abs=1e-12)
    temperatures = np.where(enclosure.surface == 1, 300.0, 82.0)
    value, error = found.mean(temperatures**4)
    assert abs(value - (82.0**4 + exact * (300.0**4 - 82.0**4))) < 4.0 * error + 1e-3 * exact * 300.0**4


def test_two_halves_weigh_by_their_emissivity() -> None:
    """SP01: weights 0.1 and 0.9, T_eff 170.58994056 K."""
    triangles = sphere(0.05, 3, inward=True)
    low = triangles.mean(axis=1)[:, 2] < 0.0
    enclosure = enclosure_of_triangles({"low": triangles[low], "high": triangles[~low]})
    optics = optics_of_surfaces(enclosure, {"low": SurfaceOptics(0.1), "high": SurfaceOptics(0.9)})
    found = trace_weights(enclosure, optics, source=CENTRE, settings=settings(16))
    assert abs(found.surface_weight[0] - 0.1) < 4.0 * found.surface_standard_error[0] + 1e-4  # facets: halves alike
    value, error = found.mean(np.where(enclosure.surface == 0, 300.0, 80.0) ** 4)
    assert abs(value - 170.58994055998818**4) < 4.0 * error + 1e-4 * 300.0**4


@pytest.mark.parametrize("emissivity", [0.3, 0.05])
def test_centre_of_a_mirror_sphere_sees_a_hole_twice(emissivity: float) -> None:
    """Light from the centre returns through it: the hole absorbs f directly and (1 - e) f from the opposite side."""
    enclosure, sky, _ = sphere_with_hole()
    optics = optics_of_surfaces(
        enclosure, {"wall": SurfaceOptics(emissivity, specularity=1.0), "hole": SurfaceOptics()}
    )
    found = trace_weights(enclosure, optics, source=CENTRE, settings=settings(16))
    exact = sky * (2.0 - emissivity)
    # 1e-2: at the jagged rim float32 rounding grows from reflection to reflection
    assert abs(found.surface_weight[1] - exact) < 4.0 * found.surface_standard_error[1] + 1e-2 * exact


def test_mirror_box_equals_its_unfolded_images() -> None:
    """Five mirrors and a black face: the number of mirrors on the way follows from counting crossed planes."""
    enclosure = enclosure_of_triangles(cube(np.zeros(3), 1.0, 1, inward=True))
    optics = {name: SurfaceOptics(0.3, specularity=1.0) for name in enclosure.surface_names}
    optics["z_high"] = SurfaceOptics()
    place = np.array([0.1, -0.2, 0.15])
    found = trace_weights(
        enclosure, optics_of_surfaces(enclosure, optics), source=PointSource((0.1, -0.2, 0.15)), settings=settings(16)
    )
    number = 1 << 20
    z = 1.0 - 2.0 * (np.arange(number) + 0.5) / number
    phi = np.pi * (1.0 + 5.0**0.5) * np.arange(number)
    way = np.where(z > 0.0, 0.5 - place[2], 1.5 + place[2]) / np.abs(z)
    crossed = (z < 0.0).astype(float)
    for start, along in ((place[0], np.cos(phi)), (place[1], np.sin(phi))):
        crossed += np.abs(np.floor(start + way * np.sqrt(1.0 - z**2) * along + 0.5))
    exact = float((0.7**crossed).mean())
    high = enclosure.surface_names.index("z_high")
    assert abs(found.surface_weight[high] - exact) < 4.0 * found.surface_standard_error[high] + 1e-5  # counting


@pytest.mark.parametrize("specularity", [0.0, 1.0])
def test_plates_exchange_alike_by_mirrors_and_diffusely(specularity: float) -> None:
    """EX05, plates: 24.0687904681 W/m2."""
    enclosure = plates()
    cold = SurfaceOptics(0.1, specularity=specularity)
    optics = optics_of_surfaces(enclosure, {"hot": SurfaceOptics(0.1), "cold": cold, "side": MIRROR})
    found = path_exchange(enclosure, optics, paths_per_facet=1 << 13)
    assert abs(found.exchange_area_m2[0, 1] * DRIVE - 24.0687904681) < 4.0 * found.standard_error_m2[0, 1] * DRIVE
    assert found.net_heat_W([300.0, 77.0, 100.0])[0] == pytest.approx(found.exchange_area_m2[0, 1] * DRIVE, rel=1e-9)
    assert found.areas is not None
    np.testing.assert_allclose(found.areas.row_sums()[:4], 1.0, atol=1e-6)  # the closure's own tolerance


@pytest.mark.parametrize(("specularity", "exact"), [(0.0, 31.5384150962), (1.0, 24.0687904681)])
def test_long_cylinders(specularity: float, exact: float) -> None:
    """EX05, cylinders; mirrors at both ends make them infinite."""
    enclosure = enclosure_of_triangles(
        {
            "inner": band((0.5, 0.5), (0.0, 0.5), 64, flip=False),
            "outer": band((1.0, 1.0), (0.0, 0.5), 64, flip=True),
            "ends": np.concatenate(
                [band((0.5, 1.0), (0.0, 0.0), 64, flip=True), band((0.5, 1.0), (0.5, 0.5), 64, flip=False)]
            ),
        }
    )
    outer = SurfaceOptics(0.1, specularity=specularity)
    optics = optics_of_surfaces(enclosure, {"inner": SurfaceOptics(0.1), "outer": outer, "ends": MIRROR})
    found = path_exchange(enclosure, optics, paths_per_facet=128)
    flux, error = (m[0, 1] * DRIVE / (np.pi * 0.5) for m in (found.exchange_area_m2, found.standard_error_m2))
    # 64 sides have 4e-4 less area than the circle; chords of the outer cylinder cut off as much again
    assert abs(flux - exact) < 4.0 * error + 1.5e-3 * exact


@pytest.mark.parametrize(("specularity", "exact"), [(0.0, 37.3311852159), (1.0, 24.0687904681)])
def test_spheres(specularity: float, exact: float) -> None:
    """EX05, spheres; reflection about interpolated normals keeps grazing light out of the way of the inner sphere."""
    enclosure = enclosure_of_triangles({"inner": sphere(0.5, 3, inward=False), "outer": sphere(1.0, 3, inward=True)})
    outer = SurfaceOptics(0.1, specularity=specularity)
    optics = optics_of_surfaces(enclosure, {"inner": SurfaceOptics(0.1), "outer": outer})
    found = path_exchange(enclosure, optics, paths_per_facet=64)
    area = float(enclosure.area_m2[enclosure.surface == 0].sum())
    flux, error = (m[0, 1] * DRIVE / area for m in (found.exchange_area_m2, found.standard_error_m2))
    assert abs(flux - exact) < 4.0 * error + 5e-3 * exact  # facets of 11 degrees


def test_apparent_emissivity_of_an_isothermal_cavity() -> None:
    """CA01: 0.95238095 per flat opening, cap fraction 0.05, emissivity 0.5."""
    polar = np.linspace(np.arccos(0.9), np.pi, 33)
    radius = np.where(polar < np.pi, np.sin(polar), 0.0)
    rings = [
        band((radius[k], radius[k + 1]), (np.cos(a), np.cos(b)), 64, flip=False)
        for k, (a, b) in enumerate(pairwise(polar))
    ]
    rim = float(np.sqrt(1.0 - 0.9**2))
    lid = band((rim, 0.0), (0.9, 0.9), 64, flip=True)
    enclosure = enclosure_of_triangles({"wall": np.concatenate(rings), "opening": lid})
    facing = enclosure.vertices_m.mean(axis=1)
    assert (np.einsum("ij,ij->i", facing, enclosure.normal) < 0.0).all()
    optics = optics_of_surfaces(enclosure, {"wall": SurfaceOptics(0.5), "opening": SurfaceOptics()})
    found = path_exchange(enclosure, optics, paths_per_facet=32)
    apparent = 1.0 - found.gebhart_factors[1, 1]
    error = found.standard_error_m2[1, 1] / found.absorbing_area_m2[1]
    assert abs(apparent - 0.9523809523809523) < 4.0 * error + 1e-3  # the tolerance of the case


def test_transmission_of_an_adiabatic_tube() -> None:
    """MF01: 0.67198390 for L / R = 1; walls that absorb nothing."""
    parts = {
        "wall": band((1.0, 1.0), (0.0, 1.0), 64, flip=True),
        "near": band((0.0, 1.0), (0.0, 0.0), 64, flip=True),
        "far": band((0.0, 1.0), (1.0, 1.0), 64, flip=False),
    }
    enclosure = enclosure_of_triangles(parts)
    black = SurfaceOptics()
    optics = optics_of_surfaces(enclosure, {"wall": SurfaceOptics(0.0), "near": black, "far": black})
    found = path_exchange(enclosure, optics, paths_per_facet=512)
    error = found.standard_error_m2[1, 2] / found.absorbing_area_m2[1]
    assert abs(found.gebhart_factors[1, 2] - 0.67198390) < 4.0 * error + 5e-4  # 64 sides: area of the ends


@pytest.mark.parametrize(("first", "second"), [((2.0, 3.0), (2.0, 3.0)), ((1.5, 0.3), (12.0, 15.0))])
def test_metal_plates_equal_the_integral_over_directions(
    first: tuple[float, float], second: tuple[float, float]
) -> None:
    """Mirror-like metals: 2 int mu dmu / (1/e1 + 1/e2 - 1) with Fresnel's unpolarised emissivities."""
    enclosure = plates()
    rows = {name: SurfaceOptics(specularity=1.0, n=n, k=k) for name, (n, k) in {"hot": first, "cold": second}.items()}
    optics = optics_of_surfaces(enclosure, {**rows, "side": MIRROR})
    found = path_exchange(enclosure, optics, paths_per_facet=1 << 13)
    node, weight = np.polynomial.legendre.leggauss(200)
    mu = (0.5 * (node + 1.0)) ** 2
    e1, e2 = (directional_emissivity(mu, np.array(n), np.array(k)) for n, k in (first, second))
    exact = float(weight @ (mu * np.sqrt(mu) * 2.0 / (1.0 / e1 + 1.0 / e2 - 1.0)))
    assert abs(found.exchange_area_m2[0, 1] - exact) < 4.0 * found.standard_error_m2[0, 1] + 1e-4 * exact


def test_rough_metals_obey_reciprocity() -> None:
    """A_i e_i G_ij = A_j e_j G_ji between two facets of a box of rough metals, whose absorptivity has a direction."""
    enclosure = enclosure_of_triangles(cube(np.zeros(3), 1.0, 1, inward=True))
    rows = {name: SurfaceOptics(n=1.2 + 0.4 * i, k=1.5 * i) for i, name in enumerate(enclosure.surface_names)}
    optics = optics_of_surfaces(enclosure, rows)
    emitted = enclosure.area_m2 * optics.hemispherical
    there = trace_weights(enclosure, optics, source=FacetSource(0), settings=settings(16))
    back = trace_weights(enclosure, optics, source=FacetSource(11), settings=settings(16))
    error = np.hypot(emitted[0] * there.standard_error[11], emitted[11] * back.standard_error[0])
    assert abs(emitted[0] * there.weight[11] - emitted[11] * back.weight[0]) < 4.0 * error


def test_window_leaks_room_temperature_light_of_its_band() -> None:
    """A window clear below 8 um and opaque above, in a grey sphere at 80 K, before a room at 293 K."""
    enclosure, sky, area = sphere_with_hole(15.0, open_model=True)
    clear = SurfaceOptics(absorptivity=0.1, transmittance=0.9, passage=OUTLET)
    bands = [
        trace_weights(
            enclosure,
            optics_of_surfaces(enclosure, {"wall": SurfaceOptics(0.1), "hole": window}),
            source=CENTRE,
            settings=settings(16),
        )
        for window in (clear, SurfaceOptics())
    ]
    exact = hole_weight(0.1, sky, area)
    leak = bands[0].environment
    assert abs(leak - 0.9 * exact) < 4.0 * bands[0].environment_standard_error + 1e-3 * exact
    temperatures = np.full(enclosure.num_facets, 80.0)
    value, error = mean_fourth_power_of_bands(bands, [8e-6], T=temperatures, environment_K=293.0)
    short = float(planck_fraction(8e-6, 293.0))
    expected = 80.0**4 + 0.9 * exact * (short * 293.0**4 - float(planck_fraction(8e-6, 80.0)) * 80.0**4)
    assert abs(value - expected) < 4.0 * error + 1e-3 * abs(expected - 80.0**4)


def test_a_sheet_lets_its_share_pass_and_returns_the_rest() -> None:
    """Black plates with a sheet of tau 0.5, alpha 0.2 between: G = 0.3 back, 0.5 through, 0.2 in the sheet."""
    enclosure = plates(sheet=rectangle(0.1 * Z, X, Y, 1))
    sheet = SurfaceOptics(absorptivity=0.2, transmittance=0.5, passage=SHELL)
    optics = optics_of_surfaces(
        enclosure, {"hot": SurfaceOptics(), "cold": SurfaceOptics(), "side": MIRROR, "sheet": sheet}
    )
    found = path_exchange(enclosure, optics, paths_per_facet=1 << 12)
    error = found.standard_error_m2 / found.absorbing_area_m2[:, None].clip(1e-9)
    for column, exact in ((0, 0.3), (1, 0.5), (3, 0.2)):
        assert abs(found.gebhart_factors[0, column] - exact) < 4.0 * error[0, column] + 1e-12
    assert found.absorbing_area_m2[3] == pytest.approx(0.4)  # both sides of 1 m2 with emissivity 0.2


def test_a_pane_with_two_faces_passes_light_as_a_sheet_does() -> None:
    """A body with two faces: what enters by one leaves by the other, mirrored at the sides between them."""
    thin = 1e-3
    faces = np.concatenate([rectangle(0.1 * Z, Y, X, 1), rectangle((0.1 + thin) * Z, X, Y, 1)])
    enclosure = plates(pane=faces)
    pane = SurfaceOptics(absorptivity=0.2, transmittance=0.5, passage=FACE)
    optics = optics_of_surfaces(
        enclosure, {"hot": SurfaceOptics(), "cold": SurfaceOptics(), "side": MIRROR, "pane": pane}
    )
    found = path_exchange(enclosure, optics, paths_per_facet=1 << 12)
    error = found.standard_error_m2 / found.absorbing_area_m2[:, None].clip(1e-9)
    # 1e-8: float32 of the absorptivity
    for column, exact in ((0, 0.3), (1, 0.5), (3, 0.2)):
        assert abs(found.gebhart_factors[0, column] - exact) < 4.0 * error[0, column] + 1e-8


@pytest.mark.parametrize("specularity", [0.0, 0.7])
def test_paths_agree_with_radiosity_in_a_cavity_with_a_hole_and_a_block(specularity: float) -> None:
    """Two methods that share no more than the ray caster: weights of all surfaces within four standard errors."""
    box = cube(np.zeros(3), 1.0, 8, inward=True)
    roof = box.pop("z_high")
    hole = np.abs(roof.mean(axis=1)[:, :2]).max(axis=1) < 0.125
    block = np.concatenate(list(cube(np.array([0.2, 0.1, -0.3]), 0.3, 3, inward=False).values()))
    wall = np.concatenate([*box.values(), roof[~hole]])
    enclosure = enclosure_of_triangles({"wall": wall, "hole": roof[hole], "block": block})
    absorptivity = np.array([0.05, 1.0, 0.3])[enclosure.surface]
    ion = (-0.1, -0.05, 0.1)
    patch = make_patches(enclosure.vertices_m.mean(axis=1), enclosure.surface)
    estimates = []
    for seed in range(4):
        rays = RaySettings(rays_per_facet=256, portal_rays=0, seed=seed)
        areas = compute_view_factors(enclosure, rays, specular=specularity * (1.0 - absorptivity)).areas
        direct = look_from(ion, enclosure, rays=1 << 16, settings=rays, specular=specularity * (1.0 - absorptivity))
        state = RadiositySolver(areas, absorptivity, patch).adjoint_state(direct.arrival)
        gain = direct.arrival + areas.apply(state)
        estimates.append(np.bincount(enclosure.surface, weights=absorptivity * gain))
    radiosity, spread = np.mean(estimates, axis=0), np.std(estimates, axis=0, ddof=1) / 2.0
    optics = replace(diffuse_optics(absorptivity), specularity=np.full(enclosure.num_facets, specularity))
    found = trace_weights(enclosure, optics, source=PointSource(ion), settings=settings(16))
    # 2e-4: radiosity is constant on a facet, here of an eighth of the box
    assert (
        np.abs(found.surface_weight - radiosity) < 4.0 * np.hypot(found.surface_standard_error, spread) + 2e-4
    ).all()
