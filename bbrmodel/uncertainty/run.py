"""Whole uncertainty studies of a case."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bbrmodel.errors import ConfigError
from bbrmodel.resources import cache_dir
from bbrmodel.spec import Case
from bbrmodel.typing import Progress
from bbrmodel.uncertainty.added import Added, add_inputs, moves_level, solve_curves
from bbrmodel.uncertainty.added_tables import added_document
from bbrmodel.uncertainty.channels import QUANTITIES
from bbrmodel.uncertainty.inputs import Input, find_inputs
from bbrmodel.uncertainty.linear import compute_linear, needs_new_exchange, values_at
from bbrmodel.uncertainty.model import Model, build_model
from bbrmodel.uncertainty.report import to_document
from bbrmodel.uncertainty.sample_tables import sample_document
from bbrmodel.uncertainty.sampling import SampleStudy, compute_samples
from bbrmodel.uncertainty.tables import UncertaintyTable
from bbrmodel.uncertainty.whole import WholeSolves, open_whole_solves

Method = Literal["linear", "mc", "both"]


@dataclass(frozen=True)
class Options:
    """What to compute: by derivatives, by samples or both; inputs that need whole solves only if asked."""

    method: Method = "both"
    samples: int = 10_000
    with_geometry: bool = False


@dataclass(frozen=True)
class UncertaintyStudy:
    """Budgets, samples, the document that is written, what a reader must know, and what was added to the samples.

    `inputs` are those of the columns of the samples.
    """

    inputs: tuple[Input, ...]
    tables: tuple[UncertaintyTable, ...]
    samples: SampleStudy | None
    document: Mapping[str, Any]
    notes: tuple[str, ...]
    added: tuple[Added, ...] = ()


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
    chosen, cache = options or Options(), cache or cache_dir()
    inputs = find_inputs(case)
    model = build_model(case, cache=cache, progress=progress)
    whole = open_whole_solves(case, cache)
    dear = tuple(one for one in inputs if needs_new_exchange(model, one))
    cheap = tuple(one for one in inputs if one not in dear)
    notes = _notes(model, dear, chosen)
    tables: tuple[UncertaintyTable, ...] = ()
    if chosen.method != "mc":
        tables = compute_linear(model, inputs if chosen.with_geometry else cheap, whole=whole, progress=progress)
    sampled = _Sampled(cheap, None, ())
    if chosen.method != "linear":
        try:
            sampled = _sample(model, (cheap, dear), chosen, whole, progress)
        except ConfigError as error:
            if chosen.method == "mc":
                raise
            notes.append(f"no samples: {error}")
    notes += _about_added(sampled.added)
    extra: dict[str, Any] = {
        "notes": notes,
        "samples": None if sampled.study is None else sample_document(sampled.study),
        "added": [added_document(one) for one in sampled.added],
    }
    document = to_document(case, tables, extra)
    return UncertaintyStudy(sampled.inputs, tables, sampled.study, document, tuple(notes), sampled.added)


@dataclass(frozen=True)
class _Sampled:
    """Samples with the inputs of their columns, and what was added to them."""

    inputs: tuple[Input, ...]
    study: SampleStudy | None
    added: tuple[Added, ...]


def _sample(
    model: Model,
    inputs: tuple[tuple[Input, ...], tuple[Input, ...]],
    options: Options,
    whole: WholeSolves,
    progress: Progress | None,
) -> _Sampled:
    """Return samples through the reduced model, what it does not hold added if asked for."""
    cheap, dear = inputs
    if options.with_geometry:
        level = tuple(one for one in cheap if moves_level(model, one))
        cheap, dear = tuple(one for one in cheap if one not in level), (*dear, *level)
    study = None
    if options.with_geometry and (model.looks.paths or not cheap):
        cheap, dear = (), (*cheap, *dear)  # paths have no reduced model: all through whole solves
    else:
        study = compute_samples(model, cheap, options.samples, cache=whole.cache, progress=progress)
    if not dear or not options.with_geometry:
        return _Sampled(cheap, study, ())
    found = solve_curves(model, dear, whole, progress=progress)
    base = {quantity: values_at(model, quantity) for quantity in QUANTITIES}
    study, added = add_inputs(study, (cheap, dear), found, base=base, num=options.samples)
    return _Sampled((*cheap, *dear), study, added)


def _about_added(added: tuple[Added, ...]) -> list[str]:
    """Return what a reader must know of inputs that were added."""
    if not added:
        return []
    names = ", ".join(one.name for one in added)
    notes = [f"added to the samples by whole solves along each alone, no interaction with the other inputs: {names}"]
    lost = [one.name for one in added if one.std["temperature"] < 2.0 * one.std_noise["temperature"]]
    if lost:
        notes.append(f"not told from the noise of whole solves, whose spread they show: {', '.join(lost)}")
    return notes


def _notes(model: Model, dear: tuple[Input, ...], options: Options) -> list[str]:
    """Return what a reader must know beside the numbers."""
    notes = []
    names = ", ".join(one.name for one in dear)
    if dear and not options.with_geometry and options.method != "mc":
        notes.append(f"left out of the budget, as they need a new mesh or a new exchange (--geometry): {names}")
    if dear and not options.with_geometry and options.method != "linear":
        notes.append(f"not in the samples, as they need a new mesh or a new exchange (--geometry): {names}")
    if model.num_nodes:
        notes.append(
            "no row holds the error of the mesh's temperatures: compare degrees and meshes with bbrmodel converge"
        )
    return notes


__all__ = ["Method", "Options", "UncertaintyStudy", "run_uncertainty"]
