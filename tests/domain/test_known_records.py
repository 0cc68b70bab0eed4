"""Which record a row updates, and what becomes of it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from outdial.domain.errors import Invalid
from outdial.domain.known_records import KnownRecords, check_duplicate_rule, is_same, updated, with_phones
from outdial.domain.readings import DuplicateRule, Reading
from outdial.domain.record_lists import UniqueBy
from outdial.domain.records import Draft, NewRecord, Record, RecordId, RowKind, RowProblem, judge
from outdial.domain.values import PhoneNumber, PhoneType, RecordListId

MOBILE, HOME, OFFICE = PhoneType.MOBILE, PhoneType.HOME, PhoneType.OFFICE
A, B, C, D = (PhoneNumber(f"+1202555014{n}") for n in range(4))
THEN = datetime(2026, 6, 1, tzinfo=UTC)


def a_record(n: int, *phones: tuple[PhoneType, PhoneNumber], leaving: bool = False, **given: Any) -> Record:
    members: dict[str, Any] = {
        "timezone": None,
        "priority": 5,
        "external_provider": None,
        "external_id": None,
        "extra_data": {},
    }
    members |= given
    return Record(
        id=RecordId(UUID(int=n)),
        list_id=RecordListId(UUID(int=0)),
        first_name="Ana",
        last_name="Costa",
        phones=phones,
        external_url=None,
        sync_external_id=None,
        created_at=THEN,
        updated_at=THEN,
        leaving=leaving,
        **members,
    )


def a_draft(*phones: tuple[PhoneType, str], **given: Any) -> Draft:
    return Draft("Bea", "Silva", phones, **given)


def a_row(*phones: tuple[PhoneType, str], **given: Any) -> NewRecord:
    judged = judge(a_draft(*phones, **given), unique_by=UniqueBy.NOTHING)
    assert isinstance(judged, NewRecord)
    return judged


class TestTheRecordOfARow:
    def test_has_one_of_its_numbers(self) -> None:
        known = KnownRecords(UniqueBy.PHONE_NUMBER)
        known.learn([a_record(1, (MOBILE, A), (HOME, B)), a_record(2, (MOBILE, C))], [])
        found = known.match(a_row((OFFICE, B)))
        assert not isinstance(found, RowProblem)
        assert found.stored == RecordId(UUID(int=1))

    def test_may_be_one_that_an_earlier_row_made(self) -> None:
        known = KnownRecords(UniqueBy.PHONE_NUMBER)
        first, second, other = (known.match(a_row(*phones)) for phones in ([(MOBILE, A)], [(HOME, A)], [(HOME, B)]))
        assert first is second is not other
        assert not isinstance(first, RowProblem)
        assert (first.stored, first.rows) == (None, 2)

    def test_is_nobody_when_its_numbers_are_of_several(self) -> None:
        known = KnownRecords(UniqueBy.PHONE_NUMBER)
        known.learn([a_record(1, (MOBILE, A)), a_record(2, (MOBILE, B))], [])
        problem = known.match(a_row((MOBILE, A), (HOME, B)))
        assert isinstance(problem, RowProblem)
        assert (problem.kind, problem.column, problem.value) == (RowKind.DUPLICATE_PHONE_NUMBER, "HOME", B)

    def test_leaves_a_number_that_a_row_replaced_to_others(self) -> None:
        known = KnownRecords(UniqueBy.PHONE_NUMBER)
        stored = a_record(1, (MOBILE, A), (HOME, B))
        known.learn([stored], [])
        known.match(a_row((MOBILE, C), (HOME, B)))
        known.learn([stored], [])  # a later chunk of the file: the list itself has not changed yet
        made, same = known.match(a_row((MOBILE, A))), known.match(a_row((MOBILE, C)))
        assert not isinstance(made, RowProblem)
        assert not isinstance(same, RowProblem)
        assert (made.stored, same.stored) == (None, stored.id)

    def test_goes_by_the_external_reference_where_the_list_says_so(self) -> None:
        known = KnownRecords(UniqueBy.EXTERNAL)
        known.learn([a_record(1, (MOBILE, A), external_provider="crm", external_id="K-1")], [])
        same = known.match(a_row((MOBILE, B), external_provider="crm", external_id="K-1"))
        other = known.match(a_row((MOBILE, A), external_provider="crm", external_id="K-2"))
        assert not isinstance(same, RowProblem)
        assert not isinstance(other, RowProblem)
        assert (same.stored, other.stored) == (RecordId(UUID(int=1)), None)

    def test_keeps_its_numbers_while_one_of_them_is_called(self) -> None:
        known = KnownRecords(UniqueBy.PHONE_NUMBER)
        stored = a_record(1, (MOBILE, A))
        known.learn([stored], [stored.id])
        problem = known.match(a_row((MOBILE, A), (HOME, B)))
        assert isinstance(problem, RowProblem)
        assert (problem.kind, problem.column, problem.value) == (RowKind.RECORD_ON_CALL, "HOME", B)
        assert not isinstance(known.match(a_row((MOBILE, A))), RowProblem)
        # The number that was refused is nobody's.
        made = known.match(a_row((MOBILE, B)))
        assert not isinstance(made, RowProblem)
        assert made.stored is None

    def test_that_goes_when_its_call_is_over_takes_nothing_any_more(self) -> None:
        known = KnownRecords(UniqueBy.PHONE_NUMBER)
        known.learn([a_record(1, (MOBILE, A), leaving=True)], [])
        problem = known.match(a_row((MOBILE, A)))
        assert isinstance(problem, RowProblem)
        assert problem.kind is RowKind.RECORD_ON_CALL


@pytest.mark.parametrize(
    ("row", "after"),
    [
        ([(MOBILE, A)], [(MOBILE, A), (HOME, B)]),
        ([(HOME, C)], [(MOBILE, A), (HOME, C)]),
        ([(OFFICE, C)], [(MOBILE, A), (HOME, B), (OFFICE, C)]),
        ([(MOBILE, C), (HOME, A)], [(MOBILE, C), (HOME, A)]),
        ([(OFFICE, A)], [(HOME, B), (OFFICE, A)]),
        ([(OFFICE, D), (MOBILE, B)], [(MOBILE, B), (OFFICE, D)]),
    ],
)
def test_numbers_take_the_place_of_others_of_their_type_and_leave_the_rest(
    row: list[tuple[PhoneType, PhoneNumber]], after: list[tuple[PhoneType, PhoneNumber]]
) -> None:
    assert list(with_phones(((MOBILE, A), (HOME, B)), a_row(*row))) == after


class TestAnUpdatedRecord:
    def test_has_what_rows_give_one_after_the_other_and_keeps_the_rest(self) -> None:
        before = a_record(
            1,
            (MOBILE, A),
            timezone="Europe/Lisbon",
            priority=7,
            external_provider="crm",
            external_id="K-1",
            extra_data={"plan": "gold", "since": 2020},
        )
        first = a_draft((HOME, B), extra_data={"plan": "iron"}, external_id="K-2", external_provider="other")
        second = a_draft((MOBILE, C), priority="2", timezone="america/denver")
        draft = updated(before, [(one, a_row(*one.phones)) for one in (first, second)], timezone="Asia/Tokyo")
        after = judge(draft, unique_by=UniqueBy.PHONE_NUMBER, default_priority=before.priority)
        assert isinstance(after, NewRecord)
        assert [(phone.type, phone.number) for phone in after.phones] == [(MOBILE, C), (HOME, B)]
        assert (after.first_name, after.timezone, after.priority) == ("Bea", "America/Denver", 2)
        assert (after.external_provider, after.external_id) == ("crm", "K-1")
        assert after.extra_data == {"plan": "iron", "since": 2020}

    def test_gets_the_time_zone_of_those_without_one_only_when_it_has_none(self) -> None:
        rows = [(a_draft((MOBILE, A)), a_row((MOBILE, A)))]
        assert updated(a_record(1, (MOBILE, A)), rows, timezone="Asia/Tokyo").timezone == "Asia/Tokyo"
        with_one = a_record(1, (MOBILE, A), timezone="Europe/Lisbon")
        assert updated(with_one, rows, timezone="Asia/Tokyo").timezone == "Europe/Lisbon"

    def test_stays_a_hot_lead_when_no_row_gives_a_priority(self) -> None:
        hot = a_record(1, (MOBILE, A), priority=11)
        draft = updated(hot, [(a_draft((MOBILE, A)), a_row((MOBILE, A)))])
        after = judge(draft, unique_by=UniqueBy.PHONE_NUMBER, default_priority=hot.priority)
        assert isinstance(after, NewRecord)
        assert after.priority == 11

    def test_is_the_same_when_a_row_says_nothing_new(self) -> None:
        same = Draft("Ana", "Costa", [(MOBILE, A)], extra_data={"plan": "gold"})
        row = judge(same, unique_by=UniqueBy.NOTHING)
        assert isinstance(row, NewRecord)
        assert is_same(a_record(1, (MOBILE, A), extra_data={"plan": "gold"}), row)
        assert not is_same(a_record(1, (MOBILE, A), extra_data={"plan": "iron"}), row)


def test_records_that_nothing_tells_apart_cannot_be_updated() -> None:
    with pytest.raises(Invalid) as refused:
        check_duplicate_rule(Reading(duplicates=DuplicateRule.UPDATE), UniqueBy.NOTHING)
    assert [field.name for field in refused.value.fields] == ["duplicates"]
    check_duplicate_rule(Reading(), UniqueBy.NOTHING)
    check_duplicate_rule(Reading(duplicates=DuplicateRule.UPDATE), UniqueBy.EXTERNAL)
