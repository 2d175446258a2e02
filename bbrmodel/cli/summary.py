"""The summary of a run: every number with its unit, and what the paper says beside it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from bbrmodel.cli.ion_summary import ion_rows, ion_tables, surface_table
from bbrmodel.cli.numbers import kelvin, number, with_error
from bbrmodel.cli.settings import Settings
from bbrmodel.cli.tables import make_table
from bbrmodel.cli.workflow import Run, show_json

if TYPE_CHECKING:
    from bbrmodel.results import Comparison

Row = tuple[str, str, str]


def show_run(run: Run, settings: Settings) -> None:
    """Print the tables of a run, its warnings, and where it stands."""
    document = run.document
    tables = [
        make_table(f"{document['case']}", ("quantity", "value", "unit"), rows=headline_rows(document)),
        *reference_tables(run),
        *time_tables(document),
        *temperature_tables(document["thermal"]),
    ]
    if document["ion"] is not None:
        tables += [surface_table(document["ion"]["surfaces"]), *ion_tables(document["ion"])]
    for table in tables:
        settings.out.print(table)
    for warning in (*document["warnings"], *run.notes):
        settings.out.print(f"warning: {warning}", soft_wrap=True, markup=False)
    for picture in run.pictures:
        settings.out.print(f"picture: {picture}", soft_wrap=True, markup=False)
    settings.out.print(f"result: {run.directory}", soft_wrap=True, markup=False)


def show_ion(document: Mapping[str, Any], settings: Settings, *, as_json: bool) -> None:
    """Print what the ion sees, every surface included."""
    ion = document["ion"]
    if as_json:
        show_json(ion, settings)
        return
    settings.out.print(make_table(f"{document['case']}: ion", ("quantity", "value", "unit"), rows=ion_rows(ion)))
    for table in (surface_table(ion["surfaces"], count=len(ion["surfaces"])), *ion_tables(ion)):
        settings.out.print(table)


def headline_rows(document: Mapping[str, Any]) -> list[Row]:
    """Return the rows of the first table."""
    thermal, mesh = document["thermal"], document["mesh"]
    rows = ion_rows(document["ion"]) if document["ion"] is not None else []
    rows += _bath_rows(thermal)
    balance = thermal["energy_balance"]
    rows.append(("energy balance: residual", number(balance["residual_W"]), "W"))
    rows.append(("energy balance: of the largest flow", number(balance["relative"]), "1"))
    rows += _radiation_rows(document["radiation"])
    rows.append(("mesh: cells", number(mesh["cells"]), "1"))
    rows.append(("mesh: worst cell quality", number(mesh["min_quality"]), "1"))
    rows.append(("time", number(_total_seconds(document["timings_s"])), "s"))
    rows.append(("peak memory", f"{document['peak_memory_MiB']:.0f}", "MiB"))
    return rows


def time_tables(document: Mapping[str, Any]) -> list[Table]:
    """Return what a run in time went through; nothing for a steady state."""
    series = document.get("time")
    if series is None:
        return []
    quantities = {"effective temperature": series["effective_temperature_K"]} if document["ion"] is not None else {}
    quantities |= {f"sensor {name}": values for name, values in series["sensors_K"].items()}
    rows = [(f"{name} / K", *(kelvin(v) for v in _extremes(values))) for name, values in quantities.items()]
    for name, values in series["boil_off_L_per_day"].items():
        rows.append((f"{name}: boil-off / (L/day)", *(number(v) for v in _extremes(values))))
    for name, values in series["levels_m"].items():
        rows.append((f"{name}: level / m", *(number(v) for v in _extremes(values))))
    last, steps = number(series["times_s"][-1]), series["steps"]
    worst = number(max(series["energy_balance"]))
    title = f"In {last} s ({steps} steps; largest error of the energy balance of a step {worst})"
    return [make_table(title, ("quantity", "beginning", "lowest", "highest", "end"), rows=rows)]


def _extremes(values: Sequence[float]) -> tuple[float, float, float, float]:
    """Return the first, lowest, highest and last value."""
    return values[0], min(values), max(values), values[-1]


def _bath_rows(thermal: Mapping[str, Any]) -> list[Row]:
    if not thermal["baths"]:
        return []
    total = thermal["bath_total"]
    return [
        ("heat load on the LN2", number(total["heat_load_W"]), "W"),
        ("LN2 boil-off", number(total["boil_off_L_per_day"]), "L/day"),
    ] + [
        (f"{bath['surface']}: taken by vapour", number(bath["vapour_heat_W"]), "W")
        for bath in thermal["baths"]
        if bath.get("vapour_heat_W")
    ]


def _radiation_rows(radiation: Mapping[str, Any] | None) -> list[Row]:
    if radiation is None:
        return []
    return [
        ("radiating facets", number(radiation["facets"]), "1"),
        ("rays", number(radiation["rays"]), "1"),
        ("raw row sums: largest deviation", number(radiation["row_sum_deviation_before"]), "1"),
        ("raw reciprocity: deviation", number(radiation["reciprocity_deviation_before"]), "1"),
    ]


def _total_seconds(timings_s: Mapping[str, float]) -> float:
    """Return the time of the whole run; the steps add up to it where no total is recorded."""
    return timings_s.get("total", sum(timings_s.values()))


def temperature_tables(thermal: Mapping[str, Any]) -> list[Table]:
    """Return bodies, sensors, heat flows, joints, links and drives; a table without rows is left out."""
    bodies = [
        (b["name"], b["material"], *(kelvin(b[key]) for key in ("min_K", "mean_K", "max_K"))) for b in thermal["bodies"]
    ]
    sensors = [(s["name"], s["body"], kelvin(s["temperature_K"])) for s in thermal["sensors"]]
    flows = [(name, number(heat)) for name, heat in thermal["heat_flows_W"].items()]
    tables: list[tuple[str, Sequence[str], Sequence[Sequence[str]]]] = [
        ("Bodies", ("body", "material", "min K", "mean K", "max K"), bodies),
        ("Sensors", ("sensor", "body", "K"), sensors),
        ("Heat into the bodies", ("from", "W"), flows),
        ("Joints", ("from", "to", "contact", "W/m2/K", "plausible range", "W", "step K"), joint_rows(thermal)),
        ("Links", ("link", "W into start", "W into end", "W current", "W side", "hottest K"), link_rows(thermal)),
        (
            "Radio-frequency losses",
            ("source", "W", "dielectric W", "ohmic W", "current A", "R / R(dc)"),
            rf_rows(thermal),
        ),
    ]
    return [make_table(title, columns, rows=rows) for title, columns, rows in tables if rows]


def joint_rows(thermal: Mapping[str, Any]) -> list[Sequence[str]]:
    """Return heat and temperature step of the joints, the largest step first."""
    rows: list[Sequence[str]] = []
    for joint in sorted(thermal["joints"], key=lambda joint: -abs(joint["temperature_step_K"] or 0.0)):
        low, high = joint.get("conductance_low_W_m2_K"), joint.get("conductance_high_W_m2_K")
        limits = "-" if low is None else f"{number(low)} .. {number(high)}"
        first, second = joint["between"]
        value = "inf" if joint["bonded"] else number(joint["conductance_W_m2_K"])
        step = joint["temperature_step_K"]
        rows.append((first, second, joint.get("contact", ""), value, limits, number(joint["heat_W"]), number(step)))
    return rows


def link_rows(thermal: Mapping[str, Any]) -> list[Sequence[str]]:
    """Return the heats of the links; what sinks take stands below each."""
    rows: list[Sequence[str]] = []
    for link in thermal["links"]:
        keys = ("heat_W", "heat_to_W", "joule_W", "side_W", "max_temperature_K")
        rows.append((link["name"], *(number(link.get(key)) for key in keys)))
        for sink in link.get("sinks", ()):
            place = f"  at {number(sink['at_m'])} m into {sink['fastened_to']}"
            rows.append((place, number(sink["heat_W"]), "", "", "", number(sink["link_temperature_K"])))
    return rows


def rf_rows(thermal: Mapping[str, Any]) -> list[Sequence[str]]:
    """Return the losses of radio-frequency drives."""
    keys = ("power_W", "dielectric_W", "ohmic_W", "current_A", "resistance_ratio")
    return [(source["name"], *(number(source[key]) for key in keys)) for source in thermal.get("sources", ())]


def reference_tables(run: Run) -> list[Table]:
    """Return what the paper of a shipped case says beside what was computed; nothing for other cases."""
    from bbrmodel.results import compare_with_references, read_references

    source = run.case.source
    references = read_references(source.parent / "reference.toml") if source is not None else ()
    rows = [_reference_row(comparison) for comparison in compare_with_references(run.document, references)]
    if not rows:
        return []
    columns = ("quantity", "computed", "published", "unit", "difference / error", "source")
    return [make_table("Beside the publication (nothing is fitted to it)", columns, rows=rows)]


def _reference_row(comparison: "Comparison") -> tuple[str, ...]:
    reference, computed = comparison.reference, comparison.computed
    if reference.value is None:
        published = f"{number(reference.minimum)} .. {number(reference.maximum)}"
    else:
        published = with_error(reference.value, reference.uncertainty)
    if len(computed) > 1:
        mine = f"{number(min(computed))} .. {number(max(computed))}"
    else:
        mine = number(computed[0]) if computed else "-"
    deviation = "" if comparison.deviation is None else f"{comparison.deviation:+.2f}"
    return reference.title, mine, published, reference.unit, deviation, reference.source


__all__ = [
    "headline_rows",
    "reference_tables",
    "show_ion",
    "show_run",
    "temperature_tables",
    "time_tables",
]
