"""Seconds and memory of a large conduction and radiation problem over MPI ranks: strong and weak scaling as tables.

    python benchmarks/parallel.py [--divisions 107] [--ranks 1 2] [--rays 1000] [--one-thread] [--weak]

A heated box on a post in the cavity of a larger one (benchmarks/voxels.py), walls of emissivity 0.1 and 0.3, the
outside cooled by a film. 107 divisions are a million unknowns and 70 000 radiating facets. Strong: the same problem
with more ranks; weak (--weak): as many such boxes in a row as there are ranks. Each row is an mpirun of its own, with
nothing cached.
--one-thread gives every rank one thread; without it a rank has its share of the cores, all of them if it is alone.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

CASE = """
schema_version = 1
name = "box_in_box"
[geometry]
mesh_file = "made_by_numpy.msh"
[bodies.outer]
conductivity_W_m_K = 400.0
[bodies.inner]
material = "ss304"
[surfaces.outer__outside]
radiates = false
[surfaces.outer__cavity]
emissivity = 0.1
[surfaces.inner__surface]
emissivity = 0.3
[[boundary_conditions]]
surface = "outer__outside"
film_W_m2_K = 50.0
ambient_K = 293.0
[[heat_sources]]
name = "heater"
body = "inner"
power_W = {power}
[radiation]
rays_per_facet = {rays}
"""


def solve(divisions: int, blocks: int, rays: int) -> dict[str, Any]:
    """Return what one row of a table needs, and numbers that must not depend on ranks."""
    import numpy as np

    from bbrmodel.mesh import find_facets
    from bbrmodel.model import PreparedMesh, assign, solve_temperatures
    from bbrmodel.parallel import team
    from bbrmodel.results.provenance import peak_memory_mib
    from bbrmodel.spec import load_case
    from benchmarks.voxels import box_in_box

    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "case.toml"
        path.write_text(CASE.format(power=5.0 * blocks, rays=rays))
        (path.parent / "made_by_numpy.msh").touch()
        case = load_case(str(path))
        bundle = box_in_box(divisions, blocks)
        facets, interfaces = find_facets(bundle)
        mesh = PreparedMesh(bundle, facets, interfaces, (), path, False)
        assignment = assign(case, mesh)
        seconds = {"mesh": time.perf_counter() - start}
        solved = solve_temperatures(case, mesh, assignment, cache=Path(place))
    seconds |= solved.timings_s
    inner = np.unique(bundle.cells[bundle.cell_body == 1])
    if solved.light is None:
        raise RuntimeError("nothing radiates")
    exchange = solved.light.exchange
    radiated = exchange.net_absorbed_W[exchange.surfaces.surface == 2]
    return {
        "unknowns": len(solved.T),
        "cells": len(bundle.cells),
        "facets": int(exchange.surfaces.radiates.sum()),
        "Mrays": solved.light.report.rays / 1e6,
        "seconds": {**seconds, "all": time.perf_counter() - start},
        "MiB": team().call(peak_memory_mib),
        "newton_steps": len(solved.history_W) - 1,
        "numbers": {
            "mean_K": float(solved.T.mean()),
            "hottest_K": float(solved.T[inner].max()),
            "radiated_W": float(radiated.sum()),
            "norm_K": float(np.linalg.norm(solved.T)),
        },
    }


def run_row(options: argparse.Namespace, ranks: int) -> dict[str, Any]:
    """Return one row: a run of this file in some ranks."""
    root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    threads = {"OMP_NUM_THREADS": "1"} if options.one_thread else {}
    before = ["mpirun", "-n", str(ranks), "--oversubscribe"] if ranks > 1 else []
    if options.one_thread and ranks == 1:
        before = ["taskset", "-c", "0"]
    blocks = ranks if options.weak else 1
    command = [*before, sys.executable, __file__, "--row", str(blocks), "--divisions", str(options.divisions)]
    done = subprocess.run(
        [*command, "--rays", str(options.rays)], env={**os.environ, **root, **threads}, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def main() -> None:
    """Print a table, or compute one row of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--divisions", type=int, default=107)
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rays", type=int, default=1000)
    parser.add_argument("--one-thread", action="store_true")
    parser.add_argument("--weak", action="store_true")
    parser.add_argument("--row", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        from bbrmodel.parallel import join_team, team

        if not join_team().leads:
            team().serve()
            return
        print(json.dumps(solve(options.divisions, options.row, options.rays)), flush=True)
        team().dismiss(status=0)
        return
    print("| ranks | unknowns | facets | Mrays | mesh s | view factors s | temperatures s | all s | MiB of each rank |")
    print("|---|---|---|---|---|---|---|---|---|")
    first: dict[str, float] = {}
    for ranks in options.ranks:
        row = run_row(options, ranks)
        seconds = " | ".join(f"{row['seconds'][name]:.1f}" for name in ("mesh", "view_factors", "temperatures", "all"))
        memory = ", ".join(f"{value:.0f}" for value in row["MiB"])
        print(
            f"| {ranks} | {row['unknowns']} | {row['facets']} | {row['Mrays']:.1f} | {seconds} | {memory} |", flush=True
        )
        if first and not options.weak:
            worst = max(abs(row["numbers"][key] / value - 1.0) for key, value in first.items())
            print(f"largest relative difference from the first row: {worst:.1e}")
        first = first or row["numbers"]


if __name__ == "__main__":
    main()
