"""Compare the scatter of T_eff over seeds with the standard deviation from rays that every run states.

    python scripts/seeds.py                     # ten seeds of the LN2 clock, about 30 s each
    python scripts/seeds.py --seeds 4 --more-rays 4     # and one run with four times the rays

View factors differ from seed to seed; mesh and case are the same.
"""

import argparse
import statistics
from collections.abc import Sequence

from bbrmodel.pipeline import solve_case
from bbrmodel.spec import load_case


def solve(case: str, changes: Sequence[str]) -> tuple[float, float]:
    """Return T_eff and its stated standard deviation from rays [K]."""
    ion = solve_case(load_case(case, changes)).ion
    if ion is None:
        raise SystemExit(f"{case} has no ion")
    if ion.effective_temperature_rays_std_K is None:
        raise SystemExit(f"{case}: the result does not tell the error of rays")
    return ion.effective_temperature_K, ion.effective_temperature_rays_std_K


def main() -> None:
    """Run the seeds and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="?", default="lncioc_ca2")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--more-rays", type=int, default=0, metavar="FACTOR")
    options = parser.parse_args()
    found, stated = [], []
    for seed in range(1, options.seeds + 1):
        temperature, deviation = solve(options.case, [*options.set, f"radiation.seed={seed}"])
        found.append(temperature)
        stated.append(deviation)
        print(f"seed {seed:2d}: {temperature:.4f} K, stated {deviation:.4f} K", flush=True)
    scatter = statistics.stdev(found)
    print(f"mean {statistics.mean(found):.4f} K, scatter {scatter:.4f} K, stated {statistics.mean(stated):.4f} K")
    if options.more_rays:
        radiation = load_case(options.case, options.set).radiation
        if radiation is None:
            raise SystemExit(f"{options.case} has no radiation")
        rays = [
            f"radiation.rays_per_facet={options.more_rays * radiation.rays_per_facet}",
            f"radiation.portal_rays={options.more_rays * radiation.portal_rays}",
        ]
        temperature, deviation = solve(options.case, [*options.set, *rays])
        print(f"{options.more_rays} times the rays: {temperature:.4f} K, stated {deviation:.4f} K")


if __name__ == "__main__":
    main()
