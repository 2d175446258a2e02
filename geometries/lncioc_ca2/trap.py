"""The inverted trap: copper support, diamond wafer, end caps and compensation wires.

Wafer, clamp block and compensation wires are turned about the trap axis x by `wafer_tilt_deg`: `Plan.along` points up
along the wafer, `Plan.across` from the wafer to its clamp block. They are drawn upright (`along` = z, `across` = -y).
"""

import math
from collections.abc import Callable

from bbrmodel.geometry import Face, GeometryModel, Shape, everything

from .plan import CLEARANCE_M, Plan

X_AXIS = (1.0, 0.0, 0.0)
WIRE_LAYER_M = 0.0004  # length of a wire's cells at the default resolution, two diameters


def build_trap(model: GeometryModel, p: Plan) -> None:
    """Declare the trap and what it hangs from."""
    build_support(model, p)
    build_wafer(model, p)
    build_endcaps(model, p)
    build_wires(model, p)


def build_support(model: GeometryModel, p: Plan) -> None:
    """Declare the copper stem, base block and clamp block, hanging from the container."""
    half = p.base_width_m / 2.0
    stem = model.cylinder((0.0, 0.0, p.base_top), (0.0, 0.0, p.ceiling_height_m - p.base_top), p.stem_radius_m)
    base = model.box((-half, -half, p.mount_height_m), (half, p.base_front, p.base_top))
    faces = [("stem", lambda f: f.kind == "Cylinder"), ("block", everything)]
    model.body("trap_support", model.fuse(stem, base, clamp_block(model, p)), faces=faces, size=p.size(0.004))
    model.size("trap_support__block", p.size(0.0025))


def clamp_block(model: GeometryModel, p: Plan) -> Shape:
    """Return the block from the wafer up into the base block, slotted where the end caps' tabs would touch it."""
    half = p.clamp_width_m / 2.0
    front = p.wafer_thickness_m / 2.0
    upright = model.box((-half, -p.clamp_back, p.clamp_start), (half, -front, p.clamp_end))
    block = model.turn(upright, X_AXIS, -p.tilt)
    if not tabs_touch_clamp(p):
        return block
    rim = p.alumina_margin_m + CLEARANCE_M
    near, far = p.endcap_distance_m - rim, p.endcap_distance_m + p.endcap_thickness_m + rim
    reach = p.clamp_end + p.clamp_back
    slots = [
        model.box((low, -reach, -reach), (high, reach, p.mount_height_m)) for low, high in ((near, far), (-far, -near))
    ]
    return model.cut(block, *slots)


def tabs_touch_clamp(p: Plan) -> bool:
    """Whether the clamp block's back comes too near to a tab or its alumina sheet."""
    sine, cosine = math.sin(p.tilt), math.cos(p.tilt)
    edge = p.clamp_start * sine - p.clamp_back * cosine
    top = p.mount_height_m - p.alumina_thickness_m
    at_sheet = top * math.tan(p.tilt) - p.clamp_back / cosine
    tab = -p.tab_offset_m + CLEARANCE_M
    return edge < tab or at_sheet < tab + p.alumina_margin_m


def build_wafer(model: GeometryModel, p: Plan) -> None:
    """Declare the diamond wafer with a slot for the ion and cut-outs for the end caps; its upper edge is free."""
    thin, half, length = p.wafer_thickness_m / 2.0, p.wafer_width_m / 2.0, p.electrode_half_length_m
    plate = model.box((-half, -thin, -p.wafer_depth_m), (half, thin, p.wafer_height_m))
    slot = model.box((-length, -thin, -p.electrode_distance_m), (length, thin, p.electrode_distance_m))
    end = length + p.cutout_length_m
    tall = p.cutout_half_height_m
    right = model.box((length, -thin, -tall), (end, thin, tall))
    left = model.box((-end, -thin, -tall), (-length, thin, tall))
    wafer = model.turn(model.cut(plate, slot, left, right), X_AXIS, -p.tilt)
    faces = [
        ("electrodes", lambda f: f.faces_along(p.along) and abs(abs(f.along(p.along)) - p.electrode_distance_m) < 1e-6),
        ("front", lambda f: f.faces_along(p.across) and f.along(p.across) > 0.0),
        ("back", lambda f: f.faces_along(p.across)),
        ("rim", everything),
    ]
    model.body("trap_wafer", wafer, faces=faces, size=p.size(0.0008))
    model.size("trap_wafer__electrodes", p.size(0.0002))


def build_endcaps(model: GeometryModel, p: Plan) -> None:
    """Declare the end-cap discs with tabs that hang from the base block on alumina sheets."""
    near, far = p.endcap_distance_m, p.endcap_distance_m + p.endcap_thickness_m
    inner, outer = -p.tab_offset_m, -p.tab_offset_m - p.tab_width_m
    top = p.mount_height_m - p.alumina_thickness_m
    rim = p.alumina_margin_m
    for side, sign in (("right", 1.0), ("left", -1.0)):
        low, high = sorted((sign * near, sign * far))
        disc = model.cylinder((low, 0.0, 0.0), (high - low, 0.0, 0.0), p.endcap_radius_m)
        tab = model.box((low, outer, 0.25 * p.endcap_radius_m), (high, inner, top))
        sheet = model.box((low - rim, outer - rim, top), (high + rim, inner + rim, p.mount_height_m))
        faces = [("face", towards_ion(sign * near)), ("back", everything)]
        model.body(f"endcap_{side}", model.fuse(disc, tab), faces=faces, size=p.size(0.001))
        model.size(f"endcap_{side}__face", p.size(0.0006))
        model.body(f"alumina_{side}", sheet, faces=[("side", everything)], size=p.size(0.0007))


def towards_ion(x: float) -> Callable[[Face], bool]:
    """Return the predicate of a face in the plane at x."""
    return lambda f: f.on_plane("x", x)


def build_wires(model: GeometryModel, p: Plan) -> None:
    """Declare two wires from the base block past the ion, six-sided prisms with the side area of round ones.

    They run along the wafer behind it; both ends are cut level.
    """
    for number, sign in ((1, 1.0), (2, -1.0)):
        behind, depth = -p.comp_wire_y_m, -p.comp_wire_depth_m
        base = tuple(behind * across + depth * along for across, along in zip(p.across, p.along, strict=True))
        length = (p.mount_height_m - base[2]) / p.along[2]
        wire = model.wire_blocks(
            (sign * p.comp_wire_x_m, base[1], base[2]),
            (0.0, length * p.along[1], length * p.along[2]),
            radius=math.pi * p.comp_wire_diameter_m / 6.0,  # the perimeter of the round wire
        )
        layers = round(length / WIRE_LAYER_M)
        model.body(f"comp_wire_{number}", wire, faces=[("side", everything)], size=p.size(0.0004))
        model.mesh_in_layers(f"comp_wire_{number}", p.segments(layers, 2 * layers // 3))
