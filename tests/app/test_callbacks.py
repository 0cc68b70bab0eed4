"""What agents promise from their calls, and what becomes of a record that a callback is promised to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from outdial.adapters.clock import RandomIds
from outdial.adapters.storage.callbacks import CallbackDialing
from outdial.adapters.storage.campaigns import extensions_to_json
from outdial.adapters.storage.clients import AccessRows
from outdial.adapters.storage.database import Database
from outdial.adapters.storage.unit_of_work import SqlStorage
from outdial.app import callbacks
from outdial.app.access import create_account
from outdial.app.callbacks import Wanted
from outdial.domain.access import Principal
from outdial.domain.callbacks import (
    AssignType,
    CallbackExists,
    CallbackId,
    CallbackReason,
    CallbackRefused,
    CallbackStatus,
    NotOnACall,
    TooManyReschedules,
)
from outdial.domain.campaigns import DateException, Extensions
from outdial.domain.values import UserId
from outdial.ports.callbacks import SeenCallback
from tests.conftest import HOLIDAYS, SetClock

STRATEGY = {
    "max_attempts": 3,
    "retry_period": 30,
    "retry_unit": "MINUTES",
    "calling_hours": [
        {"start": "00:00:00", "to": "00:00:00", "week_days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]}
    ],
    "dispositions": [],
    "max_skip_attempts": None,
    "strategy_type": None,
    "preview_timeout": None,
    "record_chain": [],
    "lists_sorting_criteria": None,
    "ivr_enabled": None,
}


class Work(CallbackDialing):
    """The dialer's side of the storage."""

    def __init__(self, database: Database) -> None:
        self._database = database


@dataclass
class Office:
    """One campaign that has one record, and an agent."""

    database: Database
    storage: SqlStorage
    clock: SetClock
    by: Principal
    ana: UserId
    campaign: UUID
    record: UUID

    @property
    def in_an_hour(self) -> Wanted:
        return Wanted(self.clock.now() + timedelta(hours=1))

    async def do(self, statement: str, *values: Any) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchval(statement, *values)

    async def item(self) -> Mapping[str, Any]:
        async with self.database.connection() as connection:
            row = await connection.fetchrow("select state::text as state, reason, next_at, attempt_id from dial_item")
        assert row is not None
        return dict(row)

    async def standing(self) -> tuple[str, str | None]:
        item = await self.item()
        return item["state"], item["reason"]

    async def in_work(self, state: str = "R", reason: str | None = None, next_at: Any = None) -> None:
        """Put the record into the campaign's work."""
        await self.do(
            """insert into dial_item (campaign_id, record_id, list_id, seq, priority, position, e164, phone_type,
                                      zone_id, state, reason, next_at)
               select 1, 1, 1, 1, 5, 0, 12025550142, 1, 1, $1::"char", $2, $3""",
            state.encode(),
            reason,
            next_at,
        )

    async def call(self, outcome: str | None = None, agent: UserId | None = None, callback: UUID | None = None) -> UUID:
        """An attempt of the record; without an outcome it goes on."""
        attempt = uuid4()
        key = await self.do(
            """insert into attempt (uuid, campaign_id, record_id, list_id, number, priority, e164, phone_type, zone_id,
                                    mode, fence, started_at, outcome, user_id, callback_id)
               values ($1, 1, 1, 1, 1, 5, 12025550142, 1, 1, 'PREDICTIVE', 1, $2, $3,
                       (select id from app_user where uuid = $4), (select id from callback where uuid = $5))
               returning id""",
            attempt,
            self.clock.now(),
            outcome,
            agent,
            callback,
        )
        if outcome is None:
            await self.do("update dial_item set state = 'C', attempt_id = $1", key)
        return attempt

    async def hang_up(self, state: str = "D", reason: str = "connected") -> None:
        """What the dialer writes of the record when its call is over."""
        await self.do(
            """update dial_item set attempt_id = null, state = $1::"char", reason = $2""", state.encode(), reason
        )

    async def create(self, wanted: Wanted | None = None, owner: str | None = None) -> SeenCallback:
        return await callbacks.create(
            str(self.campaign),
            str(self.record),
            wanted or self.in_an_hour,
            owner=owner,
            by=self.by,
            storage=self.storage,
            clock=self.clock,
            ids=RandomIds(),
            holidays=HOLIDAYS,
        )

    async def schedule(self, attempt: UUID, wanted: Wanted | None = None, agent: UserId | None = None) -> SeenCallback:
        return await callbacks.schedule(
            attempt,
            wanted or self.in_an_hour,
            agent=agent or self.ana,
            account=self.by.account,
            storage=self.storage,
            clock=self.clock,
            ids=RandomIds(),
            holidays=HOLIDAYS,
        )

    async def cancel(self, seen: SeenCallback) -> None:
        await callbacks.cancel(str(seen.callback.id), by=self.by, storage=self.storage, clock=self.clock)

    async def status(self, callback_id: CallbackId) -> CallbackStatus:
        return (await callbacks.get(str(callback_id), by=self.by, storage=self.storage)).callback.status


@pytest.fixture
async def office(database: Database, storage: SqlStorage, clock: SetClock) -> Office:
    account = (await create_account("acme", access=AccessRows(database), clock=clock)).id
    ana, campaign, record = UserId(uuid4()), uuid4(), uuid4()
    async with database.connection() as connection:
        now = clock.now()
        await connection.execute(
            "insert into app_user (uuid, account_id, name, created_at) values ($1, $2, 'Ana', $3)", ana, account, now
        )
        await connection.execute(
            """insert into campaign (uuid, account_id, name, name_folded, priority, status, strategy, created_at,
                                     updated_at)
               values ($1, $2, 'Renewals', 'renewals', 5, 'READY', $3, $4, $4)""",
            campaign,
            account,
            STRATEGY,
            now,
        )
        await connection.execute(
            """insert into record_list (uuid, account_id, name, name_folded, unique_identifier_type, status, created_at,
                                        updated_at)
               values ($1, $2, 'List', 'list', 'NOTHING', 'ACCEPTED', $3, $3)""",
            uuid4(),
            account,
            now,
        )
        await connection.execute("insert into campaign_record_list (campaign_id, list_id) values (1, 1)")
        await connection.execute("insert into zone (names) values ('{America/New_York}')")
        await connection.execute(
            """insert into record (uuid, list_id, seq, first_name, last_name, priority, created_at, updated_at)
               values ($1, 1, 1, 'Ida', 'Moreau', 5, $2, $2)""",
            record,
            now,
        )
        await connection.execute("insert into record_phone values (1, 0, 1, 1, 12025550142, 1)")
    return Office(database, storage, clock, Principal(account, "client", frozenset()), ana, campaign, record)


class TestAnAgentPromisesInACall:
    async def test_the_callback_is_theirs_and_of_the_number_they_speak_to(self, office: Office) -> None:
        await office.in_work()
        attempt = await office.call()
        seen = await office.schedule(attempt)
        callback = seen.callback
        assert (callback.owner, callback.created_by, callback.interaction) == (office.ana, str(office.ana), attempt)
        assert callback.assignment.type is AssignType.MYSELF_IF_AVAILABLE
        assert callback.assignment.agents == (office.ana,)
        assert callback.phone_number == "+12025550142"
        assert callback.campaign_id == office.campaign

    async def test_the_record_is_parked_when_the_call_is_over(self, office: Office) -> None:
        await office.in_work()
        await office.schedule(await office.call())
        assert (await office.item())["state"] == "C"
        await office.hang_up()
        assert await office.standing() == ("S", "callback_pending")

    async def test_it_may_still_be_promised_while_wrapping_up(self, office: Office) -> None:
        await office.in_work("D", "connected")
        await office.schedule(await office.call("connected", office.ana))
        assert await office.standing() == ("S", "callback_pending")

    @pytest.mark.parametrize("outcome", ["no_answer", "machine", "abandoned"])
    async def test_nobody_is_promised_anything_in_a_call_that_did_not_connect(
        self, office: Office, outcome: str
    ) -> None:
        await office.in_work()
        attempt = await office.call(outcome)
        with pytest.raises(NotOnACall):
            await office.schedule(attempt)

    async def test_nor_by_another_agent_or_in_no_call_at_all(self, office: Office) -> None:
        await office.in_work()
        attempt = await office.call("connected", office.ana)
        with pytest.raises(NotOnACall):
            await office.schedule(attempt, agent=UserId(uuid4()))
        with pytest.raises(NotOnACall):
            await office.schedule(uuid4())

    async def test_a_second_one_for_the_record_is_refused(self, office: Office) -> None:
        await office.in_work()
        await office.create()
        with pytest.raises(CallbackExists):
            await office.schedule(await office.call())

    async def test_a_time_is_needed(self, office: Office) -> None:
        await office.in_work()
        with pytest.raises(CallbackRefused):
            await office.schedule(await office.call(), Wanted())


class TestInTheCallOfACallback:
    async def test_the_same_callback_gets_the_new_time(self, office: Office) -> None:
        await office.in_work()
        first = (await office.create()).callback
        await office.do("update callback set status = 'SUCCESS', reason = 'connected'")
        attempt = await office.call("connected", office.ana, first.id)
        later = replace(office.in_an_hour, time_to_call=office.clock.now() + timedelta(days=1))
        again = (await office.schedule(attempt, later)).callback
        assert (again.id, again.reschedules, again.status) == (first.id, 1, CallbackStatus.UNATTEMPTED)
        assert again.reason is CallbackReason.RESCHEDULED
        assert again.due_at == office.clock.now().replace(microsecond=123000) + timedelta(days=1)
        assert await office.standing() == ("S", "callback_pending")

    async def test_the_end_of_that_call_does_not_end_it(self, office: Office) -> None:
        await office.in_work()
        first = (await office.create()).callback
        attempt = await office.call(callback=first.id)
        await office.do("update callback set attempt_id = (select id from attempt)")
        await office.schedule(attempt)
        await office.do("update attempt set outcome = 'connected', ended_at = $1", office.clock.now())
        await office.hang_up()
        assert await Work(office.database).tried_callbacks(1) == []
        assert await office.status(first.id) is CallbackStatus.UNATTEMPTED

    async def test_three_times_at_most(self, office: Office) -> None:
        await office.in_work()
        first = (await office.create()).callback
        attempt = await office.call("connected", office.ana, first.id)
        for _ in range(3):
            await office.schedule(attempt)
        with pytest.raises(TooManyReschedules):
            await office.schedule(attempt)


async def test_it_is_not_promised_for_a_date_on_which_the_campaign_is_closed(office: Office) -> None:
    closed = Extensions(exceptions=(DateException(office.clock.now().date()),))
    await office.do("update campaign set extensions = $1", extensions_to_json(closed))
    with pytest.raises(CallbackRefused) as refused:
        await office.create()
    assert [problem.name for problem in refused.value.fields] == ["time_to_call"]
    await office.create(Wanted(office.clock.now() + timedelta(days=1)))


class TestTheRecordOfACallback:
    async def test_joins_the_campaigns_work_parked_if_it_was_not_in_it(self, office: Office) -> None:
        await office.create()
        assert await office.standing() == ("S", "callback_pending")

    @pytest.mark.parametrize(
        "statement",
        [
            "update dial_item set state = 'R', reason = null",
            "update dial_item set state = 'W', reason = 'waiting_for_retry'",
            "update dial_item set state = 'X', reason = 'on_dnc_list'",
        ],
    )
    async def test_stays_parked_whatever_others_write(self, office: Office, statement: str) -> None:
        await office.in_work()
        await office.create()
        await office.do(statement)
        assert await office.standing() == ("S", "callback_pending")

    @pytest.mark.parametrize(
        ("state", "reason", "due_in", "after"),
        [
            ("R", None, None, ("R", None)),
            ("R", None, timedelta(minutes=-5), ("R", None)),
            ("W", "waiting_for_retry", timedelta(hours=2), ("W", "waiting_for_retry")),
            ("W", "waiting_for_retry", timedelta(minutes=-5), ("R", None)),
            ("D", "connected", None, ("D", "connected")),
            ("X", "on_dnc_list", None, ("X", "on_dnc_list")),
        ],
    )
    async def test_goes_on_as_before_when_the_callback_is_canceled(
        self, office: Office, state: str, reason: str | None, due_in: timedelta | None, after: tuple[str, str | None]
    ) -> None:
        await office.in_work(state, reason, None if due_in is None else office.clock.now() + due_in)
        seen = await office.create()
        assert await office.standing() == ("S", "callback_pending")
        await office.cancel(seen)
        assert await office.standing() == after

    async def test_canceled_in_an_ordinary_call_ends_as_that_call_ends(self, office: Office) -> None:
        await office.in_work()
        seen = await office.schedule(await office.call())
        await office.cancel(seen)
        await office.hang_up()
        assert await office.standing() == ("D", "connected")


class TestTheDialersSide:
    async def test_a_failed_call_of_a_callback_does_not_bring_a_final_record_back(self, office: Office) -> None:
        """The attempt's end writes that the record waits for a retry: that is the callback's business alone."""
        await office.in_work("D", "connected")
        seen = await office.create()
        work, now = Work(office.database), office.clock.now()
        await office.do("insert into lease values ('pool', 'me', 7, $1)", now)
        assert await work.claim_callback(1, 1, due_at=seen.callback.due_at, lease="pool", fence=7) is not None
        await office.call()
        await work.begin_callback(1, seen.callback.begun(now))
        await office.do("update attempt set outcome = 'busy', ended_at = $1", now)
        await office.hang_up("W", "waiting_for_retry")
        (tried,) = await work.tried_callbacks(1)
        over = tried.callback.over(CallbackStatus.EXHAUSTED, CallbackReason.MAX_ATTEMPTS)
        assert await work.decide_callback(1, tried.callback, over, now)
        assert await office.standing() == ("D", "connected")

    async def test_only_the_owner_of_the_campaign_claims(self, office: Office) -> None:
        await office.in_work()
        seen = await office.create()
        work = Work(office.database)
        await office.do("insert into lease values ('pool', 'me', 7, $1)", office.clock.now())
        assert await work.claim_callback(1, 1, due_at=seen.callback.due_at, lease="pool", fence=6) is None
        assert await office.standing() == ("S", "callback_pending")
        claimed = await work.claim_callback(1, 1, due_at=seen.callback.due_at, lease="pool", fence=7)
        assert claimed is not None
        assert (claimed.record, claimed.number) == (1, 1)
        assert await work.claim_callback(1, 1, due_at=seen.callback.due_at, lease="pool", fence=7) is None

    async def test_one_that_was_changed_meanwhile_keeps_its_change(self, office: Office) -> None:
        seen = await office.create()
        before = seen.callback
        later = Wanted(office.clock.now() + timedelta(days=1))
        await callbacks.change(
            str(before.id), later, by=office.by, storage=office.storage, clock=office.clock, holidays=HOLIDAYS
        )
        dropped = before.canceled(CallbackReason.ON_DNC_LIST)
        assert not await Work(office.database).decide_callback(1, before, dropped, office.clock.now())
        assert await office.status(before.id) is CallbackStatus.UNATTEMPTED

    async def test_one_canceled_between_claim_and_call_is_told_apart_and_lets_its_record_go(
        self, office: Office
    ) -> None:
        await office.in_work("D", "connected")
        seen = await office.create()
        work, now = Work(office.database), office.clock.now()
        await office.do("insert into lease values ('pool', 'me', 7, $1)", now)
        await work.claim_callback(1, 1, due_at=seen.callback.due_at, lease="pool", fence=7)
        await office.cancel(seen)
        await work.give_back_callback(1, 1, now)
        assert await office.standing() == ("D", "connected")

    async def test_what_a_crash_leaves_parked_for_a_canceled_one_is_let_go(self, office: Office) -> None:
        await office.in_work("D", "connected")
        seen = await office.create()
        work, now = Work(office.database), office.clock.now()
        await office.do("insert into lease values ('pool', 'me', 7, $1)", now)
        await work.claim_callback(1, 1, due_at=seen.callback.due_at, lease="pool", fence=7)
        await office.cancel(seen)
        await office.do("update dial_item set state = 'R' where state = 'C'")  # as recovery gives claims back
        assert await office.standing() == ("S", "callback_pending")
        await work.release_parked(1, now)
        assert await office.standing() == ("D", "connected")

    async def test_a_changed_time_zone_of_the_record_is_followed(self, office: Office) -> None:
        await office.in_work()
        await office.create(Wanted(office.clock.now()))
        await office.do("insert into zone (names) values ('{Europe/Paris}')")
        await office.do("update record_phone set zone_id = 2")
        (due,) = await Work(office.database).due_callbacks(1, office.clock.now(), limit=10)
        assert due.zones == ("Europe/Paris",)
