"""Low-discrepancy rays: Sobol points under a digital shift drawn from (seed, facet), mapped to facets and directions.

A facet's rays depend on its own number and the seed alone, so a result does not depend on threads or chunks.
"""

from typing import Any

import numba
import numpy as np

from bbrmodel.typing import AnyArray

_TWO_PI = 2.0 * np.pi
# Of 32 random bits float32 holds 24.
_DROPPED = np.uint32(8)
_STEP, _HALF_STEP = np.float32(2.0**-24), np.float32(2.0**-25)
_ONE, _QUARTER, _GRAZING = np.float32(1.0), np.float32(np.pi / 4.0), np.float32(1e-12)
_S3, _S5, _S7, _S9 = np.float32(-1 / 6), np.float32(1 / 120), np.float32(-1 / 5040), np.float32(1 / 362880)
_C2, _C4, _C6, _C8 = np.float32(-1 / 2), np.float32(1 / 24), np.float32(-1 / 720), np.float32(1 / 40320)


# Joe and Kuo, SIAM J. Sci. Comput. 30, 2635 (2008): inner coefficients of the primitive polynomials of the second to
# fourth dimension, and the first direction numbers m.
_POLYNOMIALS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (((), (1,)), ((1,), (1, 3)), ((0, 1), (1, 3, 1)))
_BITS = 32


def sobol_points(num: int) -> AnyArray:
    """Return the first `num` points of the four-dimensional Sobol sequence as 32-bit fractions, shape (num, 4).

    The bits are those of `scipy.stats.qmc.Sobol`, which takes a third of a second to load.
    """
    index = np.arange(num, dtype=np.uint32)
    gray = index ^ (index >> np.uint32(1))
    points = np.zeros((num, 4), dtype=np.uint32)
    for bit, numbers in enumerate(_direction_numbers()[: max(num - 1, 0).bit_length()]):
        points ^= ((gray >> np.uint32(bit)) & np.uint32(1))[:, None] * numbers
    return points


def _direction_numbers() -> AnyArray:
    """Return what every bit of an index adds to a point (without carrying), shape (32, 4)."""
    numbers = np.zeros((_BITS, 4), dtype=np.uint32)
    numbers[:, 0] = [1 << (_BITS - 1 - k) for k in range(_BITS)]
    for column, (inner, first) in enumerate(_POLYNOMIALS, start=1):
        degree = len(first)
        v = [m << (_BITS - 1 - k) for k, m in enumerate(first)]
        for k in range(degree, _BITS):
            new = v[k - degree] ^ (v[k - degree] >> degree)
            for back, coefficient in enumerate(inner, start=1):
                new ^= coefficient * v[k - back]
            v.append(new)
        numbers[:, column] = v
    return numbers


def facet_points(num: int) -> AnyArray:
    """Return the first `num` points for rays of a facet, shape (4, num), neighbours in direction one after the other.

    The order does not change the set; rays that fly together find their way through the ray caster's tree faster.
    """
    points = sobol_points(num)
    code = np.zeros(num, dtype=np.uint64)
    for bit in range(16):
        for place, column in enumerate((2, 3)):
            code |= ((points[:, column].astype(np.uint64) >> np.uint64(16 + bit)) & np.uint64(1)) << np.uint64(
                2 * bit + place
            )
    ordered: AnyArray = np.ascontiguousarray(points[np.argsort(code, kind="stable")].T)
    return ordered


@numba.njit(cache=True, nogil=True)
def mix_bits(value: Any) -> Any:  # pragma: no cover - compiled
    """Return the splitmix64 hash of a 64-bit number."""
    z = np.uint64(value) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def digital_shifts(seed: int, number: int, shift: AnyArray) -> None:  # pragma: no cover - compiled
    """Fill four 32-bit words from a seed and a facet number."""
    state = mix_bits(mix_bits(np.uint64(seed)) ^ np.uint64(number))
    for k in range(4):
        state = mix_bits(state)
        shift[k] = np.uint32(state >> np.uint64(32))


@numba.njit(cache=True, nogil=True)
def cosine_direction(u: float, v: float, n: AnyArray, out: AnyArray) -> None:  # pragma: no cover - compiled
    """Write a direction with density cos/pi about the unit vector n (concentric map keeps strata together)."""
    a, b = 2.0 * u - 1.0, 2.0 * v - 1.0
    if a == 0.0 and b == 0.0:
        x, y = 0.0, 0.0
    elif abs(a) > abs(b):
        x, y = a * np.cos(np.pi / 4.0 * b / a), a * np.sin(np.pi / 4.0 * b / a)
    else:
        x, y = b * np.sin(np.pi / 4.0 * a / b), b * np.cos(np.pi / 4.0 * a / b)
    z = np.sqrt(max(1e-12, 1.0 - x * x - y * y))
    sign = 1.0 if n[2] >= 0.0 else -1.0
    p = -1.0 / (sign + n[2])
    q = n[0] * n[1] * p
    out[0] = x * (1.0 + sign * n[0] * n[0] * p) + y * q + z * n[0]
    out[1] = x * sign * q + y * (sign + n[1] * n[1] * p) + z * n[1]
    out[2] = -x * sign * n[0] - y * n[1] + z * n[2]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _frame(corners: AnyArray, normal: AnyArray, lift: float, frame: AnyArray) -> None:  # pragma: no cover - compiled
    """Write first corner with its lift, two edges, two tangents and the normal of a facet, shape (6, 3)."""
    sign = 1.0 if normal[2] >= 0.0 else -1.0
    p = -1.0 / (sign + normal[2])
    q = normal[0] * normal[1] * p
    for d in range(3):
        frame[0, d] = corners[0, d] + lift * normal[d]
        frame[1, d] = corners[1, d] - corners[0, d]
        frame[2, d] = corners[2, d] - corners[0, d]
        frame[5, d] = normal[d]
    frame[3, 0], frame[3, 1], frame[3, 2] = 1.0 + sign * normal[0] * normal[0] * p, sign * q, -sign * normal[0]
    frame[4, 0], frame[4, 1], frame[4, 2] = q, sign + normal[1] * normal[1] * p, -normal[1]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _fill(
    points: AnyArray, shift: AnyArray, frame: AnyArray, count: int, ray: AnyArray
) -> None:  # pragma: no cover - compiled
    """Write `count` rays, shape (6, room). No branches and float32 throughout, so that it runs on vectors.

    Directions follow the concentric map, which keeps strata together; series of sine and cosine end below 1e-7.
    """
    w0, w1, w2, w3 = shift[0], shift[1], shift[2], shift[3]
    ax, ay, az, bx, by, bz = frame[0, 0], frame[0, 1], frame[0, 2], frame[1, 0], frame[1, 1], frame[1, 2]
    cx, cy, cz, sx, sy, sz = frame[2, 0], frame[2, 1], frame[2, 2], frame[3, 0], frame[3, 1], frame[3, 2]
    tx, ty, tz, nx, ny, nz = frame[4, 0], frame[4, 1], frame[4, 2], frame[5, 0], frame[5, 1], frame[5, 2]
    for m in range(count):
        u = np.float32((points[0, m] ^ w0) >> _DROPPED) * _STEP + _HALF_STEP
        v = np.float32((points[1, m] ^ w1) >> _DROPPED) * _STEP + _HALF_STEP
        half = np.float32(0.5) * min(u, v)  # Heitz: folds the square onto the triangle without tearing strata
        below = v <= u
        u, v = (u - half if below else half), (half if below else v - half)
        a = np.float32(2.0) * (np.float32((points[2, m] ^ w2) >> _DROPPED) * _STEP + _HALF_STEP) - _ONE
        b = np.float32(2.0) * (np.float32((points[3, m] ^ w3) >> _DROPPED) * _STEP + _HALF_STEP) - _ONE
        wide = abs(a) > abs(b)
        radius, other = (a if wide else b), (b if wide else a)
        angle = _QUARTER * other / radius
        f = angle * angle
        sine = angle * (_ONE + f * (_S3 + f * (_S5 + f * (_S7 + f * _S9))))
        cosine = _ONE + f * (_C2 + f * (_C4 + f * (_C6 + f * _C8)))
        x, y = radius * (cosine if wide else sine), radius * (sine if wide else cosine)
        z = np.sqrt(max(_GRAZING, _ONE - radius * radius))
        ray[0, m], ray[1, m], ray[2, m] = ax + u * bx + v * cx, ay + u * by + v * cy, az + u * bz + v * cz
        ray[3, m], ray[4, m] = x * sx + y * tx + z * nx, x * sy + y * ty + z * ny
        ray[5, m] = x * sz + y * tz + z * nz


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sample_facets(
    facets: AnyArray,
    counts: AnyArray,
    points: AnyArray,
    seed: int,
    geometry: tuple[AnyArray, AnyArray, AnyArray],
    replicas: int = 1,
) -> tuple[AnyArray, AnyArray]:  # pragma: no cover - compiled
    """Return origins and directions, float32 (num_rays, 3), of `counts[k]` rays from `facets[k]` in each replica.

    Row by row: all replicas of the first facet, then the next one. `points` has shape (4, at least the largest count);
    `geometry` holds vertices (num, 3, 3), normals (num, 3) and the offset (num,) that lifts an origin off its facet.
    """
    vertices, normals, lift = geometry
    total = counts.sum() * replicas
    origins = np.empty((total, 3), dtype=np.float32)
    directions = np.empty((total, 3), dtype=np.float32)
    shift = np.empty(4, dtype=np.uint32)
    frame = np.empty((6, 3), dtype=np.float32)
    row = np.empty((6, points.shape[1]), dtype=np.float32)
    first = 0
    for k in range(len(facets)):
        i = facets[k]
        _frame(vertices[i], normals[i], lift[i], frame)
        for replica in range(replicas):
            digital_shifts(seed, i + (replica << 40), shift)
            _fill(points, shift, frame, counts[k], row)
            for m in range(counts[k]):
                for d in range(3):
                    origins[first + m, d], directions[first + m, d] = row[d, m], row[3 + d, m]
            first += counts[k]
    return origins, directions


@numba.njit(cache=True, nogil=True)
def sample_disc(
    number: int, points: AnyArray, seed: int, disc: tuple[AnyArray, AnyArray, float]
) -> tuple[AnyArray, AnyArray]:  # pragma: no cover - compiled
    """Return origins and cosine-distributed directions, float32 (num, 3), of rays through a disc.

    `disc` holds centre, unit normal and radius.
    """
    centre, normal, radius = disc
    shift = np.empty(4, dtype=np.uint32)
    digital_shifts(seed, -1 - number, shift)
    num = len(points)
    origins = np.empty((num, 3), dtype=np.float32)
    directions = np.empty((num, 3), dtype=np.float32)
    sign = 1.0 if normal[2] >= 0.0 else -1.0
    p = -1.0 / (sign + normal[2])
    q = normal[0] * normal[1] * p
    for m in range(num):
        rho = radius * np.sqrt(((points[m, 0] ^ shift[0]) + 0.5) * 2.0**-32)
        phi = _TWO_PI * ((points[m, 1] ^ shift[1]) + 0.5) * 2.0**-32
        x, y = rho * np.cos(phi), rho * np.sin(phi)
        origins[m, 0] = centre[0] + x * (1.0 + sign * normal[0] * normal[0] * p) + y * q
        origins[m, 1] = centre[1] + x * sign * q + y * (sign + normal[1] * normal[1] * p)
        origins[m, 2] = centre[2] - x * sign * normal[0] - y * normal[1]
        s = ((points[m, 2] ^ shift[2]) + 0.5) * 2.0**-32
        t = ((points[m, 3] ^ shift[3]) + 0.5) * 2.0**-32
        cosine_direction(s, t, normal, directions[m])
    return origins, directions


@numba.njit(cache=True, nogil=True)
def sample_sphere(points: AnyArray, seed: int, number: int) -> AnyArray:  # pragma: no cover - compiled
    """Return isotropic unit directions, float32 (num, 3), equal areas for equal areas of the unit square."""
    shift = np.empty(4, dtype=np.uint32)
    digital_shifts(seed, -1 - number, shift)
    directions = np.empty((len(points), 3), dtype=np.float32)
    for m in range(len(points)):
        z = 1.0 - 2.0 * ((points[m, 0] ^ shift[0]) + 0.5) * 2.0**-32
        phi = _TWO_PI * ((points[m, 1] ^ shift[1]) + 0.5) * 2.0**-32
        r = np.sqrt(max(0.0, 1.0 - z * z))
        directions[m, 0], directions[m, 1], directions[m, 2] = r * np.cos(phi), r * np.sin(phi), z
    return directions


__all__ = [
    "cosine_direction",
    "digital_shifts",
    "facet_points",
    "mix_bits",
    "sample_disc",
    "sample_facets",
    "sample_sphere",
    "sobol_points",
]
