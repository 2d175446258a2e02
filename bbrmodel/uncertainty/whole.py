"""Whole solves of a case with some numbers replaced, kept by content: for inputs that change the mesh or the rays."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bbrmodel.errors import BbrModelError, ConfigError
from bbrmodel.pipeline import solve_case
from bbrmodel.solution import IonField
from bbrmodel.spec import Case, with_overrides
from bbrmodel.uncertainty.channels import Quantity
from bbrmodel.uncertainty.store import Store, open_store


@dataclass(frozen=True)
class WholeSolve:
    """T_eff and the fractional shift of one case, each with its numerical error."""

    temperature: float
    shift: float
    temperature_noise: float
    shift_noise: float

    def value(self, quantity: Quantity) -> float:
        """Return an output."""
        return self.temperature if quantity == "temperature" else self.shift

    def noise(self, quantity: Quantity) -> float:
        """Return the numerical error of an output."""
        return self.temperature_noise if quantity == "temperature" else self.shift_noise


@dataclass(frozen=True)
class WholeSolves:
    """Solves variants of one case, each once: an interrupted study goes on where it was."""

    case: Case
    cache: Path
    store: Store

    def at(self, name: str, overrides: Mapping[str, object]) -> WholeSolve:
        """Return the case with some numbers replaced, solved; `name` is that of the input, for messages.

        Raises
        ------
        BbrModelError
            The variant cannot be built or solved.
        """
        what = sorted((path, repr(value)) for path, value in overrides.items())
        known = self.store.get(what)
        if known is not None:
            return WholeSolve(**known)
        try:
            field = solve_case(with_overrides(self.case, overrides), cache=self.cache).ion
        except BbrModelError as error:
            where = ", ".join(f"{path} = {value}" for path, value in overrides.items())
            raise type(error)(f"uncertain '{name}' at {where}: {error}") from error
        if not isinstance(field, IonField):
            raise ConfigError(f"{self.case.name}: has no ion. Add [ion].")
        found = WholeSolve(
            field.effective_temperature_K,
            field.fractional_shift,
            field.effective_temperature_std_K or 0.0,
            field.fractional_uncertainty_numerical or 0.0,
        )
        self.store.put(asdict(found), what)
        return found


def open_whole_solves(case: Case, cache: Path) -> WholeSolves:
    """Return what solves variants of a case."""
    return WholeSolves(case, cache, open_store(case, cache, "whole_solves"))


__all__ = ["WholeSolve", "WholeSolves", "open_whole_solves"]
