"""Time the case of the second LN2 clock: cold (empty cache), a changed finish, and the same case again.

python benchmarks/lncioc.py [--resolution coarse|default|fine]
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
RUNS: dict[str, list[str]] = {"cold": [], "changed finish": ["cavity_finish=tarnished"], "warm": []}


def run(changes: list[str], cache: Path, output: Path) -> tuple[float, dict[str, Any]]:
    """Return wall seconds and the result of one run in a process of its own."""
    command = [sys.executable, "-m", "bbrmodel", "run", "lncioc_ca2", "-o", str(output), "--no-plot", "--quiet"]
    for change in changes:
        command += ["--set", change]
    environment = {**os.environ, "BBRMODEL_CACHE": str(cache)}
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return time.perf_counter() - start, json.loads((output / "result.json").read_text(encoding="utf-8"))


def main() -> None:
    """Run and print one row for each run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resolution", choices=("coarse", "default", "fine"), default="default")
    resolution = f"geometry.resolution={parser.parse_args().resolution}"
    print(f"{os.cpu_count()} cores")
    print("| run | s | mesh | view factors | temperatures | ion | MiB | facets | T_eff (K) | error (K) |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, changes) in enumerate(RUNS.items()):
            output = Path(folder) / str(number)
            seconds, result = run([resolution, *changes], Path(folder) / "cache", output)
            step, ion = result["timings_s"], result["ion"]
            steps = " | ".join(f"{step[key]:.1f}" for key in ("mesh", "view_factors", "temperatures", "ion"))
            memory, facets = result["peak_memory_MiB"], result["radiation"]["facets"]
            answer = f"{ion['effective_temperature_K']:.3f} | {ion['effective_temperature_std_K']:.3f}"
            print(f"| {name} | {seconds:.1f} | {steps} | {memory:.0f} | {facets} | {answer} |", flush=True)


if __name__ == "__main__":
    main()
