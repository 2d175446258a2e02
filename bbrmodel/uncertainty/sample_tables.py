"""What samples say, as tables and plain values."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from bbrmodel.uncertainty.channels import QUANTITIES, Quantity
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.sampling import SampleStudy
from bbrmodel.uncertainty.tables import in_unit

QUANTILES = (0.025, 0.16, 0.5, 0.84, 0.975)
HEADER = ("input", "alone %", "with others %", "std")


def sample_title(study: SampleStudy, quantity: Quantity) -> str:
    """Return the heading of the table of one output: its mean and spread, and the error of the reduced model."""
    values = study.outputs[quantity]
    spread = in_unit(quantity, float(values.std()))
    head = f"{values.mean():.3f} K" if quantity == "temperature" else f"{values.mean():.5g}"
    what = "T_eff" if quantity == "temperature" else "fractional shift"
    error = f"{100 * study.error[quantity] / max(float(values.std()), 1e-300):.2g} % of it"
    if not study.modes:  # all inputs are added by whole solves
        return f"{len(values)} samples: {what} = {head}, std {spread} (whole solves alone)"
    return (
        f"{len(values)} samples: {what} = {head}, std {spread} "
        f"(reduced model: {error}, {study.full_solves} full solves)"
    )


def sample_rows(study: SampleStudy, quantity: Quantity) -> list[tuple[str, ...]]:
    """Return the share of the variance that each input causes by itself, and with others, the largest first."""
    spread = float(study.outputs[quantity].std())
    first, total = study.first[quantity], study.total[quantity]
    return [
        (
            study.drivers.names[k],
            f"{100.0 * max(first[k], 0.0):.1f}",
            f"{100.0 * total[k]:.1f}",
            in_unit(quantity, spread * float(np.sqrt(max(total[k], 0.0)))),
        )
        for k in np.argsort(-total)
    ]


def quantile_rows(study: SampleStudy) -> list[tuple[str, ...]]:
    """Return the quantiles of both outputs."""
    return [
        (f"{100.0 * q:g} %", *(f"{np.quantile(study.outputs[quantity], q):.6g}" for quantity in QUANTITIES))
        for q in QUANTILES
    ]


def sample_document(study: SampleStudy) -> dict[str, Any]:
    """Return a study as plain values, without its samples."""
    document: dict[str, Any] = {"number": len(study.z), "full_solves": study.full_solves, "modes": study.modes}
    for quantity in QUANTITIES:
        values = study.outputs[quantity]
        document[quantity] = {
            "mean": float(values.mean()),
            "std": float(values.std()),
            "quantiles": {str(q): float(np.quantile(values, q)) for q in QUANTILES},
            "reduced_model_error": study.error[quantity],
            "first_order": dict(zip(study.drivers.names, map(float, study.first[quantity]), strict=True)),
            "total": dict(zip(study.drivers.names, map(float, study.total[quantity]), strict=True)),
        }
    return document


def samples_csv(study: SampleStudy, inputs: Sequence[Input]) -> str:
    """Return all samples as CSV: the first number that each input moves, and the outputs."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow((*(one.name for one in inputs), *QUANTITIES))
    columns = [np.array([one.first.value(float(v)) for v in study.z[:, k]]) for k, one in enumerate(inputs)]
    columns += [study.outputs[quantity] for quantity in QUANTITIES]
    writer.writerows([f"{value:.9g}" for value in row] for row in np.column_stack(columns))
    return buffer.getvalue()


__all__ = ["HEADER", "QUANTILES", "quantile_rows", "sample_document", "sample_rows", "sample_title", "samples_csv"]
