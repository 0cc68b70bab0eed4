"""What makes a row a record, and what it is called when it is none."""

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from outdial.domain.record_lists import UniqueBy
from outdial.domain.records import (
    ROW_ERRORS,
    Draft,
    NewRecord,
    RowKind,
    RowProblem,
    duplicate,
    duplicates_of,
    judge,
    row_error,
)
from outdial.domain.values import PhoneNumber, PhoneType
from outdial.domain.zones import zone_name, zones_of

ANA = Draft("Ana", "Costa", [(PhoneType.MOBILE, "+12025550142")])
API_WORDS = {
    "PHONE_NUMBER_INVALID",
    "PHONE_NUMBER_MISSING",
    "PHONE_NUMBER_NOT_UNIQUE",
    "FIRST_NAME_INVALID",
    "FIRST_NAME_MISSING",
    "LAST_NAME_INVALID",
    "LAST_NAME_MISSING",
    "TIMEZONE_INVALID",
    "TIMEZONE_MISSING",
    "TIMEZONE_UNMATCHED",
    "PRIORITY_INVALID",
    "EXTERNAL_REF_MISSING",
    "REQUIRED_FIELDS",
    "OTHER",
}


def record(draft: Draft, unique_by: UniqueBy = UniqueBy.PHONE_NUMBER) -> NewRecord:
    found = judge(draft, unique_by=unique_by)
    assert isinstance(found, NewRecord), found
    return found


def problems(draft: Draft, unique_by: UniqueBy = UniqueBy.PHONE_NUMBER) -> list[RowProblem]:
    found = judge(draft, unique_by=unique_by)
    assert isinstance(found, list), found
    return found


def kind(draft: Draft, unique_by: UniqueBy = UniqueBy.PHONE_NUMBER) -> str:
    return problems(draft, unique_by)[0].kind.value


def calling(*numbers: str) -> Draft:
    return replace(ANA, phones=list(zip(PhoneType, numbers, strict=False)))


class TestARecord:
    def test_keeps_its_phones_in_the_order_given_and_skips_blank_ones(self) -> None:
        found = record(calling("", "+12025550177", "  ", "+12025550142"))
        assert [(phone.type, phone.number) for phone in found.phones] == [
            (PhoneType.HOME, "+12025550177"),
            (PhoneType.EXTRA_1, "+12025550142"),
        ]

    def test_has_priority_5_when_none_is_given(self) -> None:
        assert record(ANA).priority == 5
        assert record(replace(ANA, priority=" 10 ")).priority == 10

    def test_is_trimmed_of_the_blanks_around_it(self) -> None:
        found = record(replace(ANA, first_name=" Ana ", timezone=" europe/lisbon "))
        assert (found.first_name, found.timezone) == ("Ana", "Europe/Lisbon")

    def test_needs_an_external_reference_only_where_that_makes_it_unique(self) -> None:
        assert record(ANA).external_id is None
        assert kind(ANA, UniqueBy.EXTERNAL) == "missing_external_reference"
        referred = replace(ANA, external_id="K-1", external_provider="crm")
        assert record(referred, UniqueBy.EXTERNAL).external_id == "K-1"


class TestPhoneNumbers:
    @pytest.mark.parametrize(
        "number",
        [
            "+12025550142",
            "+13255550150",
            "+12005550100",
            "+442079460958",
            "+33199001234",
            "+493023125045",
            "+61491570156",
        ],
    )
    def test_ranges_kept_for_fiction_are_welcome_even_in_area_codes_that_nobody_has(self, number: str) -> None:
        assert record(calling(number)).phones[0].number == number

    @pytest.mark.parametrize("written", ["+1 202-555-0142", "+1 (202) 555.0142", "+1/202/5550142"])
    def test_usual_punctuation_is_taken_out(self, written: str) -> None:
        assert record(calling(written)).phones[0].number == "+12025550142"

    def test_a_trunk_zero_in_an_international_number_is_taken_out(self) -> None:
        assert record(calling("+44 (0)20 7946 0958")).phones[0].number == "+442079460958"

    @pytest.mark.parametrize(
        ("number", "expected"),
        [
            ("call me", "phone_letters"),
            ("+1202555O142", "phone_letters"),
            ("+1202555", "phone_too_short"),
            ("-", "phone_too_short"),
            ("+1202555014212345678901", "phone_too_long"),
            ("12025550142", "phone_invalid"),
            ("+1202555014", "phone_invalid"),
            ("+12025550", "phone_invalid"),
            ("+9995550142000", "phone_invalid"),
            ("++12025550142", "phone_invalid"),
            ("+12025550142#7", "phone_invalid"),
            ("+12025550142 +12025550177", "phone_too_long"),
        ],
    )
    def test_what_is_no_number_is_refused_for_what_it_is(self, number: str, expected: str) -> None:
        assert kind(calling(number)) == expected

    def test_digits_of_other_scripts_are_not_digits_of_a_number(self) -> None:
        assert kind(calling("+1202555014２")) == "phone_invalid"

    def test_one_bad_number_refuses_the_row_although_another_is_good(self) -> None:
        assert kind(calling("+12025550142", "+1202555")) == "phone_too_short"

    def test_a_type_stands_once(self) -> None:
        twice = [(PhoneType.HOME, "+12025550142"), (PhoneType.HOME, "+12025550177")]
        assert kind(replace(ANA, phones=twice)) == "repeated_phone_type"


class TestTheKindOfARow:
    WRONG_IN_ORDER: ClassVar[tuple[tuple[dict[str, Any], str], ...]] = (
        ({"first_name": ""}, "missing_first_name"),
        ({"last_name": "   "}, "missing_last_name"),
        ({"first_name": "x" * 81}, "name_too_long"),
        ({"phones": []}, "no_phone"),
        ({"phones": [(PhoneType.MOBILE, "call me")]}, "phone_letters"),
        ({"phones": [(PhoneType.MOBILE, "+1202555")]}, "phone_too_short"),
        ({"phones": [(PhoneType.MOBILE, "+1202555014212345")]}, "phone_too_long"),
        ({"phones": [(PhoneType.MOBILE, "+1202555014")]}, "phone_invalid"),
        ({"timezone": "Mars/Olympus"}, "bad_timezone"),
        ({"priority": "11"}, "bad_priority"),
    )

    @pytest.mark.parametrize(("change", "expected"), WRONG_IN_ORDER)
    def test_is_what_is_wrong_with_it(self, change: dict[str, Any], expected: str) -> None:
        assert kind(replace(ANA, **change)) == expected

    @pytest.mark.parametrize("place", range(len(WRONG_IN_ORDER) - 1))
    def test_is_the_first_in_order_when_several_things_are_wrong(self, place: int) -> None:
        (first, expected), (second, _) = self.WRONG_IN_ORDER[place : place + 2]
        assert kind(replace(ANA, **(second | first))) == expected

    def test_is_the_first_in_order_whichever_phone_has_it(self) -> None:
        assert kind(calling("+1202555014", "+1202555", "call me")) == "phone_letters"

    @pytest.mark.parametrize("priority", ["0", "-3", "11", "5.0", "high", "１", "1e1", "+5"])
    def test_is_bad_priority_for_all_but_1_to_10(self, priority: str) -> None:
        assert kind(replace(ANA, priority=priority)) == "bad_priority"

    def test_a_name_of_80_characters_is_not_too_long(self) -> None:
        assert record(replace(ANA, last_name=" " + "x" * 80)).last_name == "x" * 80

    def test_a_reference_that_an_index_cannot_hold_is_refused(self) -> None:
        assert kind(replace(ANA, external_id="x" * 256)) == "bad_external_reference"


class TestTheApisWords:
    def test_every_kind_has_one_of_them(self) -> None:
        """But for what only a row of a do-not-call list can have wrong, of which the API says nothing."""
        assert set(ROW_ERRORS) == set(RowKind)
        of_records = set(RowKind) - {RowKind.BAD_EXPIRATION_DATE}
        found = {row_error(kind, member) for kind in of_records for member in ("first_name", "last_name", "x")}
        assert found <= API_WORDS

    def test_a_long_name_is_said_of_the_name_that_is_long(self) -> None:
        assert problems(replace(ANA, first_name="x" * 81))[0].code == "FIRST_NAME_INVALID"
        assert problems(replace(ANA, last_name="x" * 81))[0].code == "LAST_NAME_INVALID"


class TestZones:
    def test_a_records_own_zone_binds_all_its_phones(self) -> None:
        found = record(replace(calling("+12025550142", "+493023125045"), timezone="Europe/Berlin"))
        assert {phone.zones for phone in found.phones} == {("Europe/Berlin",)}

    def test_without_one_each_phone_has_the_zones_of_its_prefix(self) -> None:
        found = record(calling("+12025550142", "+442079460958"))
        assert found.phones[0].zones == ("America/New_York",)
        assert "Europe/London" in found.phones[1].zones

    def test_a_mobile_number_has_all_zones_of_a_country_in_which_mobiles_roam(self) -> None:
        assert {"Australia/Perth", "Australia/Sydney"} <= set(zones_of(PhoneNumber("+61491570156"), None))

    def test_a_number_out_of_an_open_range_still_has_the_zones_of_its_prefix(self) -> None:
        assert set(zones_of(PhoneNumber("+447700900123"), None)) >= {"Europe/London"}

    def test_are_sorted_so_that_equal_sets_are_equal(self) -> None:
        zones = zones_of(PhoneNumber("+18005550100"), None)
        assert len(zones) > 1
        assert zones == tuple(sorted(set(zones)))

    def test_a_number_of_no_place_needs_a_zone(self) -> None:
        assert zones_of(PhoneNumber("+80012345678"), None) == ()
        assert kind(calling("+80012345678")) == "timezone_unmatched"
        assert record(replace(calling("+80012345678"), timezone="UTC")).phones[0].zones == ("UTC",)

    @pytest.mark.parametrize("name", ["localtime", "Factory", "../etc/passwd", "Mars/Olympus", "", "x" * 36])
    def test_what_names_no_place_is_no_zone(self, name: str) -> None:
        assert zone_name(name) is None


class TestDuplicates:
    TAKEN = frozenset({("+12025550177",), ("crm", "K-1")})

    def test_share_any_number_with_a_record_of_the_list(self) -> None:
        found = duplicate(record(calling("+12025550142", "+12025550177")), UniqueBy.PHONE_NUMBER, self.TAKEN)
        assert found is not None
        assert (found.kind, found.column) == (RowKind.DUPLICATE_PHONE_NUMBER, "HOME")
        assert duplicate(record(ANA), UniqueBy.PHONE_NUMBER, self.TAKEN) is None

    def test_share_the_external_reference_where_that_makes_them_unique(self) -> None:
        again = record(replace(ANA, external_id="K-1", external_provider="crm"))
        found = duplicate(again, UniqueBy.EXTERNAL, self.TAKEN)
        assert found is not None
        assert found.kind is RowKind.DUPLICATE_EXTERNAL_REFERENCE
        other = record(replace(ANA, external_id="K-1", external_provider="another"))
        assert duplicate(other, UniqueBy.EXTERNAL, self.TAKEN) is None

    def test_do_not_exist_where_nothing_makes_records_unique(self) -> None:
        assert duplicate(record(calling("+12025550177")), UniqueBy.NOTHING, self.TAKEN) is None

    def test_are_seen_beside_other_problems(self) -> None:
        nameless = replace(calling("+12025550177"), first_name="")
        assert [found.code for found in duplicates_of(nameless, UniqueBy.PHONE_NUMBER, self.TAKEN)] == [
            "PHONE_NUMBER_NOT_UNIQUE"
        ]
