"""Low-discrepancy rays: Sobol points under a digital shift drawn from (seed, facet), mapped to facets and directions.

A facet's rays depend on its own number and the seed alone, so a result does not depend on threads or chunks.
"""

from typing import Any

import numba
import numpy as np

from bbrmodel.typing import AnyArray

_TWO_PI = 2.0 * np.pi


def sobol_points(num: int) -> AnyArray:
    """Return the first `num` points of the four-dimensional Sobol sequence as 32-bit fractions, shape (num, 4)."""
    from scipy.stats import qmc

    power = max(int(num - 1).bit_length(), 0)
    points = qmc.Sobol(d=4, scramble=False, bits=32).random_base2(power)[:num]
    shifted: AnyArray = (points * 2.0**32).astype(np.uint32)
    return shifted


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


@numba.njit(cache=True, nogil=True)
def sample_facets(
    facets: AnyArray,
    counts: AnyArray,
    points: AnyArray,
    seed: int,
    geometry: tuple[AnyArray, AnyArray, AnyArray],
) -> tuple[AnyArray, AnyArray]:  # pragma: no cover - compiled
    """Return origins and directions, float32 (num_rays, 3), of `counts[k]` rays from `facets[k]`.

    `geometry` holds vertices (num, 3, 3), normals (num, 3) and the offset (num,) that lifts an origin off its facet.
    """
    vertices, normals, lift = geometry
    total = counts.sum()
    origins = np.empty((total, 3), dtype=np.float32)
    directions = np.empty((total, 3), dtype=np.float32)
    shift = np.empty(4, dtype=np.uint32)
    ray = 0
    for k in range(len(facets)):
        i = facets[k]
        digital_shifts(seed, i, shift)
        a, b, c, n = vertices[i, 0], vertices[i, 1], vertices[i, 2], normals[i]
        for m in range(counts[k]):
            u = ((points[m, 0] ^ shift[0]) + 0.5) * 2.0**-32
            v = ((points[m, 1] ^ shift[1]) + 0.5) * 2.0**-32
            if v > u:  # Heitz: folds the square onto the triangle without tearing strata
                u *= 0.5
                v -= u
            else:
                v *= 0.5
                u -= v
            for d in range(3):
                origins[ray, d] = a[d] + u * (b[d] - a[d]) + v * (c[d] - a[d]) + lift[i] * n[d]
            s = ((points[m, 2] ^ shift[2]) + 0.5) * 2.0**-32
            t = ((points[m, 3] ^ shift[3]) + 0.5) * 2.0**-32
            cosine_direction(s, t, n, directions[ray])
            ray += 1
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
    "mix_bits",
    "sample_disc",
    "sample_facets",
    "sample_sphere",
    "sobol_points",
]
