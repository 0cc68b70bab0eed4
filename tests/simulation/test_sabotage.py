"""The engine is broken on purpose, one way at a time: the days on which everything goes wrong must show it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from outdial.adapters.storage import dialing
from outdial.dialer import recovery
from outdial.dialer.call_flow import CallFlow
from outdial.domain.calls import Call, HangupBy
from outdial.domain.outcomes import Outcome
from tests.judge.carrier_log import Promise
from tests.simulation import test_faults as days

Break = Callable[[pytest.MonkeyPatch], None]


def hangs_up_in_silence(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CallFlow, "_play_message", CallFlow._hang_up)


def recovery_asks_nobody(patch: pytest.MonkeyPatch) -> None:
    class Nobody:
        async def calls(self) -> tuple[UUID, ...]:
            return ()

    put_right: Any = recovery.put_right

    async def without_asking(store: Any, carrier: Any, *others: Any, **named: Any) -> Any:
        return await put_right(store, Nobody(), *others, **named)

    patch.setattr(recovery, "put_right", without_asking)


def writes_no_conversation_down(patch: pytest.MonkeyPatch) -> None:
    async def forget(store: object, calls: object) -> None: ...

    patch.setattr(dialing.DialRows, "connected", forget)


def looks_at_no_list(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(dialing, "_BLOCKED", dialing._BLOCKED.replace("where exists", "where false and exists"))


def makes_outcomes_up(patch: pytest.MonkeyPatch) -> None:
    def busy(call: Call, by: HangupBy) -> Outcome:
        return Outcome.BUSY

    patch.setattr(Call, "_outcome_of_hangup", busy)


@pytest.mark.parametrize(
    ("sabotage", "promise", "seed"),
    [
        (hangs_up_in_silence, Promise.AGENT_OR_MESSAGE, 2),
        (recovery_asks_nobody, Promise.ONE_CALL_AT_A_TIME, 2),
        (writes_no_conversation_down, Promise.NO_OUTCOME_LOST, 0),
        (looks_at_no_list, Promise.DO_NOT_CALL, 0),
        (makes_outcomes_up, Promise.OUTCOME_IS_TRUE, 2),
    ],
)
def test_a_broken_engine_is_found_out(
    fresh_database: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sabotage: Break,
    promise: Promise,
    seed: int,
) -> None:
    sabotage(monkeypatch)
    # Broken, a day may never end by itself.
    monkeypatch.setattr(days, "LONGEST_DAY", timedelta(minutes=40))
    verdict, _ = days.play_day(fresh_database, tmp_path, seed, days.faults_of(seed))
    assert promise in {broken.promise for broken in verdict.calls}
