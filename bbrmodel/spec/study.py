"""The input model of a study: one case, solved at every point of a grid of overrides."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from bbrmodel.errors import ConfigError, suggest
from bbrmodel.spec.base import Finding, Spec, broken_rule
from bbrmodel.spec.case import Case
from bbrmodel.spec.fields import Count, FileName, Flag, Name, Scalar
from bbrmodel.spec.load import load_case, validate
from bbrmodel.spec.problems import Subject, problems_error
from bbrmodel.spec.toml_text import display_path, format_key, format_value, read_toml

DEFAULT_OUTPUTS = (
    "ion.effective_temperature_K",
    "ion.effective_temperature_std_K",
    "ion.shift_Hz",
    "ion.fractional_shift",
    "ion.fractional_uncertainty",
)


def _check_axis(value: Any) -> Any:
    """Refuse an axis without values or with a value twice."""
    if not isinstance(value, list | tuple) or not value:
        raise broken_rule("must be a list of at least one value", "Write [value, ...]")
    shown = [format_value(item) for item in value]
    twice = next((item for item in shown if shown.count(item) > 1), None)
    if twice is not None:
        raise broken_rule(f"has {twice} more than once", "Keep each value once")
    return value


Axis = Annotated[tuple[Scalar | tuple[Scalar, ...], ...], BeforeValidator(_check_axis)]


class Figure(Spec):
    """The curve that sums the study up."""

    x: Name = Field(description="Grid path or output along the x axis")
    y: Name = Field(description="Output along the y axis")
    series: Name | None = Field(default=None, description="Grid path with one curve for each of its values")
    log_x: Flag = Field(default=False, description="Logarithmic x axis")
    log_y: Flag = Field(default=False, description="Logarithmic y axis")
    title: str = Field(default="", description="Title above the figure")


class Study(Spec):
    """A whole study."""

    schema_version: Literal[1] = Field(description="Version of the file format; this program reads version 1")
    name: FileName = Field(description="Short name of letters, digits, _ - and . that also names the result directory")
    description: str = Field(default="", description="What the study is about")
    case: Name = Field(description="Name of a shipped case, or a case file relative to the study file")
    set: dict[str, Scalar | tuple[Scalar, ...]] = Field(
        default_factory=dict, description="Overrides that hold at every point"
    )
    grid: dict[str, Axis] = Field(
        description="Values of each path that varies; all combinations are solved", min_length=1
    )
    workers: Count = Field(default=2, description="Points that are solved at the same time")
    outputs: tuple[Name, ...] = Field(
        default=DEFAULT_OUTPUTS, description="Paths into result.json that the table lists"
    )
    figure: Figure | None = Field(default=None, description="The figure; without it only the table is written")
    source: Path | None = Field(default=None, exclude=True, repr=False, description="File that the study was read from")

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that paths do not collide and that the figure shows what the study has."""
        return itertools.chain(_collisions(data), _figure_findings(data))

    @property
    def case_location(self) -> str:
        """The case file beside the study file if there is one, else the name of the case."""
        beside = self.source.parent / Path(self.case).expanduser() if self.source is not None else None
        return str(beside) if beside is not None and beside.exists() else self.case


def load_study(path: str | Path) -> Study:
    """Read a study; nested tables in `[set]` and `[grid]` stand for dotted paths.

    Raises
    ------
    ConfigError
        The file cannot be read or says something that cannot be meant; `problems` has one line for each finding.
    """
    given = Path(path).expanduser()
    label = display_path(given)
    if given.is_dir():
        line = f"{label}: is a directory. Give the path of a study file."
        raise ConfigError(line, [line])
    tables = read_toml(given)
    for key in ("set", "grid"):
        if isinstance(tables.get(key), Mapping):
            tables[key] = dict(_flatten(tables[key], ()))
    lines = [f"{label}: source: unknown key. Remove it."] if tables.pop("source", None) is not None else []
    study = validate(Subject(label, tables, Study), Study, lines=lines)
    return study.model_copy(update={"source": given.resolve()})


def study_points(study: Study) -> tuple[dict[str, object], ...]:
    """Return what varies at each point, by grid path; the last axis of the file varies fastest."""
    return tuple(dict(zip(study.grid, values, strict=True)) for values in itertools.product(*study.grid.values()))


def study_case(study: Study, point: Mapping[str, object]) -> Case:
    """Return the case at a point.

    Raises
    ------
    ConfigError
        The overrides of the study or of the point do not fit the case.
    """
    return load_case(study.case_location, {**study.set, **point})


def check_study(study: Study) -> None:
    """Build the case of every point without solving it.

    Raises
    ------
    ConfigError
        With the problems of all points, so that none shows up after hours of work.
    """
    problems: dict[str, None] = {}
    for point in study_points(study):
        try:
            study_case(study, point)
        except ConfigError as error:
            problems.update(dict.fromkeys(error.problems))
    if problems:
        raise problems_error(problems)


def _flatten(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Yield dotted path and value; a key of the top level is a path already."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, (*path, key if not path and "." in key else format_key(key)))
        else:
            yield ".".join((*path, key if not path else format_key(key))), value


def _collisions(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse a path that is both fixed and varied."""
    fixed, varied = data.get("set"), data.get("grid")
    if isinstance(fixed, Mapping) and isinstance(varied, Mapping):
        for path in fixed:
            if path in varied:
                yield Finding(("set", path), fixed[path], "is varied by the grid, too", "Keep one of the two")


def _figure_findings(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse axes of the figure that the study does not produce."""
    figure = data.get("figure")
    if isinstance(figure, Figure):
        figure = figure.model_dump()
    grid = data.get("grid")
    outputs = data.get("outputs", DEFAULT_OUTPUTS)
    if not (isinstance(figure, Mapping) and isinstance(grid, Mapping) and isinstance(outputs, list | tuple)):
        return
    axes, columns = [str(path) for path in grid], [str(path) for path in outputs]
    choices = {"x": ("a path of [grid] or outputs", axes + columns), "y": ("one of outputs", columns)}
    choices["series"] = ("a path of [grid]", axes)
    for key, (words, known) in choices.items():
        value = figure.get(key)
        if isinstance(value, str) and value not in known:
            yield Finding(("figure", key), value, f"must be {words}", suggest(value, known).strip())


__all__ = ["DEFAULT_OUTPUTS", "Figure", "Study", "check_study", "load_study", "study_case", "study_points"]
