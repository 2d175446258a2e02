"""Draw how the weight of a small hole grows with 1 / emissivity: docs/images/small_hole.png and its table.

A sphere with a black hole of half-angle 5 degrees (case BB01), the ion off its centre. Lines: the closed form for
diffuse walls, and chords of a round mirror counted one by one. Points: `bbrmodel.radiation.paths`.

    python scripts/figure_small_hole.py [PNG]
"""

import sys
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np

from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure, Portal
from bbrmodel.radiation.paths import PathSettings, PointSource, SurfaceOptics, optics_of_surfaces, trace_weights
from bbrmodel.typing import FloatArray

HALF_ANGLE = np.radians(5.0)
ION = (0.4, 0.0, 0.2)  # of the radius
EMISSIVITIES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
PATHS = 1 << 16
SEGMENTS, RINGS = 144, (3, 72)  # of the hole and of the wall
DIRECTIONS = 1 << 20
AREA_SHARE = np.sin(HALF_ANGLE / 2.0) ** 2


@dataclass(frozen=True)
class Point:
    """Weight of the hole and its standard error."""

    emissivity: float
    weight: float
    error: float


def sphere_with_hole() -> Enclosure:
    """Return the unit sphere of rings about the axis of the hole, with a portal just below the rim."""
    angle = 2.0 * np.pi * np.arange(SEGMENTS + 1) / SEGMENTS
    polar = {
        "hole": np.linspace(0.0, HALF_ANGLE, RINGS[0] + 1),
        # narrow rings at the rim, where normals of the round mirror are known from one side only
        "wall": HALF_ANGLE + (np.pi - HALF_ANGLE) * np.linspace(0.0, 1.0, RINGS[1] + 1) ** 2,
    }
    parts = {}
    for name, bounds in polar.items():
        found = []
        for low, high in pairwise(bounds):
            p, q = (
                np.stack([np.sin(t) * np.cos(angle), np.sin(t) * np.sin(angle), np.full(len(angle), np.cos(t))], axis=1)
                for t in (low, high)
            )
            if low > 0.0:
                found.append(np.stack([p[:-1], p[1:], q[1:]], axis=1))
            if high < np.pi:
                found.append(np.stack([p[:-1], q[1:], q[:-1]], axis=1))
        parts[name] = np.concatenate(found)
    rim = Portal("hole", (0.0, 0.0, float(np.cos(HALF_ANGLE)) - 1e-5), (0.0, 0.0, 1.0), float(np.sin(HALF_ANGLE)))
    return replace(enclosure_of_triangles(parts), portals=(rim,))


def trace(enclosure: Enclosure, emissivity: float, specularity: float) -> Point:
    """Return the weight of the hole by paths."""
    rows = {"wall": SurfaceOptics(emissivity, specularity=specularity), "hole": SurfaceOptics()}
    found = trace_weights(
        enclosure, optics_of_surfaces(enclosure, rows), source=PointSource(ION), settings=PathSettings(paths=PATHS)
    )
    hole = enclosure.surface_names.index("hole")
    return Point(emissivity, float(found.surface_weight[hole]), float(found.surface_standard_error[hole]))


def spiral(number: int) -> FloatArray:
    """Return directions spread evenly over the sphere."""
    z = 1.0 - 2.0 * (np.arange(number) + 0.5) / number
    phi = np.pi * (1.0 + 5.0**0.5) * np.arange(number)
    return np.stack([np.sqrt(1.0 - z**2) * np.cos(phi), np.sqrt(1.0 - z**2) * np.sin(phi), z], axis=1)


def direct_weight() -> float:
    """Return the part of the ion's sky that the hole fills."""
    return float((first_hits(spiral(1 << 22))[:, 2] > np.cos(HALF_ANGLE)).mean())


def first_hits(direction: FloatArray) -> FloatArray:
    """Return where straight lines from the ion meet the unit sphere."""
    ion = np.array(ION)
    along = direction @ ion
    way = -along + np.sqrt(along**2 + 1.0 - ion @ ion)
    return np.asarray(ion + way[:, None] * direction)


def mirror_weights(emissivities: FloatArray) -> FloatArray:
    """Return the weight of the hole in a round mirror: all chords of a path have the same length and lie in a plane."""
    direction = spiral(DIRECTIONS)
    plane = np.cross(np.array(ION), direction)
    direction = direction[np.abs(plane[:, 2]) < np.sin(HALF_ANGLE) * np.linalg.norm(plane, axis=1)]
    place = first_hits(direction)  # of light whose plane meets the hole
    weight, alive = np.zeros(len(emissivities)), np.ones(len(emissivities))
    for _ in range(1000):
        meets = place[:, 2] > np.cos(HALF_ANGLE)
        weight += alive * meets.sum() / DIRECTIONS
        place, direction = place[~meets], direction[~meets]
        direction = direction - 2.0 * np.einsum("ij,ij->i", direction, place)[:, None] * place
        place = place - 2.0 * np.einsum("ij,ij->i", direction, place)[:, None] * direction
        place /= np.linalg.norm(place, axis=1)[:, None]
        alive *= 1.0 - emissivities
    return weight


def diffuse_weight(emissivity: FloatArray, direct: float) -> FloatArray:
    """Return the weight of the hole in a diffuse sphere: every point of it sees all points alike."""
    mixed = (1.0 - emissivity) * AREA_SHARE / (AREA_SHARE + (1.0 - AREA_SHARE) * emissivity)
    return direct + (1.0 - direct) * mixed


def draw(path: Path, direct: float, points: dict[str, list[Point]]) -> None:
    """Write the picture."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
    emissivity = np.geomspace(EMISSIVITIES[-1], 1.0, 60)
    lines = {"diffuse": diffuse_weight(emissivity, direct), "mirror": mirror_weights(emissivity)}
    labels = {"diffuse": ("closed form", "C0", "o"), "mirror": ("chords counted one by one", "C1", "s")}
    for name, (how, colour, marker) in labels.items():
        axes.plot(1.0 / emissivity, lines[name] / direct, color=colour, label=f"{name} walls, {how}")
        x = [1.0 / p.emissivity for p in points[name]]
        y, error = ([getattr(p, key) / direct for p in points[name]] for key in ("weight", "error"))
        label = f"{name} walls, path tracing"
        axes.errorbar(x, y, yerr=error, fmt=marker, color=colour, markerfacecolor="white", capsize=3, label=label)
    axes.plot(1.0 / emissivity, 1.0 / emissivity, color="0.6", linestyle=":", label="1 / emissivity")
    axes.set(xscale="log", yscale="log", xlabel="1 / emissivity of the wall (1)")
    axes.set_ylabel("effective / direct weight of the hole (1)")
    axes.set_title(
        "What polished walls make of a small hole\n(sphere, black hole of half-angle 5°, ion off the centre)"
    )
    axes.legend(frameon=False)
    axes.grid(which="both", color="0.92")
    figure.savefig(path, dpi=110)


def main() -> None:
    """Compute, print the table and draw."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs" / "images" / "small_hole.png"
    enclosure, direct = sphere_with_hole(), direct_weight()
    points = {
        name: [trace(enclosure, e, specularity) for e in EMISSIVITIES]
        for name, specularity in (("diffuse", 0.0), ("mirror", 1.0))
    }
    every = np.array(EMISSIVITIES)
    exact = {"diffuse": diffuse_weight(every, direct), "mirror": mirror_weights(every)}
    print(f"direct weight {direct:.6f}, share of the area {AREA_SHARE:.7f}")
    print("| emissivity | diffuse, exact | diffuse, paths | mirror, chords | mirror, paths |\n|---|---|---|---|---|")
    for k, e in enumerate(EMISSIVITIES):
        cells = []
        for name in ("diffuse", "mirror"):
            found = points[name][k]
            cells += [f"{exact[name][k] / direct:.3f}", f"{found.weight / direct:.3f} ± {found.error / direct:.3f}"]
        print(f"| {e:g} | {' | '.join(cells)} |")
    draw(path, direct, points)


if __name__ == "__main__":
    main()
