"""Put the pictures of a result side by side as docs/images/lncioc_ca2.png.

bbrmodel run lncioc_ca2 -o results/front
python scripts/figure_front_page.py results/front
"""

import sys
from pathlib import Path

from matplotlib.image import imread

from bbrmodel.viz import sheet

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
NAMES = ("temperature_cavity.png", "ion_sky.png")


def main(result: str) -> None:
    """Draw the figure."""
    figure = sheet.new_figure((2400, 900))
    for place, name in enumerate(NAMES):
        axes = figure.add_axes((0.5 * place, 0.0, 0.5, 1.0))
        axes.imshow(imread(Path(result) / name), interpolation="lanczos")
        axes.set_axis_off()
    print(sheet.save_figure(figure, IMAGES / "lncioc_ca2.png"))


if __name__ == "__main__":
    main(sys.argv[1])
