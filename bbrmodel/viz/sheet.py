"""The sheet round a rendered picture: title, colour bar, scale bar, axes, names, the ion."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy import ndimage

from bbrmodel.typing import FloatArray, IntArray
from bbrmodel.viz.color import ABOVE_COLOR, BELOW_COLOR, ColorScale, color_map
from bbrmodel.viz.scene import Part
from bbrmodel.viz.view import View

INK = "#1d2124"
QUIET = "#6b7278"
ION_COLOR = "#00a7a0"  # in neither end of the colour map

PICTURE_BOX = (0.20, 0.155, 0.60, 0.745)  # left, bottom, width, height, parts of the sheet
_INCH_WIDTH = 8.0
_MAX_LABELS = 16
_LABEL_PITCH = 0.068  # part of the picture's height
_LABEL_FLOOR = 0.88  # part of the picture's height; scale bar and axes stand below
_LARGEST_IMBALANCE = 2
_SMALLEST_PATCH = 25  # pixels at quarter size that a part must show to be named


@dataclass(frozen=True)
class Label:
    """A name beside the picture and the pixel it points to."""

    text: str
    x: float
    y: float
    color: str = INK


def picture_size(window_size: tuple[int, int]) -> tuple[int, int]:
    """Return the pixels of the rendered picture on a sheet of `window_size` pixels."""
    return round(window_size[0] * PICTURE_BOX[2]), round(window_size[1] * PICTURE_BOX[3])


def new_figure(window_size: tuple[int, int]) -> Figure:
    """Return an empty white figure of that many pixels, on which 9 pt is 1/64 of the width."""
    dpi = window_size[0] / _INCH_WIDTH
    figure = Figure(figsize=(_INCH_WIDTH, window_size[1] / dpi), dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Figure, path: Path) -> Path:
    """Write the figure and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path


def draw_title(figure: Figure, title: str, subtitle: str) -> None:
    """Write what is seen at the top of the sheet."""
    figure.text(0.5, 0.962, title, ha="center", va="center", fontsize=12.5, color=INK, weight="bold")
    figure.text(0.5, 0.922, subtitle, ha="center", va="center", fontsize=9, color=QUIET)


def draw_picture(figure: Figure, image: Any) -> Any:
    """Place the rendered pixels; return axes whose data coordinates are pixels of the picture."""
    axes = figure.add_axes(PICTURE_BOX)
    axes.imshow(image, interpolation="lanczos", aspect="auto")
    axes.set_axis_off()
    return axes


def draw_color_bar(figure: Figure, scale: ColorScale, box: tuple[float, float, float, float]) -> None:
    """Draw the horizontal scale in K and say what its grey and blue ends hide."""
    axes = figure.add_axes(box)
    bar = figure.colorbar(
        ScalarMappable(scale.normalize(), color_map()),
        cax=axes,
        orientation="horizontal",
        extend=scale.extend,
        ticks=[tick for tick in scale.ticks if scale.low_K <= tick <= scale.high_K],
    )
    bar.set_label("temperature / K", fontsize=10, color=INK)
    bar.ax.tick_params(labelsize=9.5, colors=INK)
    bar.ax.ticklabel_format(axis="x", useOffset=False, style="plain")
    bar.outline.set_linewidth(0.6)
    left, bottom, width, height = box
    middle = bottom + height / 2
    notes = []
    if scale.extend in ("max", "both"):
        notes.append((left + width + 0.012, "left", f"off scale:\nup to {scale.data_high_K:.1f} K", ABOVE_COLOR))
    if scale.extend in ("min", "both"):
        notes.append((left - 0.012, "right", f"off scale:\ndown to {scale.data_low_K:.1f} K", BELOW_COLOR))
    for x, align, text, _ in notes:
        figure.text(x, middle, text, ha=align, va="center", fontsize=8.5, color=INK)


def draw_scale_bar(axes: Any, view: View) -> None:
    """Draw a bar of a round length to the lower left; the projection is parallel, so it holds everywhere."""
    length_m = round_length(0.22 * view.width / view.pixels_per_m)
    pixels = length_m * view.pixels_per_m
    x, y = -0.28 * view.width, view.height * 0.985
    thickness = 0.008 * view.height
    axes.add_patch(Rectangle((x, y - thickness), pixels, thickness, facecolor=INK, clip_on=False))
    axes.text(x + pixels / 2, y - 1.6 * thickness, format_length(length_m), ha="center", va="bottom",
              fontsize=9.5, color=INK)  # fmt: skip


def draw_axes(axes: Any, view: View) -> None:
    """Draw the directions x, y, z to the lower right."""
    origin = np.array([1.16 * view.width, 1.02 * view.height])  # its top stays below the lowest name
    length_m = 0.065 * view.height / view.pixels_per_m
    for name, direction in zip("xyz", np.eye(3), strict=True):
        tip = view.project(view.center_m + length_m * direction)[0] - np.array([view.width, view.height]) / 2
        axes.annotate("", xy=origin + tip, xytext=origin,
                      arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0},
                      annotation_clip=False)  # fmt: skip
        axes.text(*(origin + 1.32 * tip), name, ha="center", va="center", fontsize=9, color=INK)


def draw_ion(axes: Any, view: View, position_m: FloatArray) -> None:
    """Ring the place of the ion, whatever hides it."""
    x, y = view.project(position_m)[0]
    axes.plot([x], [y], marker="o", markersize=9, markerfacecolor="none", markeredgecolor="white",
              markeredgewidth=2.8)  # fmt: skip
    axes.plot([x], [y], marker="o", markersize=9, markerfacecolor="none", markeredgecolor=ION_COLOR,
              markeredgewidth=1.6)  # fmt: skip


def find_labels(parts: Sequence[Part], owner: IntArray) -> list[Label]:
    """Return a label for each part that shows, pointing at its widest visible patch; the largest first."""
    found = []
    coarse = owner[::4, ::4]
    for number, part in enumerate(parts):
        mask = coarse == number
        seen = int(mask.sum())
        if seen < _SMALLEST_PATCH or not part.name:
            continue
        depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
        row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
        found.append((seen, Label(_label_text(part), float(4 * column + 2), float(4 * row + 2))))
    found.sort(key=lambda item: -item[0])
    return [label for _, label in found[:_MAX_LABELS]]


def label_columns(owner: IntArray) -> tuple[float, float]:
    """Return where the two columns of names stand: just beside what is drawn, at most at the picture's edges."""
    width = owner.shape[1]
    used = np.flatnonzero((owner >= 0).any(axis=0))
    first, last = (used[0], used[-1]) if len(used) else (0, width)
    gap = 0.09 * width
    return float(max(-0.02 * width, first - gap)), float(min(1.02 * width, last + gap))


def draw_labels(axes: Any, labels: Sequence[Label], view: View, *, columns: tuple[float, float]) -> None:
    """Write the names in the two columns, in the order of their targets, with thin leaders."""
    ordered = sorted(labels, key=lambda label: label.x)
    split = split_sides([label.x for label in ordered], middle=sum(columns) / 2)
    for x, align, group in ((columns[0], "right", ordered[:split]), (columns[1], "left", ordered[split:])):
        group.sort(key=lambda label: label.y)
        heights = spread([label.y for label in group], _LABEL_PITCH * view.height, _LABEL_FLOOR * view.height)
        for label, y in zip(group, heights, strict=True):
            axes.plot([x, label.x], [y, label.y], color="white", linewidth=1.9, clip_on=False, zorder=3)
            axes.plot([x, label.x], [y, label.y], color=label.color, linewidth=0.7, clip_on=False, zorder=4)
            axes.plot([label.x], [label.y], marker="o", markersize=2.6, color=label.color, markeredgecolor="white",
                      markeredgewidth=0.5, zorder=5)  # fmt: skip
            nudge = -6 if align == "right" else 6
            axes.text(x + nudge, y, label.text, ha=align, va="center", fontsize=8.5, color=label.color)
    axes.set_xlim(0, view.width)
    axes.set_ylim(view.height, 0)


def split_sides(places: Sequence[float], *, middle: float) -> int:
    """Return how many of the sorted `places` get their name on the left: those left of the middle, if this balances."""
    half = (len(places) + 1) // 2
    natural = int(np.searchsorted(np.asarray(places), middle))
    return int(np.clip(natural, max(half - _LARGEST_IMBALANCE, 0), min(half + _LARGEST_IMBALANCE, len(places))))


def spread(targets: Sequence[float], pitch: float, height: float) -> list[float]:
    """Return places in 0..height as near to the sorted `targets` as a distance of `pitch` allows."""
    count = len(targets)
    if not count:
        return []
    pitch = min(pitch, height / count)
    places = np.clip(np.asarray(targets, dtype=np.float64), pitch / 2, height - pitch / 2)
    for _ in range(60):
        overlap = np.maximum(pitch - np.diff(places), 0.0)
        if not overlap.any():
            break
        places[:-1] -= overlap / 2
        places[1:] += overlap / 2
        places = np.clip(
            places, pitch / 2 + pitch * np.arange(count), height - pitch / 2 - pitch * np.arange(count)[::-1]
        )
    return [float(place) for place in places]


def round_length(length_m: float) -> float:
    """Return the largest of 1, 2, 5 x 10^n metres that is not longer than `length_m`."""
    exponent = np.floor(np.log10(length_m))
    mantissa = length_m / 10**exponent
    return float(max(step for step in (1, 2, 5) if step <= mantissa * (1 + 1e-9)) * 10**exponent)


def format_length(length_m: float) -> str:
    """Return a length in mm, or in um below 0.1 mm."""
    return f"{length_m * 1e3:g} mm" if length_m >= 1e-4 * (1 - 1e-9) else f"{length_m * 1e6:g} µm"


def _label_text(part: Part) -> str:
    low, high = float(part.temperatures.min()), float(part.temperatures.max())
    name = part.name.replace("_", " ")
    if high - low < 0.05:
        return f"{name}\n{(low + high) / 2:.2f} K"
    digits = 1 if high - low > 1 else 2
    return f"{name}\n{low:.{digits}f} – {high:.{digits}f} K"


__all__ = [
    "INK",
    "ION_COLOR",
    "QUIET",
    "Label",
    "draw_axes",
    "draw_color_bar",
    "draw_ion",
    "draw_labels",
    "draw_picture",
    "draw_scale_bar",
    "draw_title",
    "find_labels",
    "format_length",
    "label_columns",
    "new_figure",
    "picture_size",
    "round_length",
    "save_figure",
    "split_sides",
    "spread",
]
