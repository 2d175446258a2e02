"""Values over time: which side of a step holds, repetition, straight lines, and the moments that steps end at."""

import pytest

from bbrmodel.model.schedules import find_events, refill_times, write_out
from bbrmodel.spec import BathLevel, Case, Schedule, build_case


def step(**more: object) -> Schedule:
    return Schedule(key="x", times_s=(0.0, 10.0, 20.0), values=(1.0, 2.0, 3.0), **more)  # type: ignore[arg-type]


def test_a_step_holds_its_value_until_the_next_time() -> None:
    course = write_out(step(), 100.0)
    assert [course.at(t, after=True) for t in (0.0, 9.9, 10.0, 15.0, 20.0, 99.0)] == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]


def test_at_a_step_both_sides_have_their_values() -> None:
    course = write_out(step(), 100.0)
    assert (course.at(10.0, after=False), course.at(10.0, after=True)) == (1.0, 2.0)
    assert course.at(0.0, after=False) == 1.0  # before the first time the first value holds


def test_straight_lines_join_the_points_and_end_level() -> None:
    course = write_out(step(interpolation="linear"), 100.0)
    assert [course.at(t, after=False) for t in (0.0, 5.0, 10.0, 50.0)] == [1.0, 1.5, 2.0, 3.0]


def test_a_period_repeats_steps_exactly_at_their_times() -> None:
    """Periods such as 0.1 s are not exact numbers: sides must be right at the times that steps end at."""
    schedule = Schedule(key="x", times_s=(0.0, 0.03), values=(1.0, 2.0), period_s=0.1)
    course = write_out(schedule, 10.0)
    starts = [t for t in course.times_s.tolist() if 0.0 < t < 10.0]
    assert len(starts) == 199
    for time in starts:
        assert {course.at(time, after=False), course.at(time, after=True)} == {1.0, 2.0}


def test_a_period_of_straight_lines_closes() -> None:
    course = write_out(step(interpolation="linear", period_s=30.0), 100.0)
    assert course.at(25.0, after=True) == pytest.approx(2.0)  # half way from 3 back to 1
    assert course.at(30.0, after=True) == pytest.approx(1.0)
    assert course.at(95.0, after=True) == pytest.approx(1.5)


def case_in_time(text: dict[str, object]) -> Case:
    tables = {
        "schema_version": 1,
        "name": "a",
        "geometry": {"mesh_file": "a.msh"},
        "bodies": {"b": {"material": "bk7"}},
        "boundary_conditions": [{"surface": "b__wet", "bath": "ln2", "level_m": 0.1}],
        "heat_sources": [{"name": "h", "body": "b", "power_W": 1.0}],
    }
    return build_case({**tables, **text})


def test_steps_are_jumps_and_kinks_and_outputs_are_stops() -> None:
    case = case_in_time(
        {
            "time": {"end_time_s": 100.0, "output_every_s": 40.0},
            "schedules": [
                {"key": "heat_sources.h.power_W", "times_s": [0.0, 30.0, 150.0], "values": [1.0, 2.0, 3.0]},
                {
                    "key": "boundary_conditions.0.pressure_Pa",
                    "times_s": [10.0, 60.0],
                    "values": [1e5, 1.1e5],
                    "interpolation": "linear",
                },
            ],
            "levels": [{"surface": "b__wet", "refill_every_s": 50.0, "refill_duration_s": 5.0}],
        }
    )
    events = find_events(case)
    assert events.jumps_s.tolist() == [30.0, 50.0, 55.0]
    assert events.stops_s.tolist() == [10.0, 30.0, 40.0, 50.0, 55.0, 60.0, 80.0, 100.0]


def test_moments_that_are_meant_to_be_one_are_one() -> None:
    """3 x 0.1 is 0.30000000000000004: a step of 5e-17 s would follow nothing."""
    case = case_in_time(
        {
            "time": {"end_time_s": 1.0, "output_every_s": 0.1},
            "schedules": [
                {"key": "heat_sources.h.power_W", "times_s": [0.0, 0.3, 0.7], "values": [1.0, 2.0, 3.0]},
                {
                    "key": "boundary_conditions.0.pressure_Pa",
                    "times_s": [0.0, 0.05],
                    "values": [1e5, 2e5],
                    "period_s": 0.1,
                },
            ],
        }
    )
    events = find_events(case)
    assert len(events.stops_s) == 20
    assert {0.3, 0.7} <= set(events.jumps_s.tolist())
    assert len(events.jumps_s) == 19


def test_refills_come_at_their_times() -> None:
    level = BathLevel(surface="w", refill_every_s=50.0, first_refill_s=20.0, refill_duration_s=5.0)
    assert refill_times(level, 130.0) == [20.0, 70.0, 120.0]
    assert refill_times(BathLevel(surface="w", refill_every_s=50.0, refill_duration_s=5.0), 49.0) == []
    assert refill_times(BathLevel(surface="w"), 1e6) == []
