"""The uncertain inputs of a case: what each moves, how it is distributed, and what it varies together with."""

from dataclasses import dataclass

from bbrmodel.errors import ConfigError
from bbrmodel.spec import Case, Target, Uncertain, find_targets
from bbrmodel.uncertainty.distributions import Distribution


@dataclass(frozen=True)
class Input:
    """One random variable: a coordinate z that moves one or more numbers of the case.

    Attributes
    ----------
    name
        In the tables.
    paths
        Numbers of the case that it moves, as an override takes them.
    distributions
        One for each path; all of one kind, driven by the same z.
    group
        Inputs of one group are fully correlated; None: independent.
    source
        Where the width comes from.
    is_level
        Whether z is a place in the range of the library.
    """

    name: str
    paths: tuple[str, ...]
    distributions: tuple[Distribution, ...]
    group: str | None
    source: str
    is_level: bool = False

    @property
    def first(self) -> Distribution:
        """The distribution of the first path, which stands for all in z."""
        return self.distributions[0]

    def overrides(self, z: float) -> dict[str, object]:
        """Return what to replace in the case at a coordinate."""
        return {path: one.value(z) for path, one in zip(self.paths, self.distributions, strict=True)}

    @property
    def words(self) -> str:
        """The distribution in words."""
        return "range of the library" if self.is_level else self.first.text


def find_inputs(case: Case) -> tuple[Input, ...]:
    """Return the uncertain inputs of a case.

    Raises
    ------
    ConfigError
        The case has none, a key means nothing, two keys move one number, or a width does not fit its value.
    """
    if not case.uncertain:
        raise ConfigError(
            f"{case.source or case.name}: has no [[uncertain]] inputs. Add one for each input, such as\n"
            '[[uncertain]]\nkey = "bodies.shield.finish"   # the range of the library'
        )
    inputs = [found for row in case.uncertain for found in _inputs_of(case, row)]
    owner: dict[str, str] = {}
    for one in inputs:
        for path in one.paths:
            if path in owner:
                raise ConfigError(
                    f"{case.source or case.name}: uncertain: '{owner[path]}' and '{one.name}' both move {path}. "
                    "Keep one of them, or make a glob narrower."
                )
            owner[path] = one.name
    return tuple(inputs)


def _inputs_of(case: Case, row: Uncertain) -> list[Input]:
    """Return the input of a row, or one for each target where it asks for that."""
    targets = find_targets(case, row.key)
    name = row.name or (row.key if isinstance(row.key, str) else ", ".join(row.key))
    parts = [(f"{name} [{t.path}]", (t,)) for t in targets] if row.each and len(targets) > 1 else [(name, targets)]
    return [
        Input(
            name=label,
            paths=tuple(target.path for target in some),
            distributions=tuple(_distribution(case, row, target) for target in some),
            group=row.group,
            source=row.source if row.source != "assumed" or not _from_library(row, some) else "library",
            is_level=some[0].is_level,
        )
        for label, some in parts
    ]


def _from_library(row: Uncertain, targets: tuple[Target, ...]) -> bool:
    return targets[0].is_level and row.std is None and row.limits is None and row.half_width is None


def _distribution(case: Case, row: Uncertain, target: Target) -> Distribution:
    """Return the distribution of one number."""
    value, where = target.value, f"{case.source or case.name}: uncertain.key = '{row.key}' ({target.path} = {{}})"
    where = where.format(f"{target.value:g}")
    if row.std is not None:
        return Distribution("normal", value, width=row.std)
    if row.relative_std is not None:
        if row.distribution == "lognormal":
            _check_positive(where, value)
            return Distribution("lognormal", value, width=row.relative_std)
        return Distribution("normal", value, width=abs(row.relative_std * value))
    if row.factors is not None:
        _check_positive(where, value)
        return Distribution("factors", value, low=row.factors[0] * value, high=row.factors[1] * value)
    limits = row.limits
    if row.half_width is not None:
        limits = (value - row.half_width, value + row.half_width)
    if limits is not None:
        return _within(where, row, value, limits)
    if target.is_level:
        return _within(where, row, value, (-1.0, 1.0))
    if target.limits is not None:
        return Distribution("factors", value, low=target.limits[0], high=target.limits[1])
    raise ConfigError(f"{where}: the library has no range for it. Give std, half_width, limits or factors.")


def _within(where: str, row: Uncertain, value: float, limits: tuple[float, float]) -> Distribution:
    """Return a distribution between limits that hold the value."""
    low, high = limits
    if not low <= value <= high:
        raise ConfigError(f"{where}: lies outside its limits, {low:g} to {high:g}. Move the limits or the value.")
    if row.distribution == "log_uniform":
        _check_positive(where, low)
        return Distribution("log_uniform", value, low=low, high=high)
    if row.distribution == "triangular":
        return Distribution("triangular", value, low=low, high=high)
    return Distribution("rectangular", value, low=low, high=high)


def _check_positive(where: str, value: float) -> None:
    if not value > 0.0:
        raise ConfigError(f"{where}: a distribution of the logarithm needs positive values. Give half_width or std.")


__all__ = ["Input", "find_inputs"]
