"""What was added to samples, as rows and plain values."""

from typing import Any

from bbrmodel.uncertainty.added import Added
from bbrmodel.uncertainty.channels import QUANTITIES
from bbrmodel.uncertainty.tables import PRINTED, short

TITLE = "Added to the samples by whole solves, no interaction with the other inputs"
HEADER = ("input", "at", "T_eff (K)", "curve", "std (mK)", "noise (mK)", "std of the shift (1e-19)")


def added_rows(added: tuple[Added, ...]) -> list[tuple[str, ...]]:
    """Return one row for each input that was added."""
    rows: list[tuple[str, ...]] = []
    for one in added:
        kelvin, shift = PRINTED["temperature"][0], PRINTED["shift"][0]
        rows.append(
            (
                one.name,
                ", ".join(f"{value:.4g}" for value in one.values),
                ", ".join(f"{value:.3f}" for value in one.points["temperature"]),
                {1: "straight", 2: "parabola", 3: "cubic"}.get(one.degree["temperature"], "through all points"),
                short(kelvin * one.std["temperature"]),
                short(kelvin * one.std_noise["temperature"], digits=2),
                short(shift * one.std["shift"]),
            )
        )
    return rows


def added_document(one: Added) -> dict[str, Any]:
    """Return an input that was added as plain values."""
    document: dict[str, Any] = {"name": one.name, "z": one.z.tolist(), "values": one.values.tolist()}
    for quantity in QUANTITIES:
        document[quantity] = {
            "points": one.points[quantity].tolist(),
            "noise": one.noise[quantity].tolist(),
            "degree": one.degree[quantity],
            "std": one.std[quantity],
            "std_noise": one.std_noise[quantity],
        }
    return document


__all__ = ["HEADER", "TITLE", "added_document", "added_rows"]
