"""Time a coupled problem: a heated cube in a hollow box, 4500 radiating facets, cold (empty cache) and warm.

    python benchmarks/coupled_box.py [--runs 3] [--degree 1|2] [--check]

Each run is the whole command `bbrmodel run benchmarks/coupled_box.toml`: mesh, view factors, temperatures and result.
CPU seconds are those of the process and all its threads, which other work on the machine changes least. `--check`
adds the temperature of the cube from exact view factors and a dense solve, with both bodies isothermal.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

CASE = "benchmarks/coupled_box.toml"
POWER_W, OUTSIDE_K, EMISSIVITY = 27.0, 80.0, 0.3


@dataclass(frozen=True)
class Run:
    """What one command took."""

    wall_s: float
    cpu_s: float
    place: Path


def run(cache: Path, place: Path, degree: int) -> Run:
    command = [sys.executable, "-m", "bbrmodel", "run", CASE, "-o", str(place), "--no-plot", "--quiet"]
    command += ["--set", f"solver.degree={degree}"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env={**os.environ, "BBRMODEL_CACHE": str(cache)}, check=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Run(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, place)


def row(name: str, runs: list[Run]) -> str:
    """Return the fastest run of several as a row of the table; the others had to share the machine."""
    from bbrmodel.constants import STEFAN_BOLTZMANN
    from bbrmodel.results import read_result, read_solution

    best = min(runs, key=lambda one: one.wall_s)
    document, solution = read_result(best.place), read_solution(best.place)
    facets, T = solution.facets, solution.thermal.facet_temperature_K
    mine = np.array([name.startswith("cube__") for name in facets.surface_names])[facets.surface]
    fourth = float((T[mine] ** 4) @ facets.area_m2[mine] / facets.area_m2[mine].sum())
    steps = " | ".join(f"{solution.timings_s[key]:.2f}" for key in ("mesh", "view_factors", "temperatures"))
    balance = solution.thermal.energy_balance.relative
    emitted = STEFAN_BOLTZMANN * EMISSIVITY * 0.54 * fourth
    return (
        f"| {name} | {best.wall_s:.2f} | {best.cpu_s:.2f} | {steps} | {document['peak_memory_MiB']:.0f} | "
        f"{document['radiation']['facets']} | {balance:.1e} | {fourth**0.25:.3f} | {emitted:.2f} |"
    )


def temperature_by_exact_view_factors(inner: int, outer: int) -> float:
    """Return the temperature [K] of an isothermal cube in an isothermal box of 80 K, from a dense radiosity solve."""
    from bbrmodel.constants import STEFAN_BOLTZMANN
    from bbrmodel.radiation.api import enclosure_of_triangles
    from bbrmodel.radiation.exact import compute_exact_view_factors
    from tests.verification.shapes import cube

    walls = np.concatenate(list(cube([0, 0, 0], 1.0, outer, inward=True).values()))
    block = np.concatenate(list(cube([0, 0, 0], 0.3, inner, inward=False).values()))
    enclosure = enclosure_of_triangles({"box": walls, "cube": block})
    exchange = compute_exact_view_factors(enclosure).areas.to_array()
    area, is_cube = enclosure.area_m2, enclosure.surface == enclosure.surface_names.index("cube")
    emitted = np.where(is_cube, EMISSIVITY, 0.0)
    factors = exchange / area[:, None]
    radiosity = np.linalg.solve(np.eye(len(area)) - (1.0 - EMISSIVITY) * factors, emitted)
    reached = float(area[~is_cube] @ (EMISSIVITY * (factors @ radiosity)[~is_cube]))  # [m2]
    return float((OUTSIDE_K**4 + POWER_W / (STEFAN_BOLTZMANN * reached)) ** 0.25)


def main() -> None:
    """Print a row for cold and one for warm runs, and the check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="runs of each kind; the fastest is shown")
    parser.add_argument("--degree", type=int, choices=(1, 2), default=1)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, temperatures of degree {options.degree}")
    print("| run | s | CPU s | mesh | view factors | temperatures | MiB | facets | balance | cube (K) | emits (W) |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for name in ("cold", "warm"):
            runs = []
            for number in range(options.runs):
                cache = place / (f"cache{number}" if name == "cold" else "cache0")
                runs.append(run(cache, place / f"{name}{number}", options.degree))
            print(row(name, runs), flush=True)
    if options.check:
        for inner, outer in ((1, 3), (2, 6), (3, 9)):
            value = temperature_by_exact_view_factors(inner, outer)
            print(f"exact view factors, {12 * (inner**2 + outer**2)} facets: cube at {value:.3f} K", flush=True)


if __name__ == "__main__":
    main()
