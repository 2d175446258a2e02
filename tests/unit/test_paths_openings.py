"""Probes through small openings: they change no mean, make or lose no light, and find small holes."""

from dataclasses import replace

import numpy as np
import pytest

from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure, Portal
from bbrmodel.radiation.paths import (
    OUTLET,
    SHELL,
    PathOptics,
    PathSettings,
    PointSource,
    SurfaceOptics,
    optics_of_surfaces,
    path_exchange,
    trace_weights,
    wavefront,
)
from bbrmodel.radiation.paths.mouths import find_openings
from bbrmodel.radiation.scene import RayScene
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube, rectangle

ION = PointSource((0.05, -0.1, 0.15))
HALF = 0.02  # of the square hole
PORTAL = Portal("hole", (0.0, 0.0, 0.499), (0.0, 0.0, 1.0), 1.5 * HALF)


def with_hole(sides: dict[str, FloatArray], *portals: Portal) -> Enclosure:
    """Return a cube with a square hole in the middle of its roof, and a room behind."""
    roof = cube(np.zeros(3), 1.0, 25, inward=True)["z_high"]
    hole = np.abs(roof.mean(axis=1)[:, :2]).max(axis=1) < HALF
    room = {f"room_{k}": v for k, v in cube(np.array([0.0, 0.0, 1.05]), 1.0, 1, inward=True).items() if k != "z_low"}
    floor = cube(np.array([0.0, 0.0, 1.05]), 1.0, 25, inward=True)["z_low"]
    open_floor = floor[np.abs(floor.mean(axis=1)[:, :2]).max(axis=1) >= HALF]
    low, high = 0.5, 0.55
    rim = [
        rectangle([x, y, low], np.multiply(step, 2 * HALF), [0.0, 0.0, high - low], 2)
        for x, y, step in (
            (-HALF, -HALF, (0.0, 1.0, 0.0)),
            (-HALF, HALF, (1.0, 0.0, 0.0)),
            (HALF, HALF, (0.0, -1.0, 0.0)),
            (HALF, -HALF, (-1.0, 0.0, 0.0)),
        )
    ]
    kept = {name: part for name, part in sides.items() if name != "z_high"}
    parts = {**kept, "roof": roof[~hole], "room_floor": open_floor, "bore": np.concatenate(rim), **room}
    return replace(enclosure_of_triangles(parts), portals=portals)


def mixed(enclosure: Enclosure) -> PathOptics:
    """Return optics of every kind."""
    rows: dict[str, SurfaceOptics] = dict.fromkeys(enclosure.surface_names, SurfaceOptics(0.1))
    rows |= {
        "x_low": SurfaceOptics(0.05, specularity=0.6),
        "x_high": SurfaceOptics(n=3.0, k=4.0),
        "y_low": SurfaceOptics(0.1, transmittance=0.1, passage=OUTLET),
        "screen": SurfaceOptics(0.1, transmittance=0.5, passage=SHELL),
        "room_z_high": SurfaceOptics(0.8),
    }
    return optics_of_surfaces(enclosure, {k: v for k, v in rows.items() if k in enclosure.surface_names})


def cavity(*portals: Portal) -> Enclosure:
    """Return the cube with a room behind and a screen before part of the hole."""
    sides = cube(np.zeros(3), 1.0, 2, inward=True)
    sides["screen"] = rectangle([0.0, -0.1, 0.3], [0.2, 0.0, 0.0], [0.0, 0.2, 0.0], 1)
    return with_hole(sides, *portals)


CROSSED = (
    PORTAL,
    Portal("slanted", (0.1, 0.0, 0.4), (0.6, 0.0, 0.8), 0.05),
    Portal("behind", (0.0, 0.0, 0.56), (0.0, 0.0, -2.0), 0.06),
    Portal("nowhere", (-0.3, -0.3, -0.3), (1.0, 0.0, 0.0), 0.02),
)


@pytest.mark.parametrize("floor", [0.05, 1.0])
def test_probes_change_no_mean_for_any_optics_and_any_portals(floor: float) -> None:
    found = []
    for enclosure, chance in ((cavity(*CROSSED), 0.0), (cavity(*CROSSED), 0.8), (cavity(), 0.8)):
        settings = PathSettings(paths=1 << 16, seed=3, probe_chance=chance, weight_floor=floor)
        found.append(trace_weights(enclosure, mixed(enclosure), source=ION, settings=settings))
    by_chance, probed, alone = found
    assert by_chance.weight.tobytes() == alone.weight.tobytes()  # without probes portals are nothing
    assert probed.sum_of_weights == pytest.approx(1.0, abs=1e-12)
    error = np.hypot(by_chance.surface_standard_error, probed.surface_standard_error)
    # 14 surfaces with 32 replicas each: 4.5 deviations of Student's distribution happen once in 700 runs. Walls of the
    # room are met by chance by one or two paths, or none: up to six.
    rare = 6.0 / settings.paths
    assert (np.abs(by_chance.surface_weight - probed.surface_weight) <= 4.5 * error + rare).all()
    assert abs(by_chance.environment - probed.environment) < 4.5 * np.hypot(
        by_chance.environment_standard_error, probed.environment_standard_error
    )


def test_probes_find_the_light_of_the_room() -> None:
    enclosure = cavity(PORTAL)
    room = np.array([name.startswith("room") for name in enclosure.surface_names])[enclosure.surface]
    rows = {n: SurfaceOptics(0.8 if n.startswith("room") else 0.1) for n in enclosure.surface_names}
    optics = optics_of_surfaces(enclosure, rows | {"screen": SurfaceOptics(0.1, passage=SHELL)})
    work, values = [], []
    for chance in (0.0, 0.5):
        settings = PathSettings(paths=1 << 15, seed=3, probe_chance=chance)
        found = trace_weights(enclosure, optics, source=ION, settings=settings)
        values.append(found.mean(room.astype(float)))
        work.append(values[-1][1] ** 2 * found.rays)
    assert abs(values[0][0] - values[1][0]) < 4.0 * values[0][1]
    assert work[1] < work[0] / 12.0  # measured: 1/27; each estimated error is good to 12 %


def test_probes_repeat_for_any_number_of_threads() -> None:
    enclosure = cavity(*CROSSED)
    one, other = (
        trace_weights(
            enclosure, mixed(enclosure), source=ION, settings=PathSettings(paths=1 << 16, replicas=2, threads=threads)
        )
        for threads in (1, 3)
    )
    assert one.replicas.tobytes() == other.replicas.tobytes()


def test_without_room_for_probes_paths_go_on_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    enclosure = cavity(*CROSSED)
    settings = PathSettings(paths=1 << 14, probe_chance=1.0)
    wide = trace_weights(enclosure, mixed(enclosure), source=ION, settings=settings)
    monkeypatch.setattr(wavefront, "ROOM_FOR_PROBES", 1)
    narrow = trace_weights(enclosure, mixed(enclosure), source=ION, settings=settings)
    assert narrow.rays < wide.rays
    assert narrow.sum_of_weights == pytest.approx(1.0, abs=1e-12)
    error = np.hypot(wide.surface_standard_error, narrow.surface_standard_error)
    assert (np.abs(wide.surface_weight - narrow.surface_weight) <= 4.5 * error).all()  # as above


def test_exchange_by_way_of_an_opening_is_the_same_with_probes() -> None:
    found = []
    for portals in ((), (PORTAL,)):
        enclosure = cavity(*portals)
        found.append(path_exchange(enclosure, mixed(enclosure), paths_per_facet=128))
    error = np.hypot(found[0].standard_error_m2, found[1].standard_error_m2)
    difference = found[0].exchange_area_m2 - found[1].exchange_area_m2
    often = error < 0.05 * found[0].exchange_area_m2  # what is met by some paths only has no bell-shaped errors
    assert often.sum() > 60
    # 8 replicas and 80 pairs: 6 standard errors of Student's distribution with 14 degrees happen once in 500 runs
    assert (np.abs(difference) <= 6.0 * error)[often].all()
    # From the floor to the far end of the room: of 330 000 paths one gets there by chance, or none.
    names = enclosure.surface_names
    inside, outside = (names.index(name) for name in ("z_low", "room_z_high"))
    assert found[0].standard_error_m2[inside, outside] >= 0.5 * found[0].exchange_area_m2[inside, outside]
    assert found[1].standard_error_m2[inside, outside] < 0.35 * found[1].exchange_area_m2[inside, outside]


def test_an_opening_is_the_mouth_of_its_bore_on_the_side_of_the_source() -> None:
    portal = Portal("bore", (0.0, 0.0, 0.53), (0.0, 0.0, -3.0), 1.5 * HALF)
    enclosure = cavity(portal)
    scene = RayScene(enclosure)
    both = find_openings(enclosure, scene)
    assert sorted(both[:, 2]) == pytest.approx([0.5, 0.55], abs=0.04 * portal.radius_m)  # two steps of the search
    (near,) = find_openings(enclosure, scene, ION.position_m)
    assert near[2] == pytest.approx(0.5, abs=0.04 * portal.radius_m)
    assert near[3:6].tolist() == [0.0, 0.0, -1.0]
    assert near[7] == pytest.approx(np.pi * portal.radius_m**2)


def test_a_portal_in_the_open_stays_where_it_is() -> None:
    enclosure = cavity(PORTAL)
    (row,) = find_openings(enclosure, RayScene(enclosure))
    assert row[:3].tolist() == list(PORTAL.center_m)


def test_a_portal_in_an_endless_tube_stays_where_it_is() -> None:
    tube = cube(np.zeros(3), 1.0, 4, inward=True)
    long = {name: part * np.array([1.0, 1.0, 40.0]) for name, part in tube.items()}
    enclosure = replace(enclosure_of_triangles(long), portals=(Portal("p", (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 0.7),))
    (row,) = find_openings(enclosure, RayScene(enclosure))
    assert row[2] == 0.0
