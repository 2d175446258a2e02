"""The input model of a budget: a clock's table of systematic shifts, each row with its formula and inputs."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from bbrmodel.errors import ConfigError
from bbrmodel.spec.base import Finding, Spec, as_mapping, broken_rule
from bbrmodel.spec.fields import FileName, Flag, Name, NotNegative, Number, Positive, Whole
from bbrmodel.spec.load import validate
from bbrmodel.spec.problems import Subject
from bbrmodel.spec.toml_text import display_path, read_toml

_PRINTED = re.compile(r"[-+]?\d+(\.\d+)?")


def _check_printed(value: Any) -> Any:
    """Refuse numbers that do not keep their digits."""
    if not isinstance(value, str) or _PRINTED.fullmatch(value) is None:
        raise broken_rule("must be a number in quotes, with the digits that are printed", 'Write "45.5"')
    return value


Printed = Annotated[str, BeforeValidator(_check_printed)]
Numbers = Annotated[tuple[Number, ...], Field(min_length=1)]


class BudgetInput(Spec):
    """A number that a formula needs."""

    value: Number | Numbers | Name = Field(description="Value, list of values, or a name such as that of a clock")
    uncertainty: NotNegative | Numbers | None = Field(
        default=None, description="Standard uncertainty of the value, or of each"
    )
    rounding: NotNegative = Field(
        default=0.0, description="Half a unit of the last digit, where a value is known by its digits alone"
    )
    unit: str = Field(default="1", description="Unit")
    source: Name = Field(description="Where it stands, or why it is assumed")
    verified: Flag = Field(default=True, description="Whether the value was read in that source")

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that each value of a list has its uncertainty."""
        value, uncertainty = data.get("value"), data.get("uncertainty")
        if isinstance(value, str) and uncertainty is not None:
            yield Finding(("uncertainty",), uncertainty, "means nothing beside a name", "Remove it")
        if isinstance(uncertainty, list | tuple) and (
            not isinstance(value, list | tuple) or len(value) != len(uncertainty)
        ):
            yield Finding(("uncertainty",), uncertainty, "must have one number for each value", "Give as many")


class BudgetCalculation(Spec):
    """A number worked out by a formula."""

    formula: Name = Field(description="Name of a formula; the how-to lists them")
    inputs: dict[str, BudgetInput] = Field(default_factory=dict, description="Inputs by the name that the formula has")
    gives: Literal["shift", "uncertainty"] = Field(
        default="shift", description="What the formula works out; an uncertainty belongs to a shift of 0"
    )
    addition: Literal["quadrature", "linear"] = Field(
        default="quadrature", description="How what the inputs contribute to the uncertainty is added"
    )
    remark: str = Field(default="", description="What this way of working it out assumes")


class BudgetEntry(Spec):
    """A row of a table, or another number that a paper prints."""

    id: FileName = Field(description="Short name of the entry")
    title: Name = Field(description="Effect, or what the number is")
    place: str = Field(default="", description="Where it is printed")
    shift: Printed | None = Field(default=None, description="Printed value, in quotes, with its digits")
    uncertainty: Printed | None = Field(default=None, description="Printed uncertainty, in quotes, with its digits")
    upper_limit: Flag = Field(default=False, description="Whether the printed uncertainty is an upper limit only")
    unit: str | None = Field(default=None, description="Unit of the printed numbers; by default that of the table")
    scale: Positive | None = Field(
        default=None,
        description="What the formula gives over what is printed; by default the unit where it is a number",
    )
    recomputed: BudgetCalculation | None = Field(
        default=None, description="The printed number as its source works it out; absent: its inputs are not given"
    )
    corrected: BudgetCalculation | None = Field(
        default=None, description="The number as it should be worked out; inputs not given here are those of recomputed"
    )
    group: Whole | None = Field(default=None, description="Rows of one group are correlated fully in the third sum")
    inconsistent: Flag = Field(default=False, description="Whether the source contradicts itself or its citation here")
    remark: str = Field(default="", description="What to know about the entry")

    only_with = (("scale", "recomputed|corrected"),)


class BudgetTotal(Spec):
    """The printed last row."""

    shift: Printed | None = Field(default=None, description="Printed sum of the shifts, in quotes")
    uncertainty: Printed | None = Field(default=None, description="Printed uncertainty of the sum, in quotes")
    addition: Literal["quadrature", "linear", "groups"] = Field(
        default="quadrature", description="How the source adds uncertainties"
    )
    inconsistent: Flag = Field(default=False, description="Whether the printed sum is not that of the rows")
    remark: str = Field(default="", description="What to know about the sum")


class Budget(Spec):
    """A whole budget."""

    schema_version: Literal[1] = Field(description="Version of the file format; this program reads version 1")
    name: FileName = Field(description="Short name")
    title: Name = Field(description="What clock it is about")
    publication: str = Field(default="", description="Where it is printed")
    table: str = Field(default="", description="Which table")
    clock: Name | None = Field(default=None, description="Clock that a solved case must have to fill the row `bbr`")
    unit: str = Field(default="1", description="Unit of the printed numbers, such as 1e-19")
    rows: tuple[BudgetEntry, ...] = Field(description="The rows of the table", min_length=1)
    checks: tuple[BudgetEntry, ...] = Field(default=(), description="Other numbers of the source, each for itself")
    total: BudgetTotal = Field(default_factory=BudgetTotal, description="The printed last row")
    remarks: tuple[Name, ...] = Field(default=(), description="Other things that a reader of the source must know")

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that ids are unique."""
        return itertools.chain(_repeated(data, "rows"), _repeated(data, "checks"))


def _repeated(data: Mapping[str, Any], key: str) -> Iterator[Finding]:
    """Refuse an id that stands twice among the entries of both lists."""
    listed = {name: data.get(name) for name in ("rows", "checks")}
    entries = {name: found if isinstance(found, list | tuple) else () for name, found in listed.items()}
    ids = Counter(
        mapping.get("id") for found in entries.values() for item in found if (mapping := as_mapping(item)) is not None
    )
    for index, item in enumerate(entries[key]):
        mapping = as_mapping(item)
        if mapping is not None and isinstance(name := mapping.get("id"), str) and ids[name] > 1:
            yield Finding(
                (key, index, "id"), name, "stands more than once", "Give each row and check a name of its own"
            )


def load_budget_file(path: Path) -> Budget:
    """Read a budget.

    Raises
    ------
    ConfigError
        The file cannot be read or says something that cannot be meant; `problems` has one line for each finding.
    """
    label = display_path(path)
    if path.is_dir():
        line = f"{label}: is a directory. Give the path of a budget file."
        raise ConfigError(line, [line])
    return validate(Subject(label, read_toml(path), Budget), Budget)


__all__ = [
    "Budget",
    "BudgetCalculation",
    "BudgetEntry",
    "BudgetInput",
    "BudgetTotal",
    "Printed",
    "load_budget_file",
]
