"""Cost per ray of view factors against the number of facets, 1000 to 1 000 000: a table and a figure.

    python benchmarks/scale.py [FACETS ...] [--rays 256] [--figure docs/images/cost_per_ray.png]

Nested cubes as in view_factors.py; each number of facets is a process of its own. "all" is sampling, tracing, counting
and closure; the radiosity column is one solve with grey walls of absorptivity 0.1: what the stored lines cost
afterwards.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.view_factors import nested_cubes, raw_rates

FACETS = (1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000)


def measure(facets: int, rays: int) -> dict[str, float]:
    """Return one row of the table."""
    from bbrmodel.radiation.radiosity import RadiositySolver, make_patches
    from bbrmodel.radiation.view_factors import RaySettings, compute_view_factors

    compute_view_factors(nested_cubes(120), RaySettings(64, 0, 1))  # compile
    enclosure = nested_cubes(facets)
    start = time.perf_counter()
    found = compute_view_factors(enclosure, RaySettings(rays, 0, 1))
    seconds = time.perf_counter() - start
    patch = make_patches(enclosure.vertices_m.mean(axis=1), enclosure.surface)
    start = time.perf_counter()
    solver = RadiositySolver(found.areas, np.full(enclosure.num_facets, 0.1), patch)
    irradiance = solver.solve_irradiance((enclosure.surface == 0).astype(float), tolerance=1e-9)
    radiosity = time.perf_counter() - start
    balance = float((enclosure.area_m2 * (0.1 * irradiance - (enclosure.surface == 0))).sum() / enclosure.area_m2.sum())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    embreex, packets = raw_rates(enclosure, rays)
    return {
        "facets": enclosure.num_facets,
        "rays": found.report.rays,
        "seconds": seconds,
        "ns_per_ray": 1e9 * seconds / found.report.rays,
        "embreex_ns_per_ray": 1e9 / embreex,
        "packets_ns_per_ray": 1e9 / packets,
        "radiosity_s": radiosity,
        "energy_balance": balance,
        "peak_MiB": peak,
    }


def draw(rows: list[dict[str, float]], path: Path) -> None:
    """Write the figure."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    facets = [row["facets"] for row in rows]
    figure, axes = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    for key, label, style in (
        ("ns_per_ray", "view factors, all steps", "o-"),
        ("embreex_ns_per_ray", "first hits alone, embreex", "s--"),
        ("packets_ns_per_ray", "first hits alone, packets of 8", "^--"),
    ):
        axes.plot(facets, [row[key] for row in rows], style, label=label)
    axes.set_xscale("log")
    axes.set_ylim(0.0, None)
    axes.set_xlabel("facets")
    axes.set_ylabel("wall time per ray (ns), 2 cores")
    axes.set_title(f"Nested cubes, {round(rows[0]['rays'] / facets[0])} rays per facet")
    axes.grid(alpha=0.3)
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Print the table and draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facets", nargs="*", type=int, default=FACETS)
    parser.add_argument("--rays", type=int, default=256)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--row", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        print(json.dumps(measure(options.row, options.rays)))
        return
    rows = []
    for facets in options.facets:
        command = [sys.executable, __file__, "--row", str(facets), "--rays", str(options.rays)]
        rows.append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
        if len(rows) == 1:
            print(" | ".join(rows[0]))
        print(" | ".join(f"{value:.4g}" for value in rows[-1].values()), flush=True)
    if options.figure:
        draw(rows, options.figure)


if __name__ == "__main__":
    main()
