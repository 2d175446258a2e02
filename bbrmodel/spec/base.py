"""What all input models share: frozen, no unknown keys, and rules that speak beside the field errors.

pydantic runs an "after" validator only on a table whose fields are all valid, so a user would see the broken rules only
once every typing error is repaired. `Spec` runs the rules on the raw table instead and reports both together.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

Location = tuple[str | int, ...]


class Finding(NamedTuple):
    """A broken rule: where (relative to the table that was checked), the value, the rule, the remedy."""

    location: Location
    value: object
    rule: str
    remedy: str
    choices: tuple[str, ...] = ()  # keys of which none was given

    def as_error(self) -> InitErrorDetails:
        """Return the finding in the form in which pydantic collects errors."""
        return InitErrorDetails(
            type=broken_rule(self.rule, self.remedy, choices=self.choices), loc=self.location, input=self.value
        )


def broken_rule(rule: str, remedy: str, *, choices: tuple[str, ...] = ()) -> PydanticCustomError:
    """Return the error that a validator raises; `spec.problems` prints its two sentences."""
    return PydanticCustomError("broken_rule", "{rule}. {remedy}", {"rule": rule, "remedy": remedy, "choices": choices})


def as_mapping(item: object) -> Mapping[str, Any] | None:
    """Return a raw table or a model as a mapping of its keys, None for anything else."""
    if isinstance(item, Mapping):
        return item
    return item.__dict__ if isinstance(item, Spec) else None


class Spec(BaseModel):
    """A table of a case or study file."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    exactly_one: ClassVar[tuple[tuple[str, ...], ...]] = ()
    at_most_one: ClassVar[tuple[tuple[str, ...], ...]] = ()
    only_with: ClassVar[tuple[tuple[str, str], ...]] = ()  # a key that means nothing without another; a|b: one of two

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Return what is wrong with a raw table beyond the types of its fields."""
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def _collect(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Validate the fields and check the rules; raise what both found."""
        if not isinstance(data, Mapping):
            return handler(data)
        errors = [finding.as_error() for finding in (*_group_findings(cls, data), *cls.rules(data))]
        try:
            model = handler(data)
        except ValidationError as error:
            errors = [_carry_on(details) for details in error.errors()] + errors
        if errors:
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return model

    @model_serializer(mode="wrap")
    def _leave_out_idle(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Drop the keys that mean nothing here, so that a dump can be read again."""
        dump: dict[str, Any] = handler(self)
        for key, partner in self.only_with:
            if all(getattr(self, name) is None for name in partner.split("|")):
                dump.pop(key, None)
        return dump


def field_names(model: type[Spec]) -> dict[str, str]:
    """Return the attribute of a model for each key of its table."""
    return {field.alias or name: name for name, field in model.model_fields.items() if not field.exclude}


def _carry_on(details: Any) -> InitErrorDetails:
    """Repack an error of an inner table, whatever its type, for the enclosing one."""
    context = {key: value for key, value in details.get("ctx", {}).items() if key != "error"}
    message = details["msg"].replace("{", "(").replace("}", ")")
    return InitErrorDetails(
        type=PydanticCustomError(details["type"], message, context), loc=details["loc"], input=details["input"]
    )


def _group_findings(model: type[Spec], data: Mapping[str, Any]) -> Iterator[Finding]:
    """Check the alternatives and the dependent keys that a model declares."""
    for group in (*model.exactly_one, *model.at_most_one):
        given = [key for key in group if data.get(key) is not None]
        listed = ", ".join(group)
        if len(given) > 1:
            named = " and ".join(given)
            yield Finding((), data, f"gives {named}, but only one of {listed} may be given", "Keep one of them")
        elif not given and group in model.exactly_one:
            yield Finding((), data, f"gives none of {listed}", "Give exactly one of them", group)
    for key, partner in model.only_with:
        names = partner.split("|")
        if data.get(key) is not None and all(data.get(name) is None for name in names):
            words = " or ".join(names)
            yield Finding((key,), data[key], f"means nothing without {words}", f"Give {words} too or remove {key}")


__all__ = ["Finding", "Location", "Spec", "as_mapping", "broken_rule", "field_names"]
