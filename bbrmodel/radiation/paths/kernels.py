# mypy: disallow-untyped-decorators=False
"""Compiled steps of a wavefront of paths: start, meet a facet, leave it; finished paths drop out at each step.

Random numbers are hashes of (source, path, step), so that a path is the same whatever thread or chunk it runs in.
Helpers take numbers, not arrays: counting references to arrays would cost more than the physics.
"""

from typing import Any

import numba
import numpy as np

from bbrmodel.radiation.paths.optics import FACE, OUTLET, SHELL
from bbrmodel.radiation.sampling import mix_bits
from bbrmodel.typing import AnyArray

_TWO_PI = 2.0 * np.pi
_UNIT = 2.0**-32
STEP = np.uint64(0xD1B54A32D192ED03)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
DARK = -1  # a facet that no light may reach
_OUT, _MIRROR, SCATTER, _STRAIGHT, _TURN = 0, 1, 2, 3, 4
_MEETS, _LEAVES_PANE, _TURNS, _ESCAPES, _LOST = 0, 1, 2, 3, 4
# Columns of a facet's row, which fills a cache line: corner 0-2, edges 3-8, normal 9-11, and
LIFT, ABSORPTIVITY, SPECULARITY, TRANSMITTANCE = 12, 13, 14, 15


@numba.njit(cache=True, nogil=True, error_model="numpy")
def path_key(seed: int, source: int, path: int) -> Any:  # pragma: no cover - compiled
    """Return the 64-bit name of a path.

    Bits are flipped before the last step: the digital shift is drawn from the same words, and would be path 0's else.
    """
    return mix_bits(~mix_bits(mix_bits(np.uint64(seed)) ^ np.uint64(source)) ^ np.uint64(path))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def halves(word: Any) -> Any:  # pragma: no cover - compiled
    """Return two uniform numbers in (0, 1) from a 64-bit word."""
    return (np.float64(word >> _HALF) + 0.5) * _UNIT, (np.float64(word & _LOW) + 0.5) * _UNIT


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fresnel_absorptivity(cos: float, n: float, k: float) -> Any:  # pragma: no cover - compiled
    """Return 1 - (R_s + R_p) / 2 of vacuum against n + ik at the given cosine of incidence."""
    sin2 = 1.0 - cos * cos
    real, imaginary = n * n - k * k - sin2, 2.0 * n * k
    size = np.sqrt(real * real + imaginary * imaginary)
    a = np.sqrt(max(0.5 * (size + real), 0.0))
    b2 = max(0.5 * (size - real), 0.0)
    r_s = ((a - cos) ** 2 + b2) / ((a + cos) ** 2 + b2)
    if cos < 1e-9:
        return 0.0
    bend = sin2 / cos
    r_p = r_s * ((a - bend) ** 2 + b2) / ((a + bend) ** 2 + b2)
    return 1.0 - 0.5 * (r_s + r_p)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _on_disc(u: float, v: float) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return the point of the unit disc for one of the unit square; the concentric map keeps strata together."""
    a, b = 2.0 * u - 1.0, 2.0 * v - 1.0
    if abs(a) > abs(b):
        r, phi = a, np.pi / 4.0 * (b / a)
    else:
        r, phi = b, np.pi / 2.0 - np.pi / 4.0 * (a / b) if b != 0.0 else 0.0
    return r * np.cos(phi), r * np.sin(phi)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def draw_on_disc(word: Any) -> tuple[Any, float, float]:  # pragma: no cover - compiled
    """Return the next word and a random point of the unit disc; refusing corners is faster than sine and cosine."""
    while True:
        word = mix_bits(word)
        u, v = halves(word)
        x, y = 2.0 * u - 1.0, 2.0 * v - 1.0
        if x * x + y * y < 1.0:
            return word, x, y


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _raise(
    x: float, y: float, nx: float, ny: float, nz: float
) -> tuple[float, float, float, float]:  # pragma: no cover - compiled
    """Return the direction above a point of the disc about (nx, ny, nz), and its cosine: density cos/pi."""
    z = np.sqrt(max(1e-12, 1.0 - x * x - y * y))
    sign = 1.0 if nz >= 0.0 else -1.0
    p = -1.0 / (sign + nz)
    q = nx * ny * p
    return (
        x * (1.0 + sign * nx * nx * p) + y * q + z * nx,
        x * sign * q + y * (sign + ny * ny * p) + z * ny,
        z * nz - x * sign * nx - y * ny,
        z,
    )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _refuses(word: Any, cos: float, n: float, k: float) -> bool:  # pragma: no cover - compiled
    """Return whether a metal scatters less than a drawn share into a direction.

    Its absorptivity depends on direction, so reflection is reciprocal only if the density goes with the reflectivity.
    """
    accept, _ = halves(mix_bits(~word))
    return bool(accept > 1.0 - fresnel_absorptivity(cos, n, k))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def start_at_point(
    source: Any, count: int, state: Any, points: AnyArray, random: Any, place: AnyArray
) -> None:  # pragma: no cover - compiled
    """Fill `count` paths that leave a point in all directions alike.

    `source` holds the number of the first path, where to write it, and the row that its light is booked in.
    """
    origins, directions, weights, keys, names, rows, inside, what = state
    seed, stream, shift = random
    first, at, row = source
    for r in range(at, at + count):
        m = first + r - at
        z = 1.0 - 2.0 * ((points[m, 0] ^ shift[0]) + 0.5) * _UNIT
        phi = _TWO_PI * ((points[m, 1] ^ shift[1]) + 0.5) * _UNIT
        s = np.sqrt(max(0.0, 1.0 - z * z))
        directions[r, 0], directions[r, 1], directions[r, 2] = s * np.cos(phi), s * np.sin(phi), z
        origins[r, 0], origins[r, 1], origins[r, 2] = place[0], place[1], place[2]
        weights[r], names[r], rows[r], inside[r], what[r] = 1.0, m, row, -1, SCATTER
        keys[r] = path_key(seed, stream, m)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def start_at_facet(
    source: Any, count: int, state: Any, points: AnyArray, random: Any, tables: Any
) -> None:  # pragma: no cover - compiled
    """Fill `count` paths that a facet emits, each with its emissivity over the hemispherical one as its weight.

    `source` holds the facet, the number of the first path, where to write it, the row that its light is booked in
    and the hemispherical emissivity.
    """
    origins, directions, weights, keys, names, rows, inside, _ = state
    facet, first, at, row, hemispherical = source
    geometry, metals, kinds, _ = tables
    seed, stream, shift = random
    g, n, k = geometry[facet], metals[facet, 0], metals[facet, 1]
    for m in range(first, first + count):
        r = at + m - first
        u = ((points[m, 0] ^ shift[0]) + 0.5) * _UNIT
        v = ((points[m, 1] ^ shift[1]) + 0.5) * _UNIT
        if v > u:  # Heitz: folds the square onto the triangle without tearing strata
            u *= 0.5
            v -= u
        else:
            v *= 0.5
            u -= v
        keys[r] = path_key(seed, stream, m)
        side = -1.0 if kinds[facet, 0] == SHELL and keys[r] & np.uint64(1) else 1.0
        s = ((points[m, 2] ^ shift[2]) + 0.5) * _UNIT
        t = ((points[m, 3] ^ shift[3]) + 0.5) * _UNIT
        a, b = _on_disc(s, t)
        x, y, z, cos = _raise(a, b, side * g[9], side * g[10], side * g[11])
        directions[r, 0], directions[r, 1], directions[r, 2] = x, y, z
        for d in range(3):
            origins[r, d] = g[d] + u * g[3 + d] + v * g[6 + d] + side * g[LIFT] * g[9 + d]
        weights[r] = fresnel_absorptivity(cos, n, k) / hemispherical if n > 0.0 else 1.0
        names[r], rows[r], inside[r] = m, row, -1


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _meet(
    weight: float, absorptivity: float, floor: float, draw: float
) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return what a facet keeps of a path's weight and what goes on; nothing is lost or made.

    A strong path leaves its expected share. A weak one leaves all with the probability of absorption, else nothing.
    """
    if weight > floor:
        return weight * absorptivity, weight * (1.0 - absorptivity)
    if draw < absorptivity:
        return weight, 0.0
    return 0.0, weight


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _gate(facet: int, kind: int, behind: bool, is_own: bool, is_open: bool) -> int:  # pragma: no cover - compiled
    """Return whether a path meets a facet as such, or what becomes of it instead.

    Light inside a pane is mirrored by all facets of this pane (`is_own`) that are no faces, and leaves by a face. If it
    meets anything else it has slipped out at an edge.
    """
    if is_own and kind != FACE:
        return _TURNS
    if is_own and behind:
        return _LEAVES_PANE
    if facet < 0:
        return _ESCAPES if is_open else _LOST
    if kind == DARK or (behind and kind != SHELL):
        return _LOST
    return _MEETS


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _fate(
    choice: float, absorptivity: float, transmittance: float, specularity: float, kind: int
) -> int:  # pragma: no cover - compiled
    """Return where light goes that is not absorbed."""
    if transmittance > 0.0:
        limit = transmittance / (1.0 - absorptivity)
        if choice < limit:
            return _OUT if kind == OUTLET else _STRAIGHT
        choice = (choice - limit) / (1.0 - limit)
    return _MIRROR if choice < specularity else SCATTER


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _book(row: int, facet: int, weight: float, tally: Any) -> None:  # pragma: no cover - compiled
    """Note what a facet absorbs."""
    (rows, facets, weights), _, _, control = tally
    at = int(control[3])
    rows[at], facets[at], weights[at] = row, facet, weight
    control[3] += 1.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _end(gate: int, weight: float, row: int, tally: Any) -> None:  # pragma: no cover - compiled
    """Book a path that meets nothing more."""
    _, sky, lost, control = tally
    if gate == _ESCAPES:
        sky[row] += weight
    else:
        lost[row] += weight
        control[2] += 1.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def interact(
    count: int, state: Any, hits: Any, step: int, tables: Any, tally: Any
) -> int:  # pragma: no cover - compiled
    """Book what facets absorb and decide where the rest goes; return how many paths go on, now first in `state`.

    Parameters
    ----------
    state
        origins, directions (n, 3); weights, keys, numbers, rows, facet by which the path entered a pane or -1, and
        what happens next (n,).
    hits
        facet or -1 and the hit's coordinates u, v on it, each (n,); the paths that go on are moved to the front.
    tables
        float32 rows of facets (num_facets, 16); n, k (num_facets, 2); passage and pane behind (num_facets, 2);
        normals of curved mirrors at the facets' corners (num_facets, 3, 3).
    tally
        What facets absorb: row, facet and weight, each (n,); sky, lost (num_rows,); [floor, open, number lost, number
        of entries].
    """
    _, directions, weights, keys, names, rows, inside, what = state
    facet, us, vs = hits
    geometry, metals, kinds, _ = tables
    _, sky, _, control = tally
    floor, is_open = control[0], control[1] > 0.0
    out = 0
    for r in range(count):
        j, w, row, entry = facet[r], weights[r], rows[r], inside[r]
        dx, dy, dz = directions[r, 0], directions[r, 1], directions[r, 2]
        cos = -(dx * geometry[j, 9] + dy * geometry[j, 10] + dz * geometry[j, 11]) if j >= 0 else np.float32(0.0)
        kind = kinds[j, 0] if j >= 0 else np.int32(DARK)
        is_own = entry >= 0 and j >= 0 and kinds[j, 1] == kinds[entry, 1]
        gate = _gate(j, kind, cos <= 0.0, is_own, is_open)
        if gate >= _ESCAPES:
            _end(gate, w, row, tally)
            continue
        fate, entry = (_TURN, entry) if gate == _TURNS else (_STRAIGHT, np.int32(-1))
        if gate == _MEETS:
            draw, choice = halves(mix_bits(keys[r] + np.uint64(step) * STEP))
            a = np.float64(geometry[j, ABSORPTIVITY])
            if a < 0.0:
                a = fresnel_absorptivity(abs(cos), metals[j, 0], metals[j, 1])
            stays, w = _meet(w, a, floor, draw)
            if stays > 0.0:
                _book(row, j, stays, tally)
            fate = _fate(choice, a, geometry[j, TRANSMITTANCE], geometry[j, SPECULARITY], kind)
            if w <= 0.0 or fate == _OUT:
                sky[row] += w
                continue
            entry = j if fate == _STRAIGHT and kind == FACE else entry
        weights[out], keys[out], names[out], rows[out], what[out] = w, keys[r], names[r], row, fate
        inside[out] = entry
        directions[out, 0], directions[out, 1], directions[out, 2] = dx, dy, dz
        facet[out], us[out], vs[out] = j, us[r], vs[r]
        out += 1
    return out


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _reflect(ray: Any, normal: Any) -> Any:  # pragma: no cover - compiled
    """Return the mirror image of a direction, of length 1 (float32 would drift)."""
    double = 2.0 * (ray[0] * normal[0] + ray[1] * normal[1] + ray[2] * normal[2])
    x, y, z = ray[0] - double * normal[0], ray[1] - double * normal[1], ray[2] - double * normal[2]
    size = 1.0 / np.sqrt(x * x + y * y + z * z)
    return x * size, y * size, z * size


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _mirror(ray: Any, normal: Any, smooth: Any) -> Any:  # pragma: no cover - compiled
    """Return the direction after a mirror that is curved as `smooth` says; flat where that would lead into it."""
    along = smooth[0] * normal[0] + smooth[1] * normal[1] + smooth[2] * normal[2]
    if along != 0.0:
        scale = np.copysign(1.0 / np.sqrt(smooth[0] ** 2 + smooth[1] ** 2 + smooth[2] ** 2), along)
        bent = (smooth[0] * scale, smooth[1] * scale, smooth[2] * scale)
        if ray[0] * bent[0] + ray[1] * bent[1] + ray[2] * bent[2] < 0.0:
            x, y, z = _reflect(ray, bent)
            if x * normal[0] + y * normal[1] + z * normal[2] > 0.0:
                return x, y, z
    return _reflect(ray, normal)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def scatter(normal: Any, draw: Any, metal: Any) -> tuple[float, float, float]:  # pragma: no cover - compiled
    """Return a diffusely reflected direction; `draw` holds a word and a point of the disc to start with."""
    word, a, b = draw
    nx, ny, nz = normal
    x, y, z, cos = _raise(a, b, nx, ny, nz)
    if metal[0] > 0.0:
        while _refuses(word, cos, metal[0], metal[1]):
            word, a, b = draw_on_disc(word)
            x, y, z, cos = _raise(a, b, nx, ny, nz)
    return x, y, z


@numba.njit(cache=True, nogil=True, error_model="numpy")
def leave(count: int, state: Any, hits: Any, random: Any, tables: Any) -> None:  # pragma: no cover - compiled
    """Write origin and direction of the paths that go on.

    `random` holds the step, low-discrepancy points for this scattering (none: hashed) and their shift in every row.
    """
    origins, directions, _, keys, names, rows, _, what = state
    facet, us, vs = hits
    geometry, metals, _, bent = tables
    step, points, shifts = random
    for r in range(count):
        j, fate, u, v = facet[r], what[r], us[r], vs[r]
        x, y, z = np.float64(directions[r, 0]), np.float64(directions[r, 1]), np.float64(directions[r, 2])
        nx, ny, nz = np.float64(geometry[j, 9]), np.float64(geometry[j, 10]), np.float64(geometry[j, 11])
        if x * nx + y * ny + z * nz > 0.0:  # a pane or a sheet met from behind
            nx, ny, nz = -nx, -ny, -nz
        lift = np.float64(geometry[j, LIFT])
        if fate == _STRAIGHT:
            lift = -lift
        elif fate == _TURN:  # flat: interpolated normals would not be reciprocal
            x, y, z = _reflect((x, y, z), (nx, ny, nz))
        elif fate == _MIRROR:
            w = np.float64(1.0) - u - v
            smooth = (
                w * bent[j, 0, 0] + u * bent[j, 1, 0] + v * bent[j, 2, 0],
                w * bent[j, 0, 1] + u * bent[j, 1, 1] + v * bent[j, 2, 1],
                w * bent[j, 0, 2] + u * bent[j, 1, 2] + v * bent[j, 2, 2],
            )
            x, y, z = _mirror((x, y, z), (nx, ny, nz), smooth)
        else:
            word, a, b = draw_on_disc(mix_bits(keys[r] + np.uint64(step) * STEP))
            if len(points) > 0:
                m, shift = names[r], shifts[rows[r]]
                a, b = _on_disc(((points[m, 2] ^ shift[2]) + 0.5) * _UNIT, ((points[m, 3] ^ shift[3]) + 0.5) * _UNIT)
            x, y, z = scatter((nx, ny, nz), (word, a, b), (metals[j, 0], metals[j, 1]))
        origins[r, 0] = geometry[j, 0] + u * geometry[j, 3] + v * geometry[j, 6] + lift * nx
        origins[r, 1] = geometry[j, 1] + u * geometry[j, 4] + v * geometry[j, 7] + lift * ny
        origins[r, 2] = geometry[j, 2] + u * geometry[j, 5] + v * geometry[j, 8] + lift * nz
        directions[r, 0], directions[r, 1], directions[r, 2] = x, y, z


__all__ = [
    "DARK",
    "SCATTER",
    "STEP",
    "draw_on_disc",
    "fresnel_absorptivity",
    "halves",
    "interact",
    "leave",
    "path_key",
    "scatter",
    "start_at_facet",
    "start_at_point",
]
