"""Pictures of results and figures of studies; needs pyvista and matplotlib, but no display."""

from bbrmodel.viz.result_pictures import plot_ion_figure, plot_result
from bbrmodel.viz.study_figure import StudyAxes, plot_study

__all__ = ["StudyAxes", "plot_ion_figure", "plot_result", "plot_study"]
