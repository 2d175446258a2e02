"""The points of a study, each named by a hash of what it would compute."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import bbrmodel
from bbrmodel.errors import BbrModelError
from bbrmodel.results import case_hash
from bbrmodel.spec import Case, Study, study_case, study_points


@dataclass(frozen=True)
class Point:
    """One run of a study."""

    inputs: Mapping[str, object]  # grid values by dotted path
    key: str  # content hash of the resolved case; names the point's directory
    case: Case | None  # None where the inputs do not fit the case
    problem: str = ""  # why not; such a point is a failed row


def build_points(study: Study) -> tuple[Point, ...]:
    """Return every combination of the grid, the last path varying fastest.

    An input that the case refuses is a property of that point, not of the study.
    """
    return tuple(_build_point(study, inputs) for inputs in study_points(study))


def _build_point(study: Study, inputs: Mapping[str, object]) -> Point:
    try:
        case = study_case(study, inputs)
    except BbrModelError as error:
        return Point(inputs, _hash_of_inputs(study, inputs), None, problem=str(error))
    return Point(inputs, case_hash(case)[:16], case)


def _hash_of_inputs(study: Study, inputs: Mapping[str, object]) -> str:
    text = json.dumps([bbrmodel.__version__, study.case, dict(study.set), dict(inputs)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


__all__ = ["Point", "build_points"]
