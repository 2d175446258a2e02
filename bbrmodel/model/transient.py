"""Follow the temperatures of a case in time: adaptive steps, series, checkpoints."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from bbrmodel.conduction.newton import SteadyProblem
from bbrmodel.conduction.stage import heat_into_nodes
from bbrmodel.conduction.storage import StoredRate
from bbrmodel.conduction.time_loop import Position, TimePlan, advance, begin, cross_jump
from bbrmodel.conduction.transient import Step, TimeState
from bbrmodel.errors import ConfigError
from bbrmodel.mesh import split_at_joints
from bbrmodel.model.assign import Assignment, assign
from bbrmodel.model.baths import boiling_notes
from bbrmodel.model.checkpoint import Checkpoint, identity_of, read_checkpoint, write_checkpoint
from bbrmodel.model.light import Light, LightCache, build_light, expected_temperatures
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.model.recorder import Gauges, build_gauges, row_of, series_of, step_row
from bbrmodel.model.schedules import find_events, write_out
from bbrmodel.model.thermal import MAX_CHANGE, ThermalSolution, first_guess, solve_temperatures
from bbrmodel.model.time_system import CaseSystem, build_storage, find_bath
from bbrmodel.solution import TimeSeries
from bbrmodel.spec import Case, case_at, check_schedules
from bbrmodel.typing import FloatArray, Progress

_LOG = logging.getLogger(__name__)
_WRITE_EVERY_S = 5.0  # of wall time
_ARRAYS = ("T", "stored_W", "slow", "slow_rate", "slow_at_T", "trend_K_s")  # of a state
_DRY = 1e-3  # of the volume at the beginning


class IonWatch(Protocol):
    """Tells what the ion sees while the light changes; layers above this one provide it."""

    def measure(self) -> Mapping[str, float]:
        """Return temperature and shift at the ion in the light as it is, by column of the series."""
        ...

    def saved(self) -> Mapping[str, FloatArray]:
        """Return what a later watch needs to give the same numbers."""
        ...


MakeWatch = Callable[[Light, Mapping[str, FloatArray] | None], IonWatch | None]


@dataclass(frozen=True)
class TimeRun:
    """How a run in time is done.

    Attributes
    ----------
    checkpoint
        File that holds the state of the run; none without.
    restart
        Go on from that file.
    report
        Called with (time, end, number of steps) after every step.
    stop_after_steps
        Stop with `KeyboardInterrupt` after that many steps, as Ctrl-C would.
    """

    checkpoint: Path | None = None
    restart: bool = False
    report: Callable[[float, float, int], None] | None = None
    stop_after_steps: int | None = None


@dataclass(frozen=True)
class TransientSolution:
    """The state at the end of a run in time, and how it came about."""

    final: ThermalSolution
    series: TimeSeries


@dataclass
class _Record:
    """The series so far; grows with every step."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)

    def add(self, row: Mapping[str, float]) -> None:
        """Append a row; the first one names the columns."""
        if not self.columns:
            self.columns = list(row)
        self.rows.append([row[name] for name in self.columns])


def solve_in_time(
    case: Case,
    mesh: PreparedMesh,
    *,
    cache: Path,
    run: TimeRun | None = None,
    tools: tuple[MakeWatch | None, Progress | None] = (None, None),
) -> TransientSolution:
    """Return what a case with [time] does until its end.

    Parameters
    ----------
    tools
        What watches the ion, and what hears of the progress of the exchange.

    Raises
    ------
    ConfigError
        A schedule, a level or a checkpoint cannot be meant, or a body stores no heat.
    ConvergenceError, EnclosureError, PropertyRangeError, MissingDependencyError
        As the steady solve.
    """
    run = run or TimeRun()
    check_in_time(case, mesh)
    saved = None
    if run.restart:
        if run.checkpoint is None:
            raise ConfigError("a restart needs the directory of the run: give it with --output.")
        saved = read_checkpoint(run.checkpoint, identity_of(case, mesh.bundle.content_hash))
    return _Run(case, mesh, cache, run, tools).solve(saved)


def check_in_time(case: Case, mesh: PreparedMesh) -> None:
    """Raise what is wrong with the tables about time, as far as it shows before the solve."""
    check_schedules(case)
    if not len(mesh.bundle.cells):
        raise ConfigError(f"{case.source or case.name}: time: there is no body, so that nothing changes with time.")
    assignment = assign(case, mesh)
    split = split_at_joints(mesh.bundle, mesh.facets, mesh.interfaces, pairs=[])
    build_storage(case, mesh, assignment, split=split)
    for level in case.levels:
        find_bath(level, case, mesh, assignment)


class _Run:
    """One run in time."""

    def __init__(
        self,
        case: Case,
        mesh: PreparedMesh,
        cache: Path,
        run: TimeRun,
        tools: tuple[MakeWatch | None, Progress | None],
    ) -> None:
        self.case, self.mesh, self.cache, self.run = case, mesh, cache, run
        self.make_watch, self.progress = tools
        self.timings: dict[str, float] = {}
        self.warnings: list[str] = []
        self.record = _Record()

    def solve(self, saved: Checkpoint | None) -> TransientSolution:
        """Return the solution; goes on from a checkpoint if there is one."""
        light, T = self._start(saved)
        case = self.case
        self.system = CaseSystem(case, self.mesh, assign(case, self.mesh), split=self.split, light=light)
        self.gauges: Gauges = build_gauges(self.system)
        self.plan = self._make_plan()
        start = time.perf_counter()
        if saved is None:
            slow = self.system.slow_at_start()
            position = begin(self.system, self.plan, time_s=0.0, T=T, slow=slow)
            self.watch = self._watch(light, None)
            self._note(position.state, 0.0, None)
        else:
            position = self._restore(saved)
            self.watch = self._watch(light, saved.arrays)
        position = self._follow(position)
        self.timings["time_steps"] = time.perf_counter() - start
        series = series_of(self.record.columns, self.record.rows, (position.steps, position.rejected))
        return TransientSolution(self._final(position.state, light), series)

    def _start(self, saved: Checkpoint | None) -> tuple[Light | None, FloatArray]:
        """Return the light and the temperatures at the beginning (of no use where there is a checkpoint)."""
        case, given = self.case, self.case.time.initial_temperature_K if self.case.time else None
        end = case.time.end_time_s if case.time else 0.0
        values = {s.key: write_out(s, end).at(0.0, after=True) for s in case.schedules}
        first = case_at(case, values)
        assignment = assign(first, self.mesh)
        pairs = [joint.bodies for joint in assignment.split_joints]
        degree = case.solver.degree
        self.split = split_at_joints(
            self.mesh.bundle, self.mesh.facets, self.mesh.interfaces, pairs=pairs, degree=degree
        )
        guess = first_guess(first, assignment) if given is None else given
        self.expected = expected_temperatures(assignment, guess)
        if given is None and saved is not None:
            light = self._light(first, assignment)
            if light is None or not light.plan.fixed.any():
                return light, np.empty(0)
        if given is not None:
            return self._light(first, assignment), np.full(len(self.split.points_m), given)
        solved = solve_temperatures(first, self.mesh, assignment, cache=self.cache, progress=self.progress)
        self.timings.update(solved.timings_s)
        return solved.light, solved.T

    def _light(self, case: Case, assignment: Assignment) -> Light | None:
        """Return the light for the expected temperatures."""
        start = time.perf_counter()
        keep = LightCache(self.cache, self.expected, self.progress)
        light = build_light(case, self.mesh, assignment, split=self.split, cache=keep)
        self.timings["view_factors"] = time.perf_counter() - start
        return light

    def _watch(self, light: Light | None, saved: Mapping[str, FloatArray] | None) -> IonWatch | None:
        """Return what watches the ion, if anything does."""
        return None if light is None or self.make_watch is None else self.make_watch(light, saved)

    def _make_plan(self) -> TimePlan:
        """Return when to stop and how exact to be."""
        table, events = self.case.time, find_events(self.case)
        if table is None:
            raise ConfigError(f"{self.case.name}: has no [time]. Add it with end_time_s.")
        return TimePlan(
            end_s=table.end_time_s,
            stops_s=events.stops_s,
            jumps_s=events.jumps_s,
            tolerance_K=table.tolerance_K,
            slow_tolerance=self.system.slow_tolerance(),
            residual=self.case.solver.relative_tolerance,
            max_step_s=np.inf if table.max_step_s is None else table.max_step_s,
        )

    def _follow(self, position: Position) -> Position:
        """Return the position at the end; what was reached is on disk whenever this is left."""
        self._remember(position)
        written, target = time.perf_counter(), position.steps + (self.run.stop_after_steps or 10**12)
        try:
            while position.state.time_s < self.plan.end_s:
                before = position.state.time_s
                position, step = advance(self.system, self.plan, position)
                self._note(step.state, step.state.time_s - before, step)
                position = cross_jump(self.system, self.plan, position)
                self._remember(position)
                if self.run.report is not None:
                    self.run.report(step.state.time_s, self.plan.end_s, position.steps)
                if time.perf_counter() - written > _WRITE_EVERY_S:
                    self._write()
                    written = time.perf_counter()
                if self._is_dry(position.state):
                    break
                if position.steps >= target:
                    raise KeyboardInterrupt
        except BaseException:
            self._write()
            raise
        return position

    def _note(self, state: TimeState, length_s: float, step: Step | None) -> None:
        """Add a row to the series."""
        row = step_row(state.time_s, length_s, step)
        moment = self.system.conditions(state.time_s, state.slow_at_T, after=step is None)
        if self.watch is not None:
            row |= self.watch.measure()
        row |= self.gauges.read(state.T) | row_of(self.system, moment, state.T, state.flows_W)
        self.record.add(row)

    def _is_dry(self, state: TimeState) -> bool:
        """Return whether a bath has lost its liquid; the run ends there."""
        first = self.system.slow_at_start()
        num = len(self.system.baths)
        for index, bath in enumerate(self.system.baths):
            if state.slow[index] < _DRY * first[index] and state.slow[num + index] == 0.0:
                self.warnings.append(
                    f"bath '{bath.spec.surface}' ran dry after {state.time_s:.6g} s; the run ends there. Refill "
                    "earlier, or reduce the heat load"
                )
                return True
        return False

    def _remember(self, position: Position) -> None:
        """Keep what a checkpoint of this position needs; the arrays are never changed in place."""
        light = self.system.light
        lights = () if light is None else light.exchange.lights
        state = position.state
        numbers = [state.time_s, position.next_step_s, position.last_step_s, position.last_error]
        arrays: dict[str, FloatArray] = {
            "position": np.array([*numbers, position.steps, position.rejected], dtype=np.float64),
            **{name: getattr(state, name) for name in _ARRAYS},
            "flows_W": np.array(list(state.flows_W.values()), dtype=np.float64),
        }
        arrays |= {f"irradiance:{found.name}": found.irradiance for found in lights}
        self._kept = (arrays, list(state.flows_W), len(self.record.rows))

    def _write(self) -> None:
        """Write the position that was remembered last."""
        if self.run.checkpoint is None:
            return
        arrays, flows, num = self._kept
        rows = np.array(self.record.rows[:num], dtype=np.float64)
        more = {} if self.watch is None else self.watch.saved()
        words = {"columns": self.record.columns, "flows": flows}
        identity = identity_of(self.case, self.mesh.bundle.content_hash)
        write_checkpoint(self.run.checkpoint, Checkpoint({**arrays, "rows": rows, **more}, words), identity)

    def _restore(self, saved: Checkpoint) -> Position:
        """Return the position of a checkpoint; light and series are as they were there."""
        arrays = saved.arrays
        time_s, next_step, last_step, last_error, steps, rejected = arrays["position"].tolist()
        flows = dict(zip(saved.words["flows"], arrays["flows_W"].tolist(), strict=True))
        old = {name: arrays[name] for name in _ARRAYS}
        state = TimeState(time_s=time_s, flows_W=flows, **old)
        self.record = _Record(list(saved.words["columns"]), arrays["rows"].tolist())
        self.system.conditions(time_s, state.slow, after=True)
        if self.system.light is not None:
            exchange = self.system.light.exchange
            exchange.linearise(state.T)
            exchange.lights = tuple(
                replace(light, irradiance=arrays[f"irradiance:{light.name}"]) for light in exchange.lights
            )
        _LOG.info("goes on from %.6g s after %d steps", time_s, int(steps))
        return Position(state, next_step, last_step, last_error, int(steps), int(rejected))

    def _final(self, state: TimeState, light: Light | None) -> ThermalSolution:
        """Return the state at the end as a solution."""
        moment = self.system.conditions(state.time_s, state.slow_at_T, after=False)
        heat, _ = heat_into_nodes(
            SteadyProblem(self.system.solid, moment.terms, moment.fixed, state.T, moment.radiation), state.T
        )
        case, assignment = moment.case or self.case, moment.assignment or assign(self.case, self.mesh)
        residual = float(np.abs(np.where(moment.fixed, 0.0, heat - state.stored_W)).sum())
        largest = max([1e-300, *(abs(flow) for flow in state.flows_W.values())])
        notes = [*self.warnings, *boiling_notes(moment.terms, state.T), *self._about_optics(light)]
        return ThermalSolution(
            case=case,
            mesh=self.mesh,
            assignment=assignment,
            split=self.split,
            terms=(*moment.terms, StoredRate(np.where(moment.fixed, 0.0, state.stored_W))),
            T=state.T,
            reaction_W=np.where(moment.fixed, -heat, 0.0),
            fixed_nodes=moment.fixed_nodes or {},
            residual_W=residual,
            scale_W=largest,
            history_W=(),
            light=light,
            timings_s=self.timings,
            warnings=tuple(notes),
        )

    def _about_optics(self, light: Light | None) -> list[str]:
        """Return a note on a surface whose optics were fixed for another temperature than it ends at."""
        if light is None or not light.plan.fixed.any():
            return []
        enclosure = light.enclosure
        here = enclosure.radiates
        num = len(self.expected)
        area = np.bincount(enclosure.surface[here], weights=enclosure.area_m2[here], minlength=num)
        heat = enclosure.area_m2[here] * light.exchange.facet_temperature_K[here]
        mean = np.bincount(enclosure.surface[here], weights=heat, minlength=num) / np.maximum(area, 1e-300)
        off = np.where(light.plan.fixed & (area > 0.0), np.abs(mean / self.expected - 1.0), 0.0)
        worst = int(off.argmax())
        if off[worst] <= MAX_CHANGE:
            return []
        return [
            f"optics of '{self.mesh.facets.surface_names[worst]}' are those at the beginning, "
            f"{self.expected[worst]:.4g} K, but it ends at {mean[worst]:.4g} K"
        ]


__all__ = ["IonWatch", "MakeWatch", "TimeRun", "TransientSolution", "check_in_time", "solve_in_time"]
