"""Time Monte Carlo samples of a case through its reduced model, and judge that by full solves it does not know.

python benchmarks/samples.py [CASE] [--samples 10000] [--check 100] [--keep DIRECTORY]

Both use the view factors of the case. Full solves are kept in DIRECTORY, so that a check that was stopped goes on.
"""

import argparse
import tempfile
import time
from pathlib import Path

from bbrmodel.parallel import join_team

SEED = 2026  # of the points that check; the reduced model uses low-discrepancy points


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="?", default="lncioc_ca2")
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--check", type=int, default=0, metavar="FULL_SOLVES")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    join_team()  # before numerical libraries are loaded: they read then how many threads they may use
    measure(options)


def measure(options: argparse.Namespace) -> None:
    """Sample, then check."""
    from bbrmodel.spec import load_case
    from bbrmodel.uncertainty.channels import QUANTITIES
    from bbrmodel.uncertainty.inputs import find_inputs
    from bbrmodel.uncertainty.model import build_model
    from bbrmodel.uncertainty.sampling import compute_samples

    case = load_case(options.case)
    with tempfile.TemporaryDirectory() as folder:
        store = options.keep or Path(folder)
        start = time.perf_counter()
        inputs, model = find_inputs(case), build_model(case)
        print(f"{len(inputs)} inputs; the case itself {time.perf_counter() - start:.1f} s", flush=True)
        study = compute_samples(model, inputs, options.samples, cache=store)
        seconds = time.perf_counter() - start
        print(
            f"{options.samples} samples, {study.full_solves} full solves, modes {study.modes}: {seconds:.1f} s in all"
        )
        for quantity in QUANTITIES:
            values = study.outputs[quantity]
            part = study.error[quantity] / values.std()
            print(
                f"{quantity}: mean {values.mean():.6g}, spread {values.std():.4g}, own error {part:.1e} of the spread"
            )
        if options.check:
            check(options.check, model, inputs, store=store)


def check(number: int, model, inputs, *, store: Path) -> None:  # type: ignore[no-untyped-def]
    """Print how far the reduced model is from full solves at random points."""
    import numpy as np

    from bbrmodel.uncertainty.channels import QUANTITIES
    from bbrmodel.uncertainty.derivatives import solid_of
    from bbrmodel.uncertainty.reduced import evaluate
    from bbrmodel.uncertainty.sampling import coordinates, find_drivers, train
    from bbrmodel.uncertainty.snapshots import Start, base_snapshot, load_or_take

    drivers = find_drivers(inputs)
    reduced, _, _ = train(model, inputs, drivers, cache=store)
    z = coordinates(inputs, drivers, np.random.default_rng(SEED).random((number, drivers.number)))
    solids = solid_of(model) if model.num_nodes else None
    begin = Start(base_snapshot(model, inputs), solids)  # a solve of its own, not from what the reduced model guesses
    exact: dict[str, list[float]] = {quantity: [] for quantity in QUANTITIES}
    start = time.perf_counter()
    for k, point in enumerate(z, start=1):
        one = load_or_take(model, inputs, point, store=store / "check", start=begin)
        for quantity in QUANTITIES:
            exact[quantity].append(one.outputs[quantity])
        if k % 10 == 0 or k == number:
            found = evaluate(reduced, z[:k]).outputs
            wrong = {q: np.array(found[q]) - np.array(exact[q]) for q in QUANTITIES}
            parts = [np.sqrt(np.mean(wrong[q] ** 2)) / np.std(exact[q]) for q in QUANTITIES]
            worst = [np.abs(wrong[q]).max() / np.std(exact[q]) for q in QUANTITIES]
            words = ", ".join(
                f"{q} rms {p:.1e}, largest {w:.1e}" for q, p, w in zip(QUANTITIES, parts, worst, strict=True)
            )
            print(f"{k} full solves, {time.perf_counter() - start:.0f} s: {words} of the spread", flush=True)


if __name__ == "__main__":
    main()
