"""The commands `uncertainty`, `bracket` and `sensors`: which inputs limit the clock, and by how much."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bbrmodel.cli.options import CaseArgument, JsonOption, SetOption
from bbrmodel.cli.progress import progress_bar
from bbrmodel.cli.settings import Settings
from bbrmodel.cli.workflow import RESULTS

if TYPE_CHECKING:
    from rich.table import Table

    from bbrmodel.uncertainty.bracket import Bracket, Corner, WallEffect
    from bbrmodel.uncertainty.run import UncertaintyStudy
    from bbrmodel.uncertainty.sensors import InputUpdate, SensorStudy

_CANDIDATES, _INPUTS, _EFFECTS = 6, 8, 8  # rows that are printed


class Method(StrEnum):
    """How uncertainties are propagated."""

    linear = "linear"
    mc = "mc"
    both = "both"


def uncertainty(
    context: typer.Context,
    case: CaseArgument,
    *,
    changes: SetOption = None,
    method: Annotated[Method, typer.Option(help="Derivatives, samples or both.")] = Method.both,
    samples: Annotated[int, typer.Option(min=16, help="Number of samples.")] = 10_000,
    geometry: Annotated[bool, typer.Option("--geometry", help="Vary inputs that need a new mesh or exchange.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Default: results/uncertainty/<case>.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Budget of T_eff and the clock shift over the [[uncertain]] inputs of a case, ranked by contribution."""
    from bbrmodel.cli.workflow import show_json
    from bbrmodel.spec import load_case
    from bbrmodel.uncertainty.report import write_report
    from bbrmodel.uncertainty.run import Options, run_uncertainty

    settings = context.ensure_object(Settings)
    loaded = load_case(case, changes or ())
    options = Options(method.value, samples, with_geometry=geometry)
    with progress_bar(settings.err, loaded.name, quiet=as_json) as progress:
        study = run_uncertainty(loaded, options, progress=progress)
    files = write_report(output or RESULTS / "uncertainty" / loaded.name, study)
    if as_json:
        show_json(study.document, settings)
        return
    _show_study(study, settings)
    if study.tables:
        from bbrmodel.viz.uncertainty_figure import plot_uncertainty

        files = (*files, plot_uncertainty(study, files[0].with_name("uncertainty.png")))
    for file in files:
        settings.out.print(str(file), soft_wrap=True, markup=False)


def _show_study(study: "UncertaintyStudy", settings: Settings) -> None:
    """Print budgets, samples and notes."""
    from bbrmodel.cli.tables import make_table
    from bbrmodel.uncertainty.channels import QUANTITIES
    from bbrmodel.uncertainty.sample_tables import HEADER, quantile_rows, sample_rows, sample_title
    from bbrmodel.uncertainty.tables import cells, header, title

    for table in study.tables:
        settings.out.print(make_table(title(table), header(table), rows=cells(table)))
    if study.samples is not None:
        for quantity in QUANTITIES:
            rows = sample_rows(study.samples, quantity)
            settings.out.print(make_table(sample_title(study.samples, quantity), HEADER, rows=rows))
        columns = ("quantile", "T_eff (K)", "fractional shift")
        settings.out.print(make_table("Samples", columns, rows=quantile_rows(study.samples)))
    if study.added:
        from bbrmodel.uncertainty import added_tables

        rows = added_tables.added_rows(study.added)
        settings.out.print(make_table(added_tables.TITLE, added_tables.HEADER, rows=rows))
    for note in study.notes:
        settings.out.print(f"note: {note}", soft_wrap=True, markup=False)


def bracket(
    context: typer.Context,
    case: CaseArgument,
    *,
    changes: SetOption = None,
    mirrors: Annotated[bool, typer.Option("--mirrors/--no-mirrors", help="Mirrors, too, all or some walls.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Interval in which T_eff must lie: finishes at the ends of their ranges, walls matt, mirrors or mixed."""
    from bbrmodel.cli.tables import as_plain
    from bbrmodel.cli.workflow import show_json
    from bbrmodel.spec import load_case
    from bbrmodel.uncertainty.bracket import compute_bracket

    settings = context.ensure_object(Settings)
    loaded = load_case(case, changes or ())
    with progress_bar(settings.err, loaded.name, quiet=as_json) as progress:
        found = compute_bracket(loaded, with_mirrors=mirrors, progress=progress)
    if as_json:
        show_json(as_plain(found), settings)
        return
    _show_bracket(found, settings)


def _show_bracket(found: "Bracket", settings: Settings) -> None:
    """Print the interval, its corners and what single walls do."""
    from bbrmodel.cli.numbers import with_error
    from bbrmodel.cli.tables import make_table

    low, high = (f"{one.temperature_K:.2f} ± {one.std_K:.2f} K" for one in (found.low, found.high))
    rows = [
        (
            *(one.walls, one.finishes, with_error(one.temperature_K, one.std_K)),
            with_error(one.fractional_shift, one.shift_std),
        )
        for one in found.corners
    ]
    title = f"{found.case}: {low} <= T_eff <= {high}"
    settings.out.print(make_table(title, ("walls", "finishes", "T_eff (K)", "fractional shift"), rows=rows))
    strong = [one for one in found.effects if _is_strong(one)][:_EFFECTS]
    if strong:
        walls = [
            (
                one.surface,
                with_error(one.coldest_K, one.coldest_std_K),
                with_error(one.warmest_K, one.warmest_std_K),
            )
            for one in strong
        ]
        columns = ("a mirror instead of matt", "coldest finishes (K)", "warmest finishes (K)")
        settings.out.print(make_table("What single walls do to T_eff, whatever the others are", columns, rows=walls))
    cold = {one.surface for one in found.effects if abs(one.coldest_K) > 3.0 * one.coldest_std_K}
    warm = {one.surface for one in found.effects if abs(one.warmest_K) > 3.0 * one.warmest_std_K}
    for end, words, important in ((found.low, "coldest", cold), (found.high, "warmest", warm)):
        settings.out.print(f"{words}: {_in_words(end, important)}", soft_wrap=True, markup=False)


def _is_strong(one: "WallEffect") -> bool:
    """Tell whether what a wall does is more than noise."""
    pairs = ((one.coldest_K, one.coldest_std_K), (one.warmest_K, one.warmest_std_K))
    return any(abs(value) > 3.0 * std for value, std in pairs)


def _in_words(corner: "Corner", important: set[str]) -> str:
    """Return the walls and finishes of a corner in words."""
    ends = {-1.0: "lowest", 1.0: "highest"}
    groups: dict[str, list[str]] = {}
    for path, level in corner.levels.items():
        name = path.removesuffix(".finish_level").removeprefix("bodies.").removeprefix("surfaces.")
        groups.setdefault(ends.get(level, f"level {level:+g}"), []).append(name.strip('"'))
    parts = [f"{level} absorptivity: {', '.join(names)}" for level, names in groups.items()]
    walls = f"{corner.walls} walls"
    if corner.walls == "mixed":
        named = [name for name in corner.mirrors if name in important]
        others = sorted(important - set(corner.mirrors))
        walls = f"mirrors: {', '.join(named) or 'none'}, matt: {', '.join(others) or 'none'}, of the walls that matter"
    return f"{walls}; {'; '.join(parts)}"


def sensors(
    context: typer.Context, case: CaseArgument, *, changes: SetOption = None, as_json: JsonOption = False
) -> None:
    """Update the inputs by the readings of thermometers: T_eff after that, and where one more would help."""
    from bbrmodel.cli.tables import as_plain
    from bbrmodel.cli.workflow import show_json
    from bbrmodel.spec import load_case
    from bbrmodel.uncertainty.inputs import find_inputs
    from bbrmodel.uncertainty.model import build_model
    from bbrmodel.uncertainty.sensors import check_readings, compute_sensors

    settings = context.ensure_object(Settings)
    loaded = load_case(case, changes or ())
    check_readings(loaded)
    inputs = find_inputs(loaded)
    with progress_bar(settings.err, loaded.name, quiet=as_json) as progress:
        found = compute_sensors(build_model(loaded, progress=progress), inputs, progress=progress)
    if as_json:
        show_json(as_plain(found), settings)
        return
    _show_sensors(found, settings)


def _show_sensors(found: "SensorStudy", settings: Settings) -> None:
    """Print readings, outputs before and after, inputs that moved, and candidates."""
    from bbrmodel.cli.numbers import with_error
    from bbrmodel.cli.tables import make_table

    rows = [
        (
            *(one.name, with_error(one.reading_K, one.std_K), with_error(one.prior_K, one.prior_std_K)),
            *(f"{one.deviation_sigma:+.1f}", with_error(one.posterior_K, one.posterior_std_K)),
            f"{one.left_sigma:+.1f}",
        )
        for one in found.readings
    ]
    columns = ("thermometer", "reads (K)", "model (K)", "apart (sigma)", "model after (K)", "left (sigma)")
    settings.out.print(make_table("Readings", columns, rows=rows))
    names = {"temperature": "T_eff (K)", "shift": "fractional shift"}
    outputs = [
        (
            names[one.quantity],
            *(with_error(one.prior, one.prior_std), with_error(one.posterior, one.posterior_std)),
            with_error(one.bounded, one.posterior_std),
        )
        for one in found.outputs
    ]
    before_after = ("output", "before", "after", "after, inputs within limits")
    settings.out.print(make_table("At the ion", before_after, rows=outputs))
    settings.out.print(_moved_table(found))
    best = [
        (
            *(one.place, ", ".join(f"{1e3 * x:.1f}" for x in one.position_m)),
            *(f"{1e3 * one.remaining['temperature']:.4g}", f"{1e19 * one.remaining['shift']:.3g}"),
        )
        for one in found.candidates[:_CANDIDATES]
    ]
    places = ("body", "at (mm)", "leaves of T_eff (mK)", "of the shift (1e-19)")
    settings.out.print(make_table("One more thermometer", places, rows=best))
    text = f"rule of the papers, from the span of all readings: {found.span_K:.2f} ± {found.span_half_K:.2f} K"
    settings.out.print(text, soft_wrap=True, markup=False)
    text = f"chi squared before: {found.chi_squared:.1f} of {len(found.readings)}"
    settings.out.print(f"{text}, probability {found.probability:.2g}", soft_wrap=True, markup=False)
    for note in found.notes:
        settings.out.print(f"warning: {note}", soft_wrap=True, markup=False)


def _moved_table(found: "SensorStudy") -> "Table":
    """Return the inputs that the readings moved most."""
    from bbrmodel.cli.tables import make_table

    rows = [
        (one.name, f"{one.mean:+.2f} ± {one.std:.2f}", _value(one), "" if one.low is None else _limits(one))
        for one in found.inputs[:_INPUTS]
    ]
    title = "Inputs that moved most, in standard deviations from what the case gives"
    return make_table(title, ("input", "moved (sigma)", "to", "limits"), rows=rows)


def _value(one: "InputUpdate") -> str:
    return f"level {one.value:+.2f}" if one.is_level else f"{one.value:.4g}"


def _limits(one: "InputUpdate") -> str:
    return f"{one.low:.4g} to {one.high:.4g}" + (", left" if one.is_outside else "")


__all__ = ["Method", "bracket", "sensors", "uncertainty"]
