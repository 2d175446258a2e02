"""Where a value lies in its plausible range: level -1 is the lowest, 0 the best, 1 the highest."""

from dataclasses import replace

from bbrmodel.errors import ConfigError
from bbrmodel.materials.curves import Curve
from bbrmodel.materials.finishes import Finish


def value_at_level(best: float, limits: tuple[float, float], level: float) -> float:
    """Return the value at a level: geometric between the lowest and the best, and between the best and the highest.

    Parameters
    ----------
    best
        Positive value at level 0.
    limits
        Lowest and highest value, both positive.
    level
        [-], -1 to 1.
    """
    end = limits[1] if level > 0.0 else limits[0]
    return float(best * (end / best) ** abs(level))


def finish_at_level(finish: Finish, level: float | None) -> Finish:
    """Return a finish all of whose emissivities lie at one level of their ranges.

    Raises
    ------
    ConfigError
        The finish has no range: it was given as a constant.
    """
    if not level:
        return finish
    if finish.e77_range[0] == finish.e77_range[1] and finish.e293_range[0] == finish.e293_range[1]:
        raise ConfigError(f"finish_level = {level:g}: finish '{finish.name}' has no range in the library. Remove it.")
    return replace(
        finish,
        e77=value_at_level(finish.e77, finish.e77_range, level),
        e293=value_at_level(finish.e293, finish.e293_range, level),
        a77_293=value_at_level(finish.a77_293, finish.a77_293_range, level),
    )


def curve_at_level(curve: Curve, level: float | None) -> Curve:
    """Return a curve at a level of the range that its data state as factors.

    Raises
    ------
    ConfigError
        Nobody judged the range of this curve.
    """
    if not level:
        return curve
    if curve.low_factor is None or curve.high_factor is None:
        raise ConfigError(
            f"conductivity_level = {level:g}: the {curve.quantity} of {curve.owner} has no range in the library. "
            "Remove the key, or vary a value that the case gives."
        )
    return curve.scaled(value_at_level(1.0, (curve.low_factor, curve.high_factor), level))


__all__ = ["curve_at_level", "finish_at_level", "value_at_level"]
