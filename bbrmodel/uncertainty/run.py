"""Whole uncertainty studies of a case."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bbrmodel.errors import ConfigError
from bbrmodel.resources import cache_dir
from bbrmodel.spec import Case
from bbrmodel.typing import Progress
from bbrmodel.uncertainty.inputs import Input, find_inputs
from bbrmodel.uncertainty.linear import compute_linear, needs_new_exchange
from bbrmodel.uncertainty.model import Model, build_model
from bbrmodel.uncertainty.report import to_document
from bbrmodel.uncertainty.sample_tables import sample_document
from bbrmodel.uncertainty.sampling import SampleStudy, compute_samples
from bbrmodel.uncertainty.tables import UncertaintyTable

Method = Literal["linear", "mc", "both"]


@dataclass(frozen=True)
class Options:
    """What to compute: by derivatives, by samples or both; inputs that need whole solves only if asked."""

    method: Method = "both"
    samples: int = 10_000
    with_geometry: bool = False


@dataclass(frozen=True)
class UncertaintyStudy:
    """Budgets, samples, the document that is written, and what a reader must know."""

    inputs: tuple[Input, ...]
    tables: tuple[UncertaintyTable, ...]
    samples: SampleStudy | None
    document: Mapping[str, Any]
    notes: tuple[str, ...]


def run_uncertainty(
    case: Case, options: Options | None = None, *, cache: Path | None = None, progress: Progress | None = None
) -> UncertaintyStudy:
    """Return the uncertainty of T_eff and of the shift over the inputs that the case lists.

    Raises
    ------
    ConfigError
        The case says nothing about uncertain inputs, has no ion, or cannot be sampled and samples alone are wanted.
    BbrModelError
        As `bbrmodel.pipeline.solve_case`.
    """
    chosen = options or Options()
    inputs = find_inputs(case)
    model = build_model(case, cache=cache, progress=progress)
    dear = tuple(one for one in inputs if needs_new_exchange(model, one))
    cheap = tuple(one for one in inputs if one not in dear)
    notes = _notes(model, dear, chosen)
    tables: tuple[UncertaintyTable, ...] = ()
    if chosen.method != "mc":
        tables = compute_linear(model, inputs if chosen.with_geometry else cheap, progress=progress)
    samples = None
    if chosen.method != "linear":
        try:
            samples = compute_samples(model, cheap, chosen.samples, cache=cache or cache_dir(), progress=progress)
        except ConfigError as error:
            if chosen.method == "mc":
                raise
            notes.append(f"no samples: {error}")
    extra: dict[str, Any] = {"notes": notes, "samples": None if samples is None else sample_document(samples)}
    return UncertaintyStudy(cheap, tables, samples, to_document(case, tables, extra), tuple(notes))


def _notes(model: Model, dear: tuple[Input, ...], options: Options) -> list[str]:
    """Return what a reader must know beside the numbers."""
    notes = []
    names = ", ".join(one.name for one in dear)
    if dear and not options.with_geometry:
        notes.append(f"left out, as they need a new mesh or a new exchange (--geometry): {names}")
    if dear and options.method != "linear":
        notes.append(f"not in the samples, as they need a new mesh or a new exchange: {names}")
    if model.light.enclosure.portals:
        notes.append(
            "radiosity is constant on a facet, which no row knows of: compare T_eff with ion.cross_check_paths"
        )
    return notes


__all__ = ["Method", "Options", "UncertaintyStudy", "run_uncertainty"]
