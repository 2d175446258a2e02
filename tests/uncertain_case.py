"""A small case with every kind of heat path, whose inputs are uncertain: two plates in a warm chamber."""

from pathlib import Path

from bbrmodel.spec import Case, load_case

TEXT = """
schema_version = 1
name = "plates"
[parameters]
room_K = 150.0                 # below 293 K, where the share of warm light has a kink
cold_emissivity = 0.2
[geometry]
mesh_size_m = 0.012
mesh_sizes_m = {"chamber__*" = 0.03}
[[geometry.parts]]
name = "base"
kind = "plate"
position_m = [0.0, 0.0, -0.02]
size_m = [0.04, 0.04, 0.01]
[[geometry.parts]]
name = "top"
kind = "plate"
position_m = [0.0, 0.0, -0.01]
size_m = [0.02, 0.02, 0.005]
[[geometry.parts]]
name = "chamber"
kind = "cylinder"
shell = true
position_m = [0.0, 0.0, -0.03]
radius_m = 0.04
height_m = 0.06
[bodies.base]
material = "ss304"
emissivity = "$cold_emissivity"
absorptivity_warm = 0.3
[bodies.top]
conductivity_W_m_K = 5.0
emissivity = 0.6
[surfaces."chamber__*"]
finish = "ss304.as_machined"
[[joints]]
between = ["base", "top"]
conductance_W_m2_K = 200.0
[[links]]
name = "wire"
from = "top__top"
to_temperature_K = "$room_K"
material = "phosphor_bronze_c51000"
diameter_m = 0.0005
length_m = 0.1
[[links]]
name = "strap"
from = "top__top"
to = "base__x_high"
material = "phosphor_bronze_c51000"
diameter_m = 0.001
length_m = 0.05
[[links]]
name = "wound"
from = "top__top"
to_temperature_K = "$room_K"
conductivity_W_m_K = 50.0
diameter_m = 0.0005
length_m = 0.2
current_A = 0.2
resistance_ohm = 5.0
[[links.sinks]]
at_m = 0.1
surface = "base__x_high"
conductance_W_K = 0.001
[[boundary_conditions]]
surface = "base__bottom"
film_W_m2_K = 200.0
ambient_K = 80.0
[[boundary_conditions]]
surface = "chamber__*"
temperature_K = "$room_K"
[[heat_sources]]
name = "rf"
body = "top"
power_W = 1.0
[[sensors]]
name = "on_top"
body = "top"
position_m = [0.0, 0.0, -0.006]
[[sensors]]
name = "on_base"
body = "base"
position_m = [0.015, 0.0, -0.015]
[radiation]
rays_per_facet = 64
[ion]
position_m = [0.0, 0.0, 0.0]
rays = 65536
"""


def write_case(folder: Path, extra: str = "", *, changes: tuple[str, ...] = ()) -> Case:
    """Write the case with more tables and return it as it is read."""
    path = folder / "plates.toml"
    path.write_text(TEXT + extra)
    return load_case(path, changes)
