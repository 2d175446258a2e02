"""Names of solids and faces in a STEP file, which the kernel's reader passes on only in part."""

import re
from dataclasses import dataclass
from pathlib import Path

_RECORD = re.compile(r"#(\d+)\s*=\s*([A-Z_0-9]*)\s*\((.*)\)\s*$", re.DOTALL)
_REFERENCE = re.compile(r"#(\d+)")
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_HEX = re.compile(r"\\X2\\([0-9A-F]+)\\X0\\")
_SOLIDS = ("MANIFOLD_SOLID_BREP", "BREP_WITH_VOIDS")
_SURFACE_KINDS = {
    "PLANE": "Plane",
    "CYLINDRICAL_SURFACE": "Cylinder",
    "CONICAL_SURFACE": "Cone",
    "SPHERICAL_SURFACE": "Sphere",
    "TOROIDAL_SURFACE": "Torus",
}
_TO_CORNERS = (
    *("ADVANCED_FACE", "FACE_SURFACE", "FACE_BOUND", "FACE_OUTER_BOUND"),
    *("EDGE_LOOP", "ORIENTED_EDGE", "EDGE_CURVE", "VERTEX_POINT"),
)
_MEANINGLESS = re.compile(r"(?i)(none|solid|body|unnamed|shell|brep|open cascade step translator.*|)")


@dataclass(frozen=True)
class StepSolid:
    """One solid of a file: its name, that of its product, and for each face in order name, kind of surface, corners.

    Corners are in the unit and the place that the file gives to the part, before an assembly moves it.
    """

    name: str
    product: str
    faces: tuple[tuple[str, str], ...]
    corners: tuple[tuple[tuple[float, ...], ...], ...]


def read_solids(path: Path) -> list[StepSolid]:
    """Return the solids of a STEP file in the order of the file; an empty list if the text is not understood."""
    records = _records(path.read_text(encoding="latin-1"))
    products = _products(records)
    solids = []
    for number, (kind, body) in records.items():
        if kind in _SOLIDS:
            shells = [int(ref) for ref in _REFERENCE.findall(body)]
            faces = [face for shell in shells for face in _faces_of_shell(records, shell)]
            names = tuple(_name_and_kind(records, face) for face in faces)
            corners = tuple(tuple(sorted(_corners(records, face))) for face in faces)
            solids.append(StepSolid(_first_text(body), products.get(number, ""), names, corners))
    return solids


def meaningful(name: str) -> bool:
    """Tell whether a name was given by a person rather than by a program."""
    return _MEANINGLESS.fullmatch(name.strip()) is None


def _records(text: str) -> dict[int, tuple[str, str]]:
    """Return kind and arguments of every record of the data section."""
    found = {}
    for piece in _statements(text):
        match = _RECORD.match(piece.strip())
        if match:
            found[int(match[1])] = (match[2], match[3])
    return found


def _statements(text: str) -> list[str]:
    """Return the text between semicolons that stand outside of quotes."""
    found, start, quoted = [], 0, False
    for match in re.finditer(r"[;']", text):
        if match[0] == "'":
            quoted = not quoted
        elif not quoted:
            found.append(text[start : match.start()])
            start = match.end()
    return found


def _first_text(body: str) -> str:
    """Return the first text among the arguments of a record."""
    match = _TEXT.search(body)
    if match is None:
        return ""
    plain = _HEX.sub(lambda found: bytes.fromhex(found[1]).decode("utf-16-be", "replace"), match[1])
    return " ".join(plain.replace("''", "'").split())


def _faces_of_shell(records: dict[int, tuple[str, str]], shell: int) -> list[int]:
    """Return the faces of a shell; a void's shell refers to another one."""
    kind, body = records.get(shell, ("", ""))
    references = [int(ref) for ref in _REFERENCE.findall(body)]
    if kind == "ORIENTED_CLOSED_SHELL":
        return [face for inner in references for face in _faces_of_shell(records, inner)]
    if kind != "CLOSED_SHELL":
        return []
    return [number for number in references if records.get(number, ("", ""))[0] in ("ADVANCED_FACE", "FACE_SURFACE")]


def _name_and_kind(records: dict[int, tuple[str, str]], face: int) -> tuple[str, str]:
    """Return the name of a face and the kernel's word for the kind of its surface, "" if it is of no simple kind."""
    body = records[face][1]
    surface = records.get(int(_REFERENCE.findall(body)[-1]), ("", ""))[0]
    return _first_text(body), _SURFACE_KINDS.get(surface, "")


def _corners(records: dict[int, tuple[str, str]], number: int) -> set[tuple[float, ...]]:
    """Return the corners of a face by following its bounds."""
    kind, body = records.get(number, ("", ""))
    references = [int(ref) for ref in _REFERENCE.findall(body)]
    if kind == "CARTESIAN_POINT":
        return {tuple(float(value) for value in body.rpartition("(")[2].rstrip(") ").split(","))}
    if kind not in _TO_CORNERS:
        return set()
    if kind == "EDGE_CURVE":
        references = references[:2]  # the third is the curve
    return {corner for reference in references for corner in _corners(records, reference)}


def _products(records: dict[int, tuple[str, str]]) -> dict[int, str]:
    """Return the name of the product that each solid represents, by the number of the solid."""
    linked: dict[int, list[int]] = {}
    for kind, body in records.values():
        if kind == "SHAPE_REPRESENTATION_RELATIONSHIP":
            first, second = [int(ref) for ref in _REFERENCE.findall(body)][:2]
            linked.setdefault(first, []).append(second)
            linked.setdefault(second, []).append(first)
    found: dict[int, str] = {}
    for kind, body in records.values():
        if kind != "SHAPE_DEFINITION_REPRESENTATION":
            continue
        definition, shape = [int(ref) for ref in _REFERENCE.findall(body)][:2]
        name = _product_name(records, definition)
        for representation in (shape, *linked.get(shape, ())):
            for item in _REFERENCE.findall(records.get(representation, ("", ""))[1]):
                if records.get(int(item), ("", ""))[0] in _SOLIDS:
                    found[int(item)] = name
    return found


def _product_name(records: dict[int, tuple[str, str]], number: int) -> str:
    """Follow a product definition to the name of its product, which is its second text."""
    for _ in range(4):
        kind, body = records.get(number, ("", ""))
        if kind == "PRODUCT":
            texts = _TEXT.findall(body)
            return _first_text(f"'{texts[1] or texts[0]}'") if len(texts) > 1 else _first_text(body)
        references = _REFERENCE.findall(body)
        if not references:
            break
        number = int(references[0])
    return ""


__all__ = ["StepSolid", "meaningful", "read_solids"]
