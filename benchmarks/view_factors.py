"""View factors of nested cubes (exact: inner to outer 1, outer to inner 0.16): error, time and memory by facet count.

    python benchmarks/view_factors.py [FACETS ...] [--rays 1000] [--exact-up-to 2000] [--pyviewfactor-up-to 4320]

Each row is a process of its own. Row sums are those of the two surfaces before any correction. Raw rates are those of
finding first hits and nothing else, on the same rays, in the same process and threads: by embreex as it comes,
and by the packets that bbrmodel sends. pyviewfactor (from PyPI, if installed) gets the same triangles.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.verification.shapes import cube

DEFAULT_FACETS = (120, 480, 1080, 1920, 4320, 20_000, 100_000)


def nested_cubes(facets: int):
    """Return an enclosure of about so many facets; the inner cube has a sixth of them."""
    from bbrmodel.radiation.api import enclosure_of_triangles

    outer = max(1, round((facets * 5 / 6 / 12) ** 0.5))
    inner = max(1, round((facets / 6 / 12) ** 0.5))
    walls = np.concatenate(list(cube([0, 0, 0], 1.0, outer, inward=True).values()))
    block = np.concatenate(list(cube([0.05, 0.03, -0.02], 0.4, inner, inward=False).values()))
    return enclosure_of_triangles({"out": walls, "in": block})


def raw_rates(enclosure, rays: int) -> tuple[float, float]:
    """Return rays/s of nothing but finding first hits on the same rays: by embreex as it comes, and by our packets."""
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    from bbrmodel.radiation.tracer import RaySettings, Tracer

    tracer = Tracer(enclosure, RaySettings(rays, 0, 1))
    scene = EmbreeScene()
    vertices = np.ascontiguousarray(enclosure.vertices_m.reshape(-1, 3), dtype=np.float32)
    TriangleMesh(scene, vertices, np.arange(len(vertices), dtype=np.int32).reshape(-1, 3))
    scene.run(np.zeros((1, 3), np.float32), np.ones((1, 3), np.float32))  # builds the tree
    chunks = list(tracer.chunks(1 << 16))
    batches = [tracer.sample_facets(chunk) for chunk in chunks[:: max(1, len(chunks) // 64)]]
    count = sum(len(origins) for origins, _ in batches)
    rates = []
    for caster in (scene.run, tracer.scene.trace):
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            start = time.perf_counter()
            list(threads.map(lambda batch, caster=caster: caster(*batch), batches))
            rates.append(count / (time.perf_counter() - start))
    return rates[0], rates[1]


def measure(method: str, facets: int, rays: int) -> dict[str, float | str]:
    """Return one row of the table."""
    enclosure = nested_cubes(facets)
    row: dict[str, float | str] = {"method": method, "facets": enclosure.num_facets}
    if method == "pyviewfactor":
        return row | run_pyviewfactor(enclosure)
    from bbrmodel.radiation.view_factors import RaySettings, compute_view_factors

    if method == "rays":
        compute_view_factors(nested_cubes(120), RaySettings(64, 0, 1))  # compile
        start = time.perf_counter()
        found = compute_view_factors(enclosure, RaySettings(rays, 0, 1))
    else:
        from bbrmodel.radiation.exact import compute_exact_view_factors

        compute_exact_view_factors(nested_cubes(120))
        start = time.perf_counter()
        found = compute_exact_view_factors(enclosure)
    row["seconds"] = time.perf_counter() - start
    exchange = found.areas.block_sums(enclosure.surface, 2)
    row["row_sum_error"] = float(
        np.abs(
            np.bincount(enclosure.surface, found.raw_row_sums * enclosure.area_m2)
            / np.bincount(enclosure.surface, enclosure.area_m2)
            - 1.0
        ).max()
    )
    row["error_out_in"] = float(abs(exchange[0, 1] / 6.0 - 0.16))
    row["peak_MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if method == "rays":
        row["rate_Mrays_s"] = found.report.rays / float(row["seconds"]) / 1e6
        row["embreex_Mrays_s"], row["packets_Mrays_s"] = (rate / 1e6 for rate in raw_rates(enclosure, rays))
    return row


def run_pyviewfactor(enclosure) -> dict[str, float | str]:
    """Return error and time of pyviewfactor on the same triangles."""
    import pyvista
    from pyviewfactor import compute_viewfactor_matrix

    def polygons(these):
        corners = these.vertices_m.reshape(-1, 3)
        faces = np.column_stack([np.full(these.num_facets, 3), np.arange(len(corners)).reshape(-1, 3)])
        return pyvista.PolyData(corners, faces.ravel())

    mesh, small = polygons(enclosure), polygons(nested_cubes(120))
    compute_viewfactor_matrix(small, obstacles=[small], skip_obstruction=False)  # compile
    start = time.perf_counter()
    matrix = np.asarray(compute_viewfactor_matrix(mesh, obstacles=[mesh], skip_obstruction=False)).T  # row = from
    row: dict[str, float | str] = {"seconds": time.perf_counter() - start}
    area, label = enclosure.area_m2, enclosure.surface
    sums = np.bincount(label, area * matrix.sum(axis=1)) / np.bincount(label, area)
    row["row_sum_error"] = float(np.abs(sums - 1.0).max())
    row["error_out_in"] = abs(float(area[label == 0] @ matrix[label == 0][:, label == 1].sum(axis=1)) / 6.0 - 0.16)
    row["peak_MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return row


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facets", nargs="*", type=int, default=DEFAULT_FACETS)
    parser.add_argument("--rays", type=int, default=1000)
    parser.add_argument("--exact-up-to", type=int, default=2000)
    parser.add_argument("--pyviewfactor-up-to", type=int, default=0)
    parser.add_argument("--limit-s", type=float, default=600.0, help="give a row up after so many seconds")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        method, facets = options.row.split(":")
        print(json.dumps(measure(method, int(facets), options.rays)))
        return
    columns = (
        "method",
        "facets",
        "seconds",
        "row_sum_error",
        "error_out_in",
        "peak_MiB",
        "rate_Mrays_s",
        "embreex_Mrays_s",
        "packets_Mrays_s",
    )
    print(" | ".join(columns))
    for facets in options.facets:
        methods = ["rays"] + ["exact"] * (facets <= options.exact_up_to)
        methods += ["pyviewfactor"] * (facets <= options.pyviewfactor_up_to)
        for method in methods:
            command = [sys.executable, __file__, "--row", f"{method}:{facets}", "--rays", str(options.rays)]
            try:
                done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=options.limit_s)
            except subprocess.TimeoutExpired:
                print(f"{method} | {facets} | no answer in {options.limit_s:g} s", flush=True)
                continue
            if done.returncode:
                reason = (done.stderr.strip().splitlines() or ["killed"])[-1]
                print(f"{method} | {facets} | failed: {reason}", flush=True)
                continue
            row = json.loads(done.stdout.splitlines()[-1])
            print(
                " | ".join(f"{row[c]:.3g}" if isinstance(row.get(c), float) else str(row.get(c, "-")) for c in columns),
                flush=True,
            )


if __name__ == "__main__":
    main()
