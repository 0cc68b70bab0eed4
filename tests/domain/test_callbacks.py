"""Callbacks: who may take one, when it may be, what becomes of it."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest

from outdial.domain.callbacks import (
    EXPIRES_AFTER,
    MOST_RESCHEDULES,
    OWNER_FIRST,
    Assignment,
    AssignType,
    Callback,
    CallbackId,
    CallbackOver,
    CallbackReason,
    CallbackRefused,
    CallbackStatus,
    Due,
    FromCallType,
    Takers,
    TooManyReschedules,
    after_attempt,
    assignment,
    check_time,
    when_due,
)
from outdial.domain.calling_hours import CallingHours
from outdial.domain.campaigns import (
    CallingWindow,
    ChainItem,
    DialingStrategy,
    OutcomeRule,
    StatusAfterCall,
    TimeUnit,
    WeekDay,
)
from outdial.domain.outcomes import Outcome
from outdial.domain.records import RecordId
from outdial.domain.retry import Phone
from outdial.domain.values import CampaignId, PhoneNumber, PhoneType, UserId

ANA, BEN = UserId(UUID(int=1)), UserId(UUID(int=2))
MONDAY_NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
OFFICE_HOURS = CallingHours((CallingWindow(time(9), time(17), (WeekDay.MONDAY, WeekDay.TUESDAY)),))
LONDON = ("Europe/London",)  # one hour ahead of UTC in June
PHONE = Phone(0, PhoneType.MOBILE, 1)


def a_callback(**changes: object) -> Callback:
    callback = Callback(
        id=CallbackId(UUID(int=7)),
        campaign_id=CampaignId(UUID(int=8)),
        record_id=RecordId(UUID(int=9)),
        phone_number=PhoneNumber("+442079460018"),
        timezone=None,
        assignment=Assignment(),
        from_call_type=FromCallType.PROACTIVE_OUTBOUND,
        scheduled_at=MONDAY_NOON,
        due_at=MONDAY_NOON,
        since=MONDAY_NOON - timedelta(hours=2),
        created_at=MONDAY_NOON - timedelta(hours=2),
        created_by=str(ANA),
        owner=ANA,
    )
    return replace(callback, **changes)  # type: ignore[arg-type]


def a_strategy(**changes: object) -> DialingStrategy:
    strategy = DialingStrategy(
        max_attempts=3,
        retry_period=20,
        retry_unit=TimeUnit.MINUTES,
        calling_hours=OFFICE_HOURS.windows,
        dispositions={
            Outcome.BUSY: OutcomeRule(StatusAfterCall.RETRY),
            Outcome.NO_ANSWER: OutcomeRule(StatusAfterCall.FINAL),
            Outcome.INVALID_NUMBER: OutcomeRule(StatusAfterCall.FINAL),
        },
    )
    return replace(strategy, **changes)  # type: ignore[arg-type]


class TestTheAssigneeFitsTheType:
    @pytest.mark.parametrize("kind", [AssignType.MYSELF_ONLY, AssignType.MYSELF_IF_AVAILABLE])
    def test_myself_is_the_agent_who_promised(self, kind: AssignType) -> None:
        assert assignment(kind, owner=ANA) == Assignment(kind, (ANA,))

    @pytest.mark.parametrize("kind", [AssignType.MYSELF_ONLY, AssignType.MYSELF_IF_AVAILABLE])
    def test_without_an_agent_nobody_is_myself(self, kind: AssignType) -> None:
        with pytest.raises(CallbackRefused) as refused:
            assignment(kind, owner=None)
        assert [field.name for field in refused.value.fields] == ["assign_type"]

    def test_specific_agents_are_named(self) -> None:
        named = assignment(AssignType.SPECIFIC_AGENT, owner=ANA, agents=[BEN, BEN])
        assert named == Assignment(AssignType.SPECIFIC_AGENT, (BEN,))

    def test_a_ring_group_is_named(self) -> None:
        named = assignment(AssignType.SPECIFIC_RING_GROUP, owner=None, ring_groups=["retention"])
        assert named == Assignment(AssignType.SPECIFIC_RING_GROUP, (), ("retention",))

    @pytest.mark.parametrize(
        ("kind", "agents", "groups", "wrong"),
        [
            (AssignType.SPECIFIC_AGENT, [], [], ["agents"]),
            (AssignType.SPECIFIC_AGENT, [], ["retention"], ["ring_groups", "agents"]),
            (AssignType.SPECIFIC_RING_GROUP, [], [], ["ring_groups"]),
            (AssignType.SPECIFIC_RING_GROUP, [BEN], ["retention"], ["agents"]),
            (AssignType.ANY_ELIGIBLE_AGENT, [BEN], [], ["agents"]),
            (AssignType.ANY_ELIGIBLE_AGENT, [], ["retention"], ["ring_groups"]),
            (AssignType.MYSELF_ONLY, [BEN], [], ["agents"]),
            (AssignType.MYSELF_IF_AVAILABLE, [], ["retention"], ["ring_groups"]),
        ],
    )
    def test_what_does_not_fit_is_refused(
        self, kind: AssignType, agents: list[UserId], groups: list[str], wrong: list[str]
    ) -> None:
        with pytest.raises(CallbackRefused) as refused:
            assignment(kind, owner=ANA, agents=agents, ring_groups=groups)
        assert [field.name for field in refused.value.fields] == wrong


class TestWhoMayTakeIt:
    def test_only_the_agent_when_only_they_are_meant(self) -> None:
        mine = a_callback(assignment=assignment(AssignType.MYSELF_ONLY, owner=ANA))
        assert mine.takers(MONDAY_NOON + timedelta(hours=3)) == Takers((ANA,), anyone=False)

    def test_the_owner_first_and_after_a_minute_anybody(self) -> None:
        mine = a_callback(assignment=assignment(AssignType.MYSELF_IF_AVAILABLE, owner=ANA))
        assert mine.takers(MONDAY_NOON + OWNER_FIRST - timedelta(seconds=1)) == Takers((ANA,), anyone=False)
        assert mine.takers(MONDAY_NOON + OWNER_FIRST) == Takers((ANA,), anyone=True)

    def test_anybody_at_once_when_nobody_is_named(self) -> None:
        assert a_callback().takers(MONDAY_NOON) == Takers((), anyone=True)

    def test_a_ring_group_is_the_team_of_that_name_and_one_that_names_no_team_binds_nobody(self) -> None:
        grouped = a_callback(assignment=Assignment(AssignType.SPECIFIC_RING_GROUP, (), ("retention",)))
        assert grouped.takers(MONDAY_NOON, [BEN]) == Takers((BEN,), anyone=False)
        assert grouped.takers(MONDAY_NOON, []) == Takers((), anyone=True)


class TestWhichTimesAreAllowed:
    def test_inside_the_hours_where_the_number_is(self) -> None:
        assert check_time(MONDAY_NOON, zones=LONDON, hours=OFFICE_HOURS, now=MONDAY_NOON) == []

    def test_outside_them_the_next_opening_is_named(self) -> None:
        late = MONDAY_NOON.replace(hour=16)  # 17:00 in London: the end is not part of it
        (problem,) = check_time(late, zones=LONDON, hours=OFFICE_HOURS, now=MONDAY_NOON)
        assert problem.name == "time_to_call"
        assert "2026-06-02T08:00:00Z" in problem.description

    def test_in_all_zones_that_the_number_may_be_in(self) -> None:
        both = ("America/New_York", "Europe/London")
        assert check_time(MONDAY_NOON, zones=both, hours=OFFICE_HOURS, now=MONDAY_NOON) != []
        assert check_time(MONDAY_NOON.replace(hour=14), zones=both, hours=OFFICE_HOURS, now=MONDAY_NOON) == []

    @pytest.mark.parametrize(
        ("at", "said"),
        [
            (MONDAY_NOON - timedelta(minutes=2), "past"),
            (MONDAY_NOON + timedelta(days=367), "ahead"),
            (datetime.max.replace(tzinfo=UTC), "ahead"),
            (datetime.min.replace(tzinfo=UTC), "past"),
        ],
    )
    def test_neither_past_nor_too_far_ahead(self, at: datetime, said: str) -> None:
        (problem,) = check_time(at, zones=LONDON, hours=OFFICE_HOURS, now=MONDAY_NOON)
        assert said in problem.description

    def test_a_moment_ago_means_now(self) -> None:
        at = MONDAY_NOON - timedelta(seconds=30)
        assert check_time(at, zones=LONDON, hours=OFFICE_HOURS, now=MONDAY_NOON) == []

    def test_no_time_is_allowed_where_hours_never_open(self) -> None:
        (problem,) = check_time(MONDAY_NOON, zones=LONDON, hours=CallingHours(()), now=MONDAY_NOON)
        assert "never open" in problem.description


class TestWhenItsTimeHasCome:
    def test_it_is_dialed_by_those_who_may_take_it(self) -> None:
        assert when_due(a_callback(), zones=LONDON, hours=OFFICE_HOURS, now=MONDAY_NOON) == Due(Takers((), anyone=True))

    def test_outside_the_hours_it_is_moved_to_the_next_opening(self) -> None:
        evening = MONDAY_NOON.replace(hour=18)
        moved = when_due(a_callback(due_at=evening), zones=LONDON, hours=OFFICE_HOURS, now=evening)
        assert isinstance(moved, Callback)
        assert (moved.due_at, moved.reason) == (
            datetime(2026, 6, 2, 8, 0, tzinfo=UTC),
            CallbackReason.OUTSIDE_CALLING_HOURS,
        )
        assert moved.status is CallbackStatus.UNATTEMPTED
        assert moved.scheduled_at == MONDAY_NOON  # what was promised stays on record

    def test_it_is_dropped_where_no_hours_are_left(self) -> None:
        dropped = when_due(a_callback(), zones=LONDON, hours=CallingHours(()), now=MONDAY_NOON)
        assert isinstance(dropped, Callback)
        assert (dropped.status, dropped.reason) == (CallbackStatus.CANCELED, CallbackReason.NO_COMMON_CALLING_HOURS)

    def test_it_is_given_up_when_nobody_could_take_it_for_a_week(self) -> None:
        late = MONDAY_NOON + EXPIRES_AFTER
        assert isinstance(
            when_due(a_callback(), zones=LONDON, hours=OFFICE_HOURS, now=late - timedelta(seconds=1)), Due
        )
        gone = when_due(a_callback(), zones=LONDON, hours=OFFICE_HOURS, now=late)
        assert isinstance(gone, Callback)
        assert (gone.status, gone.reason) == (CallbackStatus.EXHAUSTED, CallbackReason.EXPIRED)


class TestAfterItsCall:
    def test_a_connection_keeps_the_promise(self) -> None:
        kept = after_attempt(a_callback(), a_strategy(), PHONE, [Outcome.CONNECTED], MONDAY_NOON)
        assert (kept.status, kept.reason, kept.attempts) == (CallbackStatus.SUCCESS, CallbackReason.CONNECTED, 1)

    def test_a_retryable_outcome_waits_for_the_campaigns_period(self) -> None:
        again = after_attempt(a_callback(), a_strategy(), PHONE, [Outcome.BUSY], MONDAY_NOON)
        assert (again.status, again.due_at) == (CallbackStatus.TO_BE_RETRIED, MONDAY_NOON + timedelta(minutes=20))
        assert again.scheduled_at == MONDAY_NOON

    def test_it_is_exhausted_at_the_campaigns_limit_counted_over_its_own_attempts(self) -> None:
        twice = after_attempt(a_callback(), a_strategy(), PHONE, [Outcome.BUSY] * 2, MONDAY_NOON)
        assert twice.status is CallbackStatus.TO_BE_RETRIED
        thrice = after_attempt(a_callback(), a_strategy(), PHONE, [Outcome.BUSY] * 3, MONDAY_NOON)
        assert (thrice.status, thrice.reason) == (CallbackStatus.EXHAUSTED, CallbackReason.MAX_ATTEMPTS)

    def test_a_final_outcome_exhausts_it_at_once(self) -> None:
        over = after_attempt(a_callback(), a_strategy(), PHONE, [Outcome.NO_ANSWER], MONDAY_NOON)
        assert (over.status, over.reason) == (CallbackStatus.EXHAUSTED, CallbackReason.FINAL_OUTCOME)

    def test_a_bad_number_says_so(self) -> None:
        over = after_attempt(a_callback(), a_strategy(), PHONE, [Outcome.INVALID_NUMBER], MONDAY_NOON)
        assert (over.status, over.reason) == (CallbackStatus.INVALID_NUMBER, CallbackReason.INVALID_NUMBER)

    def test_what_the_network_broke_is_no_attempt_and_is_tried_again_soon(self) -> None:
        again = after_attempt(a_callback(), a_strategy(), PHONE, [Outcome.CONGESTION], MONDAY_NOON)
        assert (again.status, again.attempts) == (CallbackStatus.UNATTEMPTED, 0)
        assert (again.due_at, again.reason) == (MONDAY_NOON + timedelta(seconds=30), CallbackReason.CARRIER_BACK_OFF)

    def test_the_record_chain_is_not_followed(self) -> None:
        """A callback is a promise to call one number: the limit of that number's type in the chain ends no promise."""
        chained = a_strategy(record_chain=(ChainItem(PhoneType.MOBILE, 1), ChainItem(PhoneType.HOME, 1)))
        again = after_attempt(a_callback(), chained, PHONE, [Outcome.BUSY], MONDAY_NOON)
        assert again.status is CallbackStatus.TO_BE_RETRIED


class TestChanges:
    def test_another_time_begins_anew(self) -> None:
        tried = a_callback(status=CallbackStatus.TO_BE_RETRIED, attempts=2, dialed_at=MONDAY_NOON)
        at, now = MONDAY_NOON + timedelta(days=1), MONDAY_NOON + timedelta(hours=1)
        moved = tried.rescheduled(at, now)
        assert (moved.scheduled_at, moved.due_at, moved.since) == (at, at, now)
        assert (moved.status, moved.attempts, moved.dialed_at) == (CallbackStatus.UNATTEMPTED, 0, None)
        assert (moved.reschedules, moved.reason) == (1, CallbackReason.RESCHEDULED)

    def test_the_time_can_be_changed_three_times(self) -> None:
        callback = a_callback()
        for _ in range(MOST_RESCHEDULES):
            callback = callback.rescheduled(MONDAY_NOON, MONDAY_NOON)
        with pytest.raises(TooManyReschedules):
            callback.rescheduled(MONDAY_NOON, MONDAY_NOON)

    @pytest.mark.parametrize("status", [CallbackStatus.UNATTEMPTED, CallbackStatus.TO_BE_RETRIED])
    def test_an_active_one_can_be_canceled(self, status: CallbackStatus) -> None:
        canceled = a_callback(status=status).canceled()
        assert (canceled.status, canceled.reason) == (CallbackStatus.CANCELED, CallbackReason.CANCELED)

    @pytest.mark.parametrize("status", [status for status in CallbackStatus if not status.active])
    def test_one_that_is_over_stays_what_it_became(self, status: CallbackStatus) -> None:
        over = a_callback(status=status, reason=CallbackReason.CONNECTED)
        assert over.canceled() is over
        with pytest.raises(CallbackOver):
            over.check_active()

    def test_the_first_call_is_remembered_to_tell_whether_the_promise_was_kept_in_time(self) -> None:
        first = a_callback().begun(MONDAY_NOON)
        second = first.begun(MONDAY_NOON + timedelta(hours=1))
        assert (second.dialed_at, second.processed_at) == (MONDAY_NOON, MONDAY_NOON + timedelta(hours=1))
