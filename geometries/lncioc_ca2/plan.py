"""Parameters of the clock with what follows from them, and the rules that they must keep."""

import math
from typing import Any

from bbrmodel.errors import GeometryError
from bbrmodel.geometry import Vector

SCALE = {"coarse": 2.2, "default": 1.0, "fine": 0.58}  # mesh size relative to the default
CLEARANCE_M = 0.0003  # least distance of the clamp block from the end caps' tabs and sheets
OVERSHOOT_M = 0.001  # how far the clamp block reaches into the base block
RIM_GAP_M = 2e-5  # least distance of a cover's rim from the cavity's wall
WIRE_RIM_M = 0.001  # least width of the base block beyond the compensation wires


class Plan:
    """Parameters as attributes, with the heights and radii that follow from them, m."""

    def __init__(self, parameters: dict[str, Any], resolution: str) -> None:
        self.__dict__.update(parameters)
        self.scale = SCALE[resolution]
        self.container_radius = math.sqrt(self.container_volume_m3 / (math.pi * self.container_inner_height_m))
        self.container_outer = self.container_radius + self.container_wall_m
        self.inner_bottom = self.ceiling_height_m + self.container_plate_m
        self.inner_top = self.inner_bottom + self.container_inner_height_m
        self.container_top = self.inner_top + self.container_plate_m
        self.lid = self.container_top + self.tube_length_m
        self.cavity_outer = self.cavity_inner_radius_m + self.cavity_wall_m
        self.base_top = self.mount_height_m + self.base_height_m
        self.tilt = math.radians(self.wafer_tilt_deg)
        self.along: Vector = (0.0, math.sin(self.tilt), math.cos(self.tilt))  # up along the wafer
        self.across: Vector = (0.0, -math.cos(self.tilt), math.sin(self.tilt))  # the wafer's normal, to the clamp block
        self.clamp_start = self.wafer_height_m - self.clamp_height_m
        self.clamp_end = (self.mount_height_m + OVERSHOOT_M) / math.cos(self.tilt)
        self.clamp_back = self.wafer_thickness_m / 2.0 + self.clamp_depth_m
        wires = self.mount_height_m * math.tan(self.tilt) + (
            self.comp_wire_y_m + self.comp_wire_diameter_m / 2.0
        ) / math.cos(self.tilt)  # how far they reach along y where they meet the base block
        half = self.vent_cover_diameter_m / 2.0
        self.cover_rim_gap = (
            self.vent_cover_gap_m
            + math.sqrt(  # from the rim of a cover inside to the cavity's wall
                max(0.0, self.cavity_inner_radius_m**2 - half**2)
            )
            - self.cavity_inner_radius_m
        )
        self.base_front = max(self.base_width_m / 2.0, wires + WIRE_RIM_M)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def size(self, size_m: float) -> float:
        """Return a mesh size at this resolution, m."""
        return size_m * self.scale

    def segments(self, count: int, least: int = 8) -> int:
        """Return the number of segments of a circle at this resolution."""
        return max(least, round(count / self.scale))


def check(p: Plan) -> None:
    """Refuse parameters that contradict each other before anything is built.

    What this leaves out (a part that runs into another one) is found when the parts are put together.
    """
    rules: list[tuple[bool, str]] = [
        (
            p.liquid_level_m < p.container_inner_height_m,
            f"liquid_level_m = {p.liquid_level_m:g}: must be below container_inner_height_m = "
            f"{p.container_inner_height_m:g}, the top of the LN2 container.",
        ),
        (
            p.container_outer < p.chamber_inner_radius_m,
            f"chamber_inner_radius_m = {p.chamber_inner_radius_m:g}: must exceed the outer radius of the container, "
            f"{p.container_outer:.4f} m (from container_volume_m3, container_inner_height_m, container_wall_m).",
        ),
        (
            p.cavity_outer < p.cavity_flange_radius_m < p.container_outer,
            f"cavity_flange_radius_m = {p.cavity_flange_radius_m:g}: must lie between the cavity's outer radius "
            f"{p.cavity_outer:.4f} m and the container's {p.container_outer:.4f} m.",
        ),
        (
            p.bottom_window_diameter_m < 2.0 * p.cavity_inner_radius_m,
            f"bottom_window_diameter_m = {p.bottom_window_diameter_m:g}: the window is wider than the cavity, "
            f"cavity_inner_radius_m = {p.cavity_inner_radius_m:g}.",
        ),
        (
            p.bottom_window_distance_m + p.cavity_bottom_m < p.chamber_depth_m,
            f"chamber_depth_m = {p.chamber_depth_m:g}: the cavity (bottom_window_distance_m + cavity_bottom_m) "
            "reaches below the vacuum chamber.",
        ),
        (
            p.tube_outer_diameter_m > 2.0 * p.tube_wall_m,
            f"tube_wall_m = {p.tube_wall_m:g}: must be less than half of tube_outer_diameter_m.",
        ),
        (
            p.base_top < p.ceiling_height_m,
            f"ceiling_height_m = {p.ceiling_height_m:g}: the base block's top (mount_height_m + base_height_m = "
            f"{p.base_top:g}) leaves no stem of the trap support.",
        ),
        (
            p.endcap_radius_m < p.cutout_half_height_m,
            f"endcap_radius_m = {p.endcap_radius_m:g}: the end caps do not fit the wafer's cut-outs, "
            f"cutout_half_height_m = {p.cutout_half_height_m:g}.",
        ),
        *wafer_rules(p),
        *cover_rules(p),
    ]
    faults = [f"lncioc_ca2: {text}" for holds, text in rules if not holds]
    if faults:
        raise GeometryError("\n".join(faults))


def wafer_rules(p: Plan) -> list[tuple[bool, str]]:
    """Return the rules of the tilted parts: wafer, clamp block and compensation wires."""
    sine, cosine = math.sin(p.tilt), math.cos(p.tilt)
    wafer_top = p.wafer_height_m * cosine + p.wafer_thickness_m / 2.0 * sine
    clamp_top = p.clamp_end * cosine + p.clamp_back * sine
    clamp_behind = p.clamp_back * cosine - p.clamp_end * sine
    tilt = f"wafer_tilt_deg = {p.wafer_tilt_deg:g}"
    return [
        (
            wafer_top < p.mount_height_m,
            f"{tilt}, wafer_height_m = {p.wafer_height_m:g}: the wafer's upper edge reaches the base block at "
            f"mount_height_m = {p.mount_height_m:g}.",
        ),
        (
            p.clamp_start > p.cutout_half_height_m,
            f"clamp_height_m = {p.clamp_height_m:g}: the clamp block reaches the wafer's cut-outs (wafer_height_m = "
            f"{p.wafer_height_m:g}, cutout_half_height_m = {p.cutout_half_height_m:g}).",
        ),
        (
            clamp_behind < p.base_width_m / 2.0 and clamp_top < p.base_top,
            f"{tilt}, clamp_depth_m = {p.clamp_depth_m:g}: the clamp block does not end inside the base block "
            f"(base_width_m = {p.base_width_m:g}, base_height_m = {p.base_height_m:g}).",
        ),
    ]


def cover_rules(p: Plan) -> list[tuple[bool, str]]:
    """Return the rules of the vent covers."""
    if not p.vent_count:
        return []
    outside = p.vent_cover_side == "outside"
    reach = p.cavity_outer + p.vent_cover_gap_m + p.vent_cover_thickness_m
    half = p.vent_cover_diameter_m / 2.0
    top = p.ceiling_height_m - (p.cavity_flange_m if outside else 0.0)
    slot = (p.vent_cover_diameter_m - p.vent_diameter_m) / 2.0
    return [
        (
            not outside or math.hypot(reach, half) < p.chamber_inner_radius_m,
            f"vent_cover_gap_m = {p.vent_cover_gap_m:g}, vent_cover_diameter_m = {p.vent_cover_diameter_m:g}: the vent "
            f"covers reach the vacuum chamber, chamber_inner_radius_m = {p.chamber_inner_radius_m:g}.",
        ),
        (
            -p.bottom_window_distance_m < p.vent_height_m - half and p.vent_height_m + half < top,
            f"vent_cover_diameter_m = {p.vent_cover_diameter_m:g}: the vent covers do not fit between the bottom and "
            f"the top of the cavity at the height vent_height_m = {p.vent_height_m:g}.",
        ),
        (
            slot > p.vent_cover_post_diameter_m,
            f"vent_cover_post_diameter_m = {p.vent_cover_post_diameter_m:g}: the posts do not fit between the rim of "
            f"the vent hole (vent_diameter_m = {p.vent_diameter_m:g}) and that of the cover (vent_cover_diameter_m = "
            f"{p.vent_cover_diameter_m:g}).",
        ),
        (
            outside or p.cover_rim_gap > RIM_GAP_M,
            f"vent_cover_gap_m = {p.vent_cover_gap_m:g}, vent_cover_diameter_m = {p.vent_cover_diameter_m:g}: the rims "
            f"of the vent covers touch the round wall of the cavity, cavity_inner_radius_m = "
            f"{p.cavity_inner_radius_m:g}.",
        ),
        (
            half < p.cavity_inner_radius_m / 2.0,
            f"vent_cover_diameter_m = {p.vent_cover_diameter_m:g}: the vent covers are wider than the cavity's radius.",
        ),
    ]
