"""Do-not-call entries: until when they hold, and the lock that a number has."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.domain.dnc import DncEntry, DncEntryId, DncListId, lock_key, number_in, today
from outdial.domain.values import PhoneNumber, number_from_int

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
numbers = st.integers(10**7, 10**15 - 1).map(number_from_int)


def until(expires_on: date | None) -> DncEntry:
    ids = DncEntryId(UUID(int=1)), DncListId(UUID(int=2))
    return DncEntry(*ids, PhoneNumber("+12025550142"), expires_on, None, NOON, NOON)


class TestAnEntryHolds:
    def test_through_the_whole_of_its_last_day(self) -> None:
        entry = until(date(2026, 6, 1))
        assert entry.in_force(date(2026, 5, 31))
        assert entry.in_force(date(2026, 6, 1))
        assert not entry.in_force(date(2026, 6, 2))

    def test_for_ever_without_a_last_day(self) -> None:
        assert until(None).in_force(date.max)

    @pytest.mark.parametrize(
        ("at", "zone", "holds"),
        [
            ("2026-06-02T03:59:59+00:00", "America/New_York", True),
            ("2026-06-02T04:00:00+00:00", "America/New_York", False),
            ("2026-06-01T14:59:59+00:00", "Asia/Tokyo", True),
            ("2026-06-01T15:00:00+00:00", "Asia/Tokyo", False),
        ],
    )
    def test_by_the_calendar_of_the_given_zone(self, at: str, zone: str, holds: bool) -> None:
        assert until(date(2026, 6, 1)).in_force_anywhere([zone], datetime.fromisoformat(at)) is holds

    def test_as_long_as_it_holds_in_one_of_several_zones(self) -> None:
        night = datetime(2026, 6, 1, 16, tzinfo=UTC)
        assert today("Asia/Tokyo", night) == date(2026, 6, 2)
        assert until(date(2026, 6, 1)).in_force_anywhere(["Asia/Tokyo", "Europe/Lisbon"], night)
        assert not until(date(2026, 6, 1)).in_force_anywhere(["Asia/Tokyo"], night)


class TestRuling10TheLockOfANumber:
    @given(numbers, numbers)
    def test_is_its_own(self, one: PhoneNumber, other: PhoneNumber) -> None:
        assert (lock_key(one) == lock_key(other)) is (one == other)

    @given(numbers)
    def test_is_a_key_that_postgresql_takes(self, number: PhoneNumber) -> None:
        assert 0 < lock_key(number) < 2**63

    def test_never_changes_as_servers_of_two_releases_must_agree(self) -> None:
        assert lock_key(PhoneNumber("+12025550142")) == 0x0DCC * 2**50 + 12025550142


class TestTheNumberInAText:
    @pytest.mark.parametrize(
        "text", ["+442079460018", "+44 20 7946 0018", "+44 (0)20-7946-0018", "+44 (020) 7946.0018"]
    )
    def test_is_written_as_records_write_it(self, text: str) -> None:
        assert number_in(text) == "+442079460018"

    @pytest.mark.parametrize("text", ["", "+", "12025550142", "+1202555", "+1202555014x", "+1" * 9, "+٤٤٢٠٧٩٤٦٠٠١٨"])
    def test_is_none_where_there_is_none(self, text: str) -> None:
        assert number_in(text) is None
