"""Design studies: one case over a grid of parameters, every point kept, resumable, with one table at the end."""

from bbrmodel.study.points import Point, build_points
from bbrmodel.study.run import run_study
from bbrmodel.study.table import StudyTable

__all__ = ["Point", "StudyTable", "build_points", "run_study"]
