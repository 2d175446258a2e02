"""Weigh the gas that the vents of the second LN2 clock pass against the room-temperature light that they let in.

    python scripts/vent_tradeoff.py [--resolution coarse|default] [--figure docs/images/vent_tradeoff.png]

A cavity round an ion must be pumped through holes that light comes through as well. Covers at a small gap stop light
better than gas: for hole diameters and gaps this prints the conductance of all vents for hydrogen, by following
molecules, and the temperature that the ion sees, by solving the case. About 20 s for each of 12 designs.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bbrmodel.geometry import apparatus_parameters
from bbrmodel.pipeline import solve_case
from bbrmodel.radiation.flow import FlowSettings
from bbrmodel.radiation.flow_gas import gas
from bbrmodel.radiation.flow_vent import CoveredVent, vent_conductance
from bbrmodel.spec import load_case

CASE = "lncioc_ca2"
DIAMETERS_M = (0.003, 0.005)
GAPS_M = (0.001, 0.002, 0.003, 0.005, 0.007, 0.010)
GAS, GAS_TEMPERATURE_K = "H2", 78.0


@dataclass(frozen=True)
class Design:
    """One design and what it amounts to."""

    diameter_m: float
    gap_m: float
    conductance_L_s: float
    temperature_K: float
    temperature_std_K: float


def evaluate(diameter_m: float, gap_m: float, *, resolution: str) -> Design:
    """Return conductance and temperature of one design."""
    fixed = {name: parameter.default for name, parameter in apparatus_parameters(CASE).items()}
    vent = CoveredVent(diameter_m, fixed["cavity_wall_m"], fixed["vent_cover_diameter_m"], gap_m)
    one = vent_conductance(vent, gas(GAS, GAS_TEMPERATURE_K), settings=FlowSettings(molecules=1 << 18))
    changes = [f"vent_diameter_m={diameter_m}", f"vent_cover_gap_m={gap_m}", f"geometry.resolution={resolution}"]
    ion = solve_case(load_case(CASE, changes)).ion
    if ion is None:
        raise SystemExit(f"{CASE} has no ion")
    total = fixed["vent_count"] * one.conductance_L_s
    return Design(diameter_m, gap_m, total, ion.effective_temperature_K, ion.effective_temperature_std_K)


def draw(designs: Sequence[Design], path: Path) -> None:
    """Write the figure."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    for diameter in DIAMETERS_M:
        mine = [design for design in designs if design.diameter_m == diameter]
        x, y = [d.conductance_L_s for d in mine], [d.temperature_K for d in mine]
        axes.errorbar(x, y, yerr=[d.temperature_std_K for d in mine], fmt="o-", label=f"holes of {1e3 * diameter:g} mm")
        taken = None
        for design in mine:
            place = (design.conductance_L_s, design.temperature_K)
            # Points that crowd each other are told apart by the first and the last alone.
            crowded = taken is not None and design is not mine[-1] and place[0] - taken < 0.15
            if not crowded:
                taken = place[0]
                offset = (5, -9) if design is not mine[-1] else (-2, 6)
                axes.annotate(f"{1e3 * design.gap_m:g}", place, xytext=offset, textcoords="offset points", fontsize=8)
    axes.set_xlabel(f"conductance of all vents for {GAS} at {GAS_TEMPERATURE_K:g} K (L/s)")
    axes.set_ylabel("temperature that the ion sees (K)")
    axes.set_title("Three covered vents: gas out against light in (numbers: gap in mm)")
    axes.grid(alpha=0.3)
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Evaluate all designs, print a table, draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resolution", choices=("coarse", "default"), default="default")
    parser.add_argument("--figure", type=Path)
    options = parser.parse_args()
    print("| hole (mm) | gap (mm) | conductance, all vents (L/s) | T_eff (K) | +- (K) |\n|---|---|---|---|---|")
    designs = []
    for diameter in DIAMETERS_M:
        for gap in GAPS_M:
            found = evaluate(diameter, gap, resolution=options.resolution)
            designs.append(found)
            place = f"| {1e3 * diameter:g} | {1e3 * gap:g} | {found.conductance_L_s:.3f} "
            print(place + f"| {found.temperature_K:.2f} | {found.temperature_std_K:.2f} |", flush=True)
    if options.figure:
        draw(designs, options.figure)


if __name__ == "__main__":
    main()
