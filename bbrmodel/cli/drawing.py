"""What `plot` draws."""

from pathlib import Path

from bbrmodel.errors import ConfigError

_WORD = "material"
_ION_FIGURES = ("spectrum", "line")


def draw(first: Path, name: str | None, case: str | None, output: Path | None) -> list[Path]:
    """Draw what `plot` was asked for: all pictures of a result, one figure of its ion, or a material."""
    if name is None:
        return draw_result(first, case, output)
    if name in _ION_FIGURES and str(first) != _WORD:
        return [draw_ion_figure(first, name, case, output)]
    return [draw_material(first, name, case, output)]


def draw_ion_figure(result: Path, name: str, case: str | None, output: Path | None) -> Path:
    """Draw the spectrum at the ion, or T_eff along a line of points, and return where."""
    if case is not None:
        raise ConfigError(f"--case {case}: goes with `plot material NAME`. Leave it out.")
    from bbrmodel.results import read_result
    from bbrmodel.viz import plot_ion_figure

    read_result(result)  # says in one line that a directory is no result
    return plot_ion_figure(result, name, output)


def draw_result(result: Path, case: str | None, output: Path | None) -> list[Path]:
    """Draw the pictures of a result and return where they are."""
    if case is not None:
        raise ConfigError(f"--case {case}: goes with `plot material NAME`. Leave it out.")
    if str(result) == _WORD and not result.exists():
        raise ConfigError(
            "plot material: which one? Write `plot material NAME`; `bbrmodel list materials` shows the names."
        )
    from bbrmodel.results import read_result
    from bbrmodel.viz import plot_result

    read_result(result)  # says in one line that a directory is no result
    return list(plot_result(result, out_dir=output))


def draw_material(word: Path, name: str, case: str | None, output: Path | None) -> Path:
    """Draw k(T) and c(T) of a material, of the library or of a case, and return where."""
    if str(word) != _WORD:
        figures = " or ".join(_ION_FIGURES)
        raise ConfigError(
            f"plot {word} {name}: of a result there is {figures}. Write `plot {word}`, or `plot material {name}`."
        )
    from bbrmodel.materials.custom import find_material
    from bbrmodel.spec import load_case
    from bbrmodel.viz.material_figure import plot_material

    custom = {} if case is None else load_case(case).materials
    return plot_material(find_material(name, custom), (output or Path()) / f"material_{name}.png")


__all__ = ["draw", "draw_ion_figure", "draw_material", "draw_result"]
