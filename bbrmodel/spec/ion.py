"""The table of the ion: where it is, which clock it is, and where else the field is wanted."""

from collections.abc import Iterable, Iterator, Mapping
from math import dist
from typing import Any, NamedTuple

from pydantic import Field

from bbrmodel.spec import rules
from bbrmodel.spec.base import Finding, Spec
from bbrmodel.spec.fields import Count, Direction, Name, Vector


class Place(NamedTuple):
    """A point where the field is wanted: the key that says so, its name, position, and distance along the line."""

    key: str
    name: str
    position_m: tuple[float, float, float]
    distance_m: float | None = None


class IonPoint(Spec):
    """A further point where the field is wanted."""

    name: Name = Field(description="Name in the result")
    position_m: Vector = Field(description="Place [x, y, z]")


class IonLine(Spec):
    """Points at equal distances on a straight line."""

    from_m: Vector = Field(description="First point [x, y, z]")
    to_m: Vector = Field(description="Last point [x, y, z]")
    number: int = Field(default=11, ge=2, le=1000, strict=True, description="Number of points, both ends included")

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that the line has a length."""
        if data.get("from_m") is not None and data.get("from_m") == data.get("to_m"):
            yield Finding(
                ("to_m",), data["to_m"], "is where the line starts", "Give another end, or an entry of points"
            )


class Ion(Spec):
    """Where the ion is and which clock it is."""

    position_m: Vector = Field(description="Place of the ion [x, y, z]")
    clock: Name = Field(default="ca40p_729", description="Clock transition of the library")
    rays: Count = Field(default=1_048_576, description="Rays that leave each point, or paths followed back from it")
    cross_check_paths: int = Field(
        default=0,
        ge=0,
        strict=True,
        description="Paths followed back from the ion as a second method for its temperature; 0 for none",
    )
    quantisation_axis: Direction | None = Field(
        default=None,
        description="Direction of the magnetic field, for the tensor shift in an anisotropic field; its length does "
        "not matter",
    )
    points: tuple[IonPoint, ...] = Field(default=(), description="Further points where the field is wanted")
    line: IonLine | None = Field(default=None, description="A line of points along which the field is wanted")

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that each point has its own name."""
        return rules.check_unique_names(data, ("points",))

    @property
    def further_places(self) -> tuple[Place, ...]:
        """Points besides the ion's own, those of the line last."""
        listed = [Place(f"ion.points.{k}.position_m", p.name, p.position_m) for k, p in enumerate(self.points)]
        return (*listed, *self._on_line())

    def _on_line(self) -> Iterator[Place]:
        """Yield the points of the line."""
        if self.line is None:
            return
        start, end, steps = self.line.from_m, self.line.to_m, self.line.number - 1
        for k in range(steps + 1):
            x, y, z = ((a * (steps - k) + b * k) / steps for a, b in zip(start, end, strict=True))
            yield Place("ion.line", f"line_{k + 1}", (x, y, z), dist(start, end) * k / steps)


__all__ = ["Ion", "IonLine", "IonPoint", "Place"]
