"""The second liquid-nitrogen-cooled 40Ca+ clock: container, chamber, cavity with covered vents, and inverted trap.

The ion is the origin, x the trap axis, z points up to the LN2 container; README.md lists every dimension.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bbrmodel.geometry import (
    Face,
    GeometryModel,
    Parameter,
    Shape,
    Vector,
    equal_area_radius,
    everything,
    read_parameters,
)

from .plan import Plan, check
from .trap import build_trap

PARAMETERS: dict[str, Parameter] = read_parameters(Path(__file__).with_name("parameters.toml"))
TUBE_SIDES = 12


def build(model: GeometryModel, parameters: dict[str, Any], resolution: str) -> None:
    """Declare all parts of the apparatus."""
    plan = Plan(parameters, resolution)
    check(plan)
    build_container(model, plan)
    build_tubes(model, plan)
    build_thimbles(model, plan)
    build_cavity(model, plan)
    build_vent_covers(model, plan)
    build_trap(model, plan)
    build_vacuum(model, plan)
    model.ion((0.0, 0.0, 0.0))


def azimuths(first_deg: float, count: int) -> list[float]:
    """Return `count` angles spread evenly round the axis, rad."""
    return [math.radians(first_deg + 360.0 * k / count) for k in range(count)]


def direction(azimuth: float) -> Vector:
    """Return the horizontal unit vector of an azimuth."""
    return (math.cos(azimuth), math.sin(azimuth), 0.0)


def times(vector: Vector, factor: float, height: float = 0.0) -> Vector:
    """Return a horizontal vector scaled, at a height."""
    return (vector[0] * factor, vector[1] * factor, height)


def build_container(model: GeometryModel, p: Plan) -> None:
    """Declare the LN2 container with the bores of the tubes through its top; liquid and vapour are voids."""
    body = model.cylinder(
        (0.0, 0.0, p.ceiling_height_m), (0.0, 0.0, p.container_top - p.ceiling_height_m), p.container_outer
    )
    level = p.inner_bottom + p.liquid_level_m
    liquid = model.cylinder((0.0, 0.0, p.inner_bottom), (0.0, 0.0, p.liquid_level_m), p.container_radius)
    vapour = model.cylinder((0.0, 0.0, level), (0.0, 0.0, p.inner_top - level), p.container_radius)
    inner = equal_area_radius(p.tube_outer_diameter_m / 2.0 - p.tube_wall_m, TUBE_SIDES)
    bores = [
        model.prism(base, p.lid - p.inner_top, radius=inner, sides=TUBE_SIDES) for base in tube_bases(p, p.inner_top)
    ]
    faces = [
        ("wetted", lambda f: f.void == "liquid"),
        ("dry", lambda f: f.void in ("vapour", "bores")),
        ("cavity_ceiling", lambda f: f.on_plane("z", p.ceiling_height_m) and reach(f) < p.cavity_flange_radius_m),
        ("bottom", lambda f: f.on_plane("z", p.ceiling_height_m)),
        ("outer", everything),
    ]
    model.body(
        "lnc",
        model.cut(body, liquid, vapour, *bores, keep_tools=True),
        faces=faces,
        size=min(p.size(0.024), 5.0 * p.container_wall_m),
    )
    model.size("lnc__cavity_ceiling", p.size(0.006))
    model.size("lnc__bottom", p.size(0.005))
    model.size("lnc__wetted", min(p.size(0.016), 4.0 * p.container_wall_m))
    model.size("lnc__dry", min(p.size(0.02), 4.0 * p.container_wall_m))
    model.void("liquid", liquid)
    model.void("vapour", vapour)
    model.void("bores", tuple(pair for shape in bores for pair in shape))


def reach(face: Face) -> float:
    """Return how far a face extends from the z axis along x or y, m."""
    return max(abs(x) for x in (*face.lower[:2], *face.upper[:2]))


def tube_bases(p: Plan, height: float) -> list[Vector]:
    """Return the points where the tubes' axes pass a height."""
    return [times(direction(a), p.tube_circle_radius_m, height) for a in azimuths(45.0, p.tube_count)]


def build_tubes(model: GeometryModel, p: Plan) -> None:
    """Declare the stainless tubes up to the lid, one body; twelve-sided, with the cross-section of round ones."""
    radius = p.tube_outer_diameter_m / 2.0
    outer, inner = (equal_area_radius(r, TUBE_SIDES) for r in (radius, radius - p.tube_wall_m))
    tubes = [
        model.tube_sectors(base, p.tube_length_m, outer=outer, inner=inner, sides=TUBE_SIDES)
        for base in tube_bases(p, p.container_top)
    ]
    faces = [
        ("bore", lambda f: f.void == "bores"),
        ("warm_end", lambda f: f.on_plane("z", p.lid)),
        ("outer", everything),
    ]
    model.body("vent_tubes", *tubes, faces=faces, size=p.size(0.02))
    model.mesh_in_layers("vent_tubes", p.segments(12, 8))


def build_thimbles(model: GeometryModel, p: Plan) -> None:
    """Declare the PTFE rods from the container's side to the chamber wall, one body."""
    rods = []
    for azimuth in azimuths(p.thimble_azimuth_deg, p.thimble_count):
        rod = model.cylinder(
            (0.0, 0.0, p.thimble_height_m),
            times(direction(azimuth), 2.0 * p.chamber_inner_radius_m),
            p.thimble_diameter_m / 2.0,
        )
        rods.append(
            model.intersect(
                model.cut(rod, upright(model, p, p.container_outer)), upright(model, p, p.chamber_inner_radius_m)
            )
        )
    faces = [("warm_end", lambda f: f.on_cylinder(p.chamber_inner_radius_m)), ("side", everything)]
    model.body("ptfe_thimbles", *rods, faces=faces, size=p.size(0.0035))


def upright(model: GeometryModel, p: Plan, radius: float) -> Shape:
    """Return the cylinder about the z axis over the chamber's whole height."""
    return model.cylinder((0.0, 0.0, -p.chamber_depth_m), (0.0, 0.0, p.lid + p.chamber_depth_m), radius)


def build_cavity(model: GeometryModel, p: Plan) -> None:
    """Declare the cavity with its windows and vent holes; windows fill their holes."""
    floor = -p.bottom_window_distance_m
    lowest = floor - p.cavity_bottom_m
    cup = model.cylinder((0.0, 0.0, lowest), (0.0, 0.0, p.ceiling_height_m - lowest), p.cavity_outer)
    flange = model.cylinder(
        (0.0, 0.0, p.ceiling_height_m - p.cavity_flange_m), (0.0, 0.0, p.cavity_flange_m), p.cavity_flange_radius_m
    )
    hollow = model.cylinder((0.0, 0.0, floor), (0.0, 0.0, p.ceiling_height_m - floor), p.cavity_inner_radius_m)
    wall = model.cut(model.fuse(cup, flange), hollow)
    middle = p.cavity_inner_radius_m + p.cavity_wall_m / 2.0
    window_sites = [times(direction(a), middle) for a in azimuths(p.window_azimuth_deg, p.window_count)]
    for number, centre in enumerate(window_sites, 1):
        hole = drill(model, p, centre, p.window_diameter_m / 2.0, p.segments(16))
        wall = add_window(model, p, wall, f"window_{number}", hole, lambda f: f.on_cylinder(p.cavity_inner_radius_m))
    segments = p.segments(40, 16)
    radius = equal_area_radius(p.bottom_window_diameter_m / 2.0, segments)
    hole = model.cylinder((0.0, 0.0, lowest), (0.0, 0.0, p.cavity_bottom_m), radius)
    wall = add_window(model, p, wall, "window_bottom", hole, lambda f: f.on_plane("z", floor))
    model.size("window_bottom", p.size(0.0013))
    model.divide_circles(
        (0.0, 0.0, floor - p.cavity_bottom_m / 2.0),
        reach=math.hypot(radius, p.cavity_bottom_m),
        radius=radius,
        segments=segments,
    )
    vent_sites = [times(direction(a), middle, p.vent_height_m) for a in azimuths(p.vent_azimuth_deg, p.vent_count)]
    for number, centre in enumerate(vent_sites, 1):
        segments = p.segments(16)
        wall = model.cut(wall, drill(model, p, centre, p.vent_diameter_m / 2.0, segments))
        normal = direction(math.atan2(centre[1], centre[0]))
        model.portal(f"vent_{number}", centre, normal, equal_area_radius(p.vent_diameter_m / 2.0, segments))
    bore_reach = 1.1 * math.hypot(p.vent_diameter_m, p.cavity_wall_m)
    faces = [
        ("vent_bores", lambda f: any(f.within_ball(centre, bore_reach) for centre in vent_sites)),
        ("inner", lambda f: f.on_cylinder(p.cavity_inner_radius_m) or f.on_plane("z", floor)),
        ("outer", everything),
    ]
    model.body("bbr_cavity", wall, faces=faces, size=min(p.size(0.0085), 3.0 * p.cavity_wall_m))
    model.size("bbr_cavity__inner", min(p.size(0.0065), 3.0 * p.cavity_wall_m))
    if vent_sites:
        model.size("bbr_cavity__vent_bores", p.size(0.0012))


def drill(model: GeometryModel, p: Plan, centre: Vector, radius: float, segments: int) -> Shape:
    """Return a radial hole through the wall whose meshed polygon has the area of the round hole."""
    outward = direction(math.atan2(centre[1], centre[0]))
    depth = 2.0 * p.cavity_wall_m + 2.0 * radius
    corner = equal_area_radius(radius, segments)
    base = (centre[0] - outward[0] * depth / 2.0, centre[1] - outward[1] * depth / 2.0, centre[2])
    model.divide_circles(
        centre, reach=1.05 * math.hypot(corner, p.cavity_wall_m / 2.0), radius=corner, segments=segments
    )
    return model.cylinder(base, times(outward, depth), corner)


def add_window(
    model: GeometryModel, p: Plan, wall: Shape, name: str, hole: Shape, is_inner: Callable[[Face], bool]
) -> Shape:
    """Declare the part of the wall inside the hole as a window; return the rest of the wall."""
    whole = model.copy(wall)
    rest = model.cut(wall, hole, keep_tools=True)
    model.body(
        name, model.intersect(whole, hole), faces=[("inner", is_inner), ("outer", everything)], size=p.size(0.002)
    )
    return rest


def build_vent_covers(model: GeometryModel, p: Plan) -> None:
    """Declare a disc on two posts in front of every vent hole."""
    sign = 1.0 if p.vent_cover_side == "outside" else -1.0
    wall = p.cavity_outer if sign > 0.0 else p.cavity_inner_radius_m
    facing = wall + sign * p.vent_cover_gap_m
    radius = p.vent_cover_diameter_m / 2.0
    segments = p.segments(8, 6)
    post = equal_area_radius(p.vent_cover_post_diameter_m / 2.0, segments)
    offset = 0.5 * (radius + p.vent_diameter_m / 2.0)
    for number, azimuth in enumerate(azimuths(p.vent_azimuth_deg, p.vent_count), 1):
        axis = direction(azimuth)
        plate = model.cylinder(
            times(axis, facing, p.vent_height_m), times(axis, sign * p.vent_cover_thickness_m), radius
        )
        posts = []
        for height in (p.vent_height_m - offset, p.vent_height_m + offset):
            base = wall - sign * p.cavity_wall_m / 2.0
            for distance in (wall, facing):
                model.divide_circles(times(axis, distance, height), reach=1.2 * post, radius=post, segments=segments)
            rod = model.cylinder(times(axis, base, height), times(axis, facing - base), post)
            metal = upright(model, p, wall)
            posts.append(model.cut(rod, metal) if sign > 0.0 else model.intersect(rod, metal))
        model.body(
            f"vent_cover_{number}",
            model.fuse(plate, *posts),
            faces=cover_faces(axis, wall, facing),
            size=min(p.size(0.0016), 0.0025),
        )
        model.size(f"vent_cover_{number}__facing", min(p.size(0.001), 0.002))
        model.size(f"vent_cover_{number}__posts", min(p.size(0.0012), 0.6 * p.vent_cover_post_diameter_m))


def cover_faces(axis: Vector, wall: float, facing: float) -> list[tuple[str, Callable[[Face], bool]]]:
    """Return the rules that name a cover's faces."""
    low, high = sorted((wall, facing))
    return [
        ("facing", lambda f: f.faces_along(axis) and abs(f.along(axis) - facing) < 1e-6),
        ("posts", lambda f: low < f.along(axis) < high),
        ("back", everything),
    ]


def build_vacuum(model: GeometryModel, p: Plan) -> None:
    """Declare the space that the chamber's inner wall encloses; the wall is a shell."""
    rules = [
        ("lid", lambda f: f.on_plane("z", p.lid)),
        ("bottom", lambda f: f.on_plane("z", -p.chamber_depth_m)),
        ("side", everything),
    ]
    model.void("vacuum", upright(model, p, p.chamber_inner_radius_m), walls=("chamber", rules))
    model.enclose("vacuum")
    for name in ("chamber__side", "chamber__bottom", "chamber__lid"):
        model.size(name, p.size(0.045))
