# mypy: disallow-untyped-decorators=False
"""Embree itself, called ray by packet: the library that the package embreex carries.

embreex binds the single-ray call and copies every ray through Python objects; packets of eight, called from compiled
code, find the same hits in about two thirds of the time. Declarations follow Embree 4's `rtcore.h`.
"""

import ctypes
import ctypes.util
import weakref
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from bbrmodel.errors import MissingDependencyError
from bbrmodel.typing import AnyArray

PACKET = 8
_FIELDS = 24  # of a ray with its hit, in 32-bit words: 21 are used
_ALIGNMENT = 64  # bytes, of packets
_INDEX, _VERTEX = 0, 1  # RTCBufferType
_UINT3, _FLOAT3 = 0x5003, 0x9003  # RTCFormat
_TRIANGLES = 0  # RTCGeometryType
_ROBUST = 4  # RTCSceneFlags: no ray slips between two triangles that share an edge
_POINTER = ctypes.c_void_p
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "rtcNewDevice": (_POINTER, [ctypes.c_char_p]),
    "rtcGetDeviceError": (ctypes.c_int, [_POINTER]),
    "rtcNewScene": (_POINTER, [_POINTER]),
    "rtcSetSceneFlags": (None, [_POINTER, ctypes.c_int]),
    "rtcNewGeometry": (_POINTER, [_POINTER, ctypes.c_int]),
    "rtcSetSharedGeometryBuffer": (
        None,
        [_POINTER, ctypes.c_int, ctypes.c_uint, ctypes.c_int, _POINTER, *[ctypes.c_size_t] * 3],
    ),
    "rtcCommitGeometry": (None, [_POINTER]),
    "rtcAttachGeometry": (ctypes.c_uint, [_POINTER, _POINTER]),
    "rtcReleaseGeometry": (None, [_POINTER]),
    "rtcCommitScene": (None, [_POINTER]),
    "rtcReleaseScene": (None, [_POINTER]),
    "rtcIntersect8": (None, [_POINTER] * 4),
}


@cache
def _library() -> Any:
    """Return Embree's library with its functions declared.

    Raises
    ------
    MissingDependencyError
        It cannot be found.
    """
    try:
        import embreex
    except ImportError as error:
        raise MissingDependencyError("the package 'embreex' is missing: run `pip install embreex`.") from error
    home = Path(embreex.__file__).parent
    places = [home, home / ".dylibs", home.parent / "embreex.libs"]
    bundled = [str(path) for place in places for path in sorted(place.glob("*embree4*")) if path.is_file()]
    for name in [*bundled, ctypes.util.find_library("embree4")]:
        if name is not None:
            library = ctypes.CDLL(name)
            for function, (result, arguments) in _SIGNATURES.items():
                getattr(library, function).restype = result
                getattr(library, function).argtypes = arguments
            return library
    raise MissingDependencyError(f"no library 'embree4' beside {home}: install embreex from its wheel again.")


@cache
def _device() -> Any:
    """Return the one device of this process."""
    return _library().rtcNewDevice(None)


class TriangleScene:
    """Triangles, shape (num, 3, 3), and Embree's tree over them. Float32 decides visibility only."""

    def __init__(self, vertices_m: AnyArray) -> None:
        library, device, num = _library(), _device(), len(vertices_m)
        # Embree reads 16 bytes at a time, so the last corner needs room behind it. Both arrays live as long as this.
        self._corners = np.zeros(9 * num + 4, dtype=np.float32)
        self._corners[: 9 * num] = vertices_m.reshape(-1)
        self._index = np.arange(3 * num + 4, dtype=np.uint32)
        self._scene = library.rtcNewScene(device)
        weakref.finalize(self, library.rtcReleaseScene, self._scene)
        library.rtcSetSceneFlags(self._scene, _ROBUST)
        geometry = library.rtcNewGeometry(device, _TRIANGLES)
        share = library.rtcSetSharedGeometryBuffer
        share(geometry, _VERTEX, 0, _FLOAT3, self._corners.ctypes.data, 0, 12, 3 * num)
        share(geometry, _INDEX, 0, _UINT3, self._index.ctypes.data, 0, 12, num)
        library.rtcCommitGeometry(geometry)
        library.rtcAttachGeometry(self._scene, geometry)
        library.rtcReleaseGeometry(geometry)
        library.rtcCommitScene(self._scene)
        error = library.rtcGetDeviceError(device)
        if error:
            raise MissingDependencyError(f"Embree cannot take {num} triangles (its error {error}).")
        self._call = ctypes.cast(library.rtcIntersect8, _POINTER).value

    def first_hits(self, origins: AnyArray, directions: AnyArray) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray]:
        """Return what rays, float32 of shape (num, 3), meet first. Releases the GIL.

        Returns
        -------
        :
            triangle (num,) or -1; whether its back is met (num,); distance (num,), infinite for a miss; place (num, 2),
            barycentric coordinates of the second and third corner.
        """
        return _first_hits(self._call, self._scene, origins, directions)  # type: ignore[no-any-return]


@intrinsic
def _call(typing_context: Any, function: Any, valid: Any, scene: Any, rays: Any) -> Any:  # pragma: no cover - compiled
    """Call a C function of four pointers by its address; the last is null."""
    signature = types.void(types.uintp, types.uintp, types.uintp, types.uintp)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        pointer = builder.inttoptr(arguments[0], ir.FunctionType(ir.VoidType(), [word] * 4).as_pointer())
        builder.call(pointer, [*arguments[1:], ir.Constant(word, 0)])
        return context.get_dummy_value()

    return signature, generate


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _first_hits(
    function: int, scene: int, origins: AnyArray, directions: AnyArray
) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray]:  # pragma: no cover - compiled
    """Trace rays in packets; the last packet repeats its first ray."""
    num = len(origins)
    facet, behind = np.empty(num, dtype=np.int32), np.empty(num, dtype=np.bool_)
    distance, place = np.empty(num, dtype=np.float32), np.empty((num, 2), dtype=np.float32)
    room = np.zeros(_FIELDS * PACKET + 2 * _ALIGNMENT, dtype=np.float32)
    skip = ((-room.ctypes.data) % _ALIGNMENT) // 4
    ray = room[skip : skip + _FIELDS * PACKET].reshape(_FIELDS, PACKET)
    word = ray.view(np.int32)
    valid = room[skip + _FIELDS * PACKET : skip + (_FIELDS + 1) * PACKET].view(np.int32)
    valid[:] = -1
    address, flags = room.ctypes.data + 4 * skip, room.ctypes.data + 4 * (skip + _FIELDS * PACKET)
    for first in range(0, num, PACKET):
        for k in range(PACKET):
            r = first + k if first + k < num else first
            for d in range(3):
                ray[d, k] = origins[r, d]
                ray[4 + d, k] = directions[r, d]
            ray[3, k], ray[7, k], ray[8, k] = 0.0, 0.0, np.inf
            word[9, k], word[10, k], word[11, k] = -1, 0, 0
            word[17, k], word[18, k], word[19, k], word[20, k] = -1, -1, -1, -1
        _call(function, np.uint64(flags), np.uint64(scene), np.uint64(address))
        for k in range(min(PACKET, num - first)):
            r = first + k
            facet[r], distance[r] = word[17, k], ray[8, k]
            place[r, 0], place[r, 1] = ray[15, k], ray[16, k]
            along = ray[4, k] * ray[12, k] + ray[5, k] * ray[13, k] + ray[6, k] * ray[14, k]
            behind[r] = word[18, k] == 0 and along > 0.0
    return facet, behind, distance, place


__all__ = ["PACKET", "TriangleScene"]
