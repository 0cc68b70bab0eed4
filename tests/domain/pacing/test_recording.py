"""A pacer's log: written beside its work, and gone through again to the same decisions."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from outdial.domain.pacing.base import Pacer, PacerConfig
from outdial.domain.pacing.predictive import PredictivePacer
from outdial.domain.pacing.recording import RECORDABLE, LogUnreadable, RecordingPacer, replay
from outdial.simulation.pacing.world import World, play

WORLD = World(agents=6, p=0.3, talk=40.0, hours=0.25, seed=3)


def recorded(name: str = "predictive", world: World = WORLD) -> list[str]:
    lines: list[str] = []
    play(world, RecordingPacer(name, lambda line: lines.append(line + "\n")))
    return lines


@pytest.mark.parametrize("name", RECORDABLE)
def test_a_shift_is_replayed_to_the_same_decisions(name: str) -> None:
    again = replay(recorded(name))
    assert again.pacer == name
    assert again.identical
    assert again.first_difference is None
    assert again.decisions > 900 * 0.25
    assert again.launched > 50


def test_recording_changes_no_decision() -> None:
    assert play(WORLD, RecordingPacer("predictive", lambda line: None)).decisions == (
        play(WORLD, PredictivePacer()).decisions
    )


def test_what_was_learned_before_and_settings_that_change_are_part_of_it() -> None:
    lines: list[str] = []
    first = PredictivePacer()
    play(WORLD, first)
    pacer = RecordingPacer("predictive", lines.append)
    config = PacerConfig(cap=0.03, tab=2.0)
    pacer.start(config)
    pacer.restore(first.state())
    for agent in range(9):
        pacer.event(100.0, "login", agent=("somebody", agent))
    first_ring_time = pacer.decide(130.0, 50)
    before = pacer.decide(160.0, 50)
    pacer.event(161.0, "settings", cfg=replace(config, cap=0.0))
    after = pacer.decide(162.0, 50)
    assert before > after == first_ring_time == 9
    again = replay(lines)
    assert again.identical
    assert again.launched == first_ring_time + before + after


def test_nothing_about_people_is_in_it() -> None:
    lines: list[str] = []
    pacer = RecordingPacer("predictive", lines.append)
    pacer.event(0.0, "launched", call="+12025550142")
    pacer.event(0.0, "connected", call="+12025550142", agent="ana@example.com", waited=0.5)
    assert "2025550142" not in "".join(lines)
    assert "ana" not in "".join(lines)


def test_a_decision_that_differs_is_named() -> None:
    lines = recorded()
    decisions = [place for place, line in enumerate(lines) if line.startswith('["decide"')]
    kind, now, room, calls = json.loads(lines[decisions[40]])
    lines[decisions[40]] = json.dumps([kind, now, room, calls + 1])
    again = replay(lines)
    assert not again.identical
    assert again.first_difference == 41


def test_a_last_line_that_was_cut_off_is_left_out() -> None:
    lines = recorded()
    whole = replay(lines)
    cut = replay([*lines, '["decide",900.0,'])
    assert cut == whole


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "missing"),
        (["hello\n"], "not JSON"),
        (['{"format":"other"}\n'], "heading"),
        (['{"format":"outdial-pacer-log","version":99,"pacer":"predictive"}\n'], "version 99"),
        (['{"format":"outdial-pacer-log","version":1,"pacer":"psychic"}\n'], "heading"),
        (['{"format":"outdial-pacer-log","version":1,"pacer":"predictive"}\n', "[1,2]\n"], "none of start"),
        (['{"format":"outdial-pacer-log","version":1,"pacer":"predictive"}\n', "{\n", "[]\n"], "not JSON"),
    ],
)
def test_anything_else_is_refused_with_the_line(lines: list[str], said: str) -> None:
    with pytest.raises(LogUnreadable) as refused:
        replay(lines)
    assert said in refused.value.fields[0].description


def test_every_recordable_pacer_is_one() -> None:
    assert all(isinstance(new(), Pacer) for new in RECORDABLE.values())
