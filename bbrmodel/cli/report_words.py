"""What a report says in sentences: the headline of a result, how to read its tables, what its pictures show."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bbrmodel.cli.numbers import number, with_error

if TYPE_CHECKING:
    from bbrmodel.uncertainty.tables import UncertaintyTable

_LARGEST = 4
_CAPTIONS = {
    "temperature_apparatus": "The whole apparatus, cut open: temperatures of bodies and shells.",
    "temperature_cavity": "Round the ion, cut open: temperatures, and where the ion sits.",
    "temperature_trap": "The parts next to the ion.",
    "ion_sky": "What the ion sees in each direction, and the surfaces that supply most of the light that reaches it.",
    "ion_spectrum": "Spectral energy density at the ion, its largest parts, and black bodies.",
    "ion_line": "Effective temperature and clock shift along a line through the trap.",
    "time_series": "The run in time.",
    "budget": "Uncertainties of the rows: as printed, recomputed from the inputs, and as we would enter them.",
    "uncertainty": "Inputs by what they make uncertain.",
}
HOW_TO_READ = (
    "- effective temperature: of the black body whose field has the same mean square as that at the ion; T_eff^4 is "
    "the mean of T^4 of all surfaces, weighted with their effective solid angles.",
    "- direct solid angle: what the ion sees of a surface straight away. Effective solid angle: 4 pi times the chance "
    "that light at the ion was emitted there, after any number of reflections. Both sum to 4 pi = 12.566 sr.",
    "- share of T^4: what a surface supplies of T_eff^4. dT_eff/dT: kelvin at the ion for each kelvin of a surface.",
    "- emissivity: at the surface's own temperature. Warm absorptivity: for light of 293 K.",
    "- names are body__face. W/m2/K are conductances of joints, beside the range that the library finds plausible. "
    "Units stand in the heading of a column; 1 is a pure number.",
    "- a positive shift raises the clock's frequency. What is after ± is one standard deviation.",
    "- what a warning calls assumed has no source: give a better value in the case file.",
)


def subtitle(document: Mapping[str, Any], description: str) -> str:
    """Return what stands below the title: the case in a sentence, when it was computed, and with what."""
    made = str(document["created_utc"])
    try:
        made = f"{datetime.fromisoformat(made):%Y-%m-%d %H:%M} UTC"
    except ValueError:  # an empty time of a document that no run wrote
        made = made or "at an unknown time"
    version = document["versions"].get("bbrmodel", "")
    return ". ".join(part for part in (description, f"Computed {made} with bbrmodel {version}".rstrip()) if part) + "."


def headline(document: Mapping[str, Any], tables: Sequence["UncertaintyTable"]) -> list[str]:
    """Return a result in a few sentences; nothing where there is no ion."""
    ion = document["ion"]
    if ion is None:
        return []
    T = with_error(ion["effective_temperature_K"], ion["effective_temperature_std_K"])
    fraction = with_error(ion["fractional_shift"], ion["fractional_uncertainty"])
    lines = [
        f"- The ion sees {T} K (± numerical error).",
        f"- Its clock {ion['clock']} shifts by {fraction} of its frequency, {number(ion['shift_Hz'])} Hz (± numerical "
        "error and data of the clock).",
    ]
    lines += [_how_sure(table) for table in tables if table.quantity == "shift"]
    shares = sorted(ion["surfaces"], key=lambda surface: -(surface["share_of_T4"] or 0.0))[:_LARGEST]
    words = ", ".join(f"{surface['name']} {100.0 * (surface['share_of_T4'] or 0.0):.1f} %" for surface in shares)
    lines.append(f"- T_eff^4 comes from {words}.")
    return lines


def caption(stem: str) -> str:
    """Return what a picture shows, from the name of its file."""
    return _CAPTIONS.get(stem, stem.replace("_", " "))


def _how_sure(table: "UncertaintyTable") -> str:
    """Return the whole uncertainty and the input that makes most of it."""
    largest = max(table.rows, key=lambda row: abs(row.standard))
    share = (largest.standard / table.standard.quadrature) ** 2 if table.standard.quadrature else 0.0
    return (
        f"- With all uncertain inputs the shift is {with_error(table.value, table.standard.groups)} of the frequency "
        f"(standard uncertainty, sum by groups); {largest.name} makes {100.0 * share:.0f} % of the variance."
    )


__all__ = ["HOW_TO_READ", "caption", "headline", "subtitle"]
