"""Heat through the interfaces where bodies are bonded: no term carries it, so it follows from the balance of the nodes.

Every body gets nodes of its own. What conduction in the body and its other heat paths pile up at such a node, at the
temperatures of the solution, is what the body hands over to those it is bonded to there. Summed over an interface this
is the heat through it, as exact as the balance of every body: it is consistent with the elements, not a gradient.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from bbrmodel.conduction.storage import StoredRate
from bbrmodel.mesh import JointFacets, SplitMesh, split_at_joints
from bbrmodel.model.paths import PathBuilder
from bbrmodel.model.thermal import ThermalSolution
from bbrmodel.model.time_system import build_storage
from bbrmodel.solution import JointFlow
from bbrmodel.typing import BoolArray, FloatArray, IntArray


def bond_flows(solved: ThermalSolution) -> tuple[JointFlow, ...]:
    """Return the heat through every interface of bodies that are bonded, declared (infinite conductance) or not."""
    joints = {frozenset(joint.bodies): joint for joint in solved.assignment.joints}
    split = [joint.bodies for joint in solved.assignment.split_joints]
    touching = [(int(a), int(b)) for a, b in np.unique(solved.mesh.interfaces.bodies, axis=0)]
    bonded = [joints[frozenset(p)].bodies if frozenset(p) in joints else p for p in touching]
    bonded = [pair for pair in bonded if pair not in split]
    if not bonded:
        return ()
    apart = split_at_joints(
        solved.mesh.bundle,
        solved.mesh.facets,
        solved.mesh.interfaces,
        pairs=[*split, *bonded],
        degree=solved.split.degree,
    )
    bonds = apart.joints[len(split) :]
    flows = _flows(bonds, _handed_over(solved, replace(apart, joints=apart.joints[: len(split)])))
    names = solved.mesh.bundle.body_names
    return tuple(
        JointFlow(
            between=(names[bond.bodies[0]], names[bond.bodies[1]]),
            conductance_W_m2_K=np.inf,
            area_m2=float(bond.area_m2.sum()),
            heat_W=flow,
            temperature_step_K=0.0,
            max_temperature_step_K=0.0,
            contact=joints[frozenset(bond.bodies)].contact if frozenset(bond.bodies) in joints else "bonded",
        )
        for bond, flow in zip(bonds, flows, strict=True)
    )


def _handed_over(solved: ThermalSolution, apart: SplitMesh) -> FloatArray:
    """Return the heat [W] that each body hands over at each of its nodes; `apart` has nodes for every body."""
    from bbrmodel.conduction.solid import Solid

    together = np.empty(len(apart.points_m), dtype=np.int64)
    together[apart.cell_nodes.ravel()] = solved.split.cell_nodes.ravel()
    T = solved.T[together]
    solid = Solid(apart, solved.assignment.curves)
    solid.set_temperature(T)
    heat = -solid.heat_out_of_nodes()
    builder = PathBuilder(solved.case, solved.mesh, apart)
    for term in builder.terms(solved.assignment):
        heat += term.heat(T)
    heat += _stored(solved, apart, together)
    if solved.light is not None:
        facets, load = solved.light.exchange.loads_of_solid()
        nodes = apart.flux_nodes[solved.mesh.facets.exposed][solved.light.part_of[facets]]
        heat += np.bincount(nodes.ravel(), weights=load.ravel(), minlength=len(heat))
    fixed, _, _ = builder.fixed(solved.assignment)
    return heat + _supplied(heat, fixed, together)


def _stored(solved: ThermalSolution, apart: SplitMesh, together: IntArray) -> FloatArray:
    """Return the heat [W] that storage gives every body's nodes; bodies of one place share it by their capacity."""
    stored = [term for term in solved.terms if isinstance(term, StoredRate)]
    if not stored:
        return np.zeros(len(together))
    storage = build_storage(solved.case, solved.mesh, solved.assignment, split=apart)
    capacity = storage.capacity(solved.T[together])
    total = np.bincount(together, weights=capacity)
    given = np.sum([term.heat(solved.T) for term in stored], axis=0)
    heat: FloatArray = capacity / total[together] * given[together]
    return heat


def _supplied(heat: FloatArray, fixed: BoolArray, together: IntArray) -> FloatArray:
    """Return the heat that fixed temperatures supply to each body's nodes, so that all of a place adds up to zero.

    What the bodies of a place that are not held there themselves need comes through those that are, in equal parts.
    """
    num = int(together.max(initial=-1)) + 1
    held = np.bincount(together, weights=fixed, minlength=num)
    others = np.bincount(together, weights=np.where(fixed, 0.0, heat), minlength=num)
    supplied: FloatArray = np.where(fixed, -heat - others[together] / np.maximum(held[together], 1.0), 0.0)
    return supplied


def _flows(bonds: Sequence[JointFacets], handed_over: FloatArray) -> list[float]:
    """Return the heat [W] from the first to the second body of every bond.

    Where two bodies meet it is what one of them hands over. Where more meet at a node the heat is shared as currents
    would be between resistances of one over the area that a pair shares there; it is conserved for every body.
    """
    first, second, weight = (np.concatenate(parts) for parts in zip(*(_pairs(bond) for bond in bonds), strict=True))
    nodes = np.unique(np.concatenate([first, second]))
    a, b = np.searchsorted(nodes, first), np.searchsorted(nodes, second)
    num = len(nodes)
    graph = coo_matrix((np.tile(weight, 2), (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(num, num)).tocsr()
    _, group = connected_components(graph, directed=False)
    pinned = np.zeros(num)
    pinned[np.unique(group, return_index=True)[1]] = weight.mean()
    laplacian = diags(np.asarray(graph.sum(axis=1)).ravel() + pinned) - graph
    potential = np.asarray(spsolve(csr_matrix(laplacian), handed_over[nodes]))
    current = weight * (potential[a] - potential[b])
    ends = np.cumsum([bond.nodes_first.size for bond in bonds])[:-1]
    return [float(part.sum()) for part in np.split(current, ends)]


def _pairs(bond: JointFacets) -> tuple[IntArray, IntArray, FloatArray]:
    """Return nodes of the first body, of the second, and the area that each pair stands for."""
    num = bond.nodes_first.shape[1]
    return bond.nodes_first.ravel(), bond.nodes_second.ravel(), np.repeat(bond.area_m2 / num, num)


__all__ = ["bond_flows"]
