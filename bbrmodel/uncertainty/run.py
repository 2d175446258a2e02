"""Whole uncertainty studies of a case."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bbrmodel.spec import Case
from bbrmodel.typing import Progress
from bbrmodel.uncertainty.inputs import Input, find_inputs
from bbrmodel.uncertainty.linear import compute_linear, needs_new_exchange
from bbrmodel.uncertainty.model import Model, build_model
from bbrmodel.uncertainty.report import to_document
from bbrmodel.uncertainty.tables import UncertaintyTable


@dataclass(frozen=True)
class LinearStudy:
    """Linear budgets, the document that is written, and what a reader must know."""

    model: Model
    inputs: tuple[Input, ...]
    tables: tuple[UncertaintyTable, ...]
    document: Mapping[str, Any]
    notes: tuple[str, ...]


def run_linear(
    case: Case, *, with_geometry: bool = False, cache: Path | None = None, progress: Progress | None = None
) -> LinearStudy:
    """Return the linear budgets of a case.

    Parameters
    ----------
    with_geometry
        Also vary the inputs that need a new mesh or a new exchange of radiation: two whole solves each.

    Raises
    ------
    ConfigError
        The case says nothing about uncertain inputs, or has no ion.
    BbrModelError
        As `bbrmodel.pipeline.solve_case`.
    """
    inputs = find_inputs(case)
    model = build_model(case, cache=cache, progress=progress)
    inputs, notes = choose_inputs(model, inputs, with_geometry=with_geometry)
    tables = compute_linear(model, inputs, progress=progress)
    return LinearStudy(model, inputs, tables, to_document(case, tables, {"notes": list(notes)}), notes)


def choose_inputs(
    model: Model, inputs: tuple[Input, ...], *, with_geometry: bool
) -> tuple[tuple[Input, ...], tuple[str, ...]]:
    """Return the inputs to vary, and a note on those that are left out because they need whole solves."""
    notes = []
    if not with_geometry:
        dear = [one for one in inputs if needs_new_exchange(model, one)]
        inputs = tuple(one for one in inputs if one not in dear)
        if dear:
            names = ", ".join(one.name for one in dear)
            notes.append(f"left out, as they need a new mesh or a new exchange (--geometry): {names}")
    if model.light.enclosure.portals:
        notes.append(
            "radiosity is constant on a facet, which no row knows of: compare T_eff with ion.cross_check_paths"
        )
    return inputs, tuple(notes)


__all__ = ["LinearStudy", "choose_inputs", "run_linear"]
