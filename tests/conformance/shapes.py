"""The shapes of the protocol's resources, and a small way to say them.

A member that is not named may be there all the same: servers may tell more than the documents do.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Protocol


class Kind(Protocol):
    def problems(self, value: object, at: str) -> list[str]:
        """What is wrong with a value that stands at this path."""


@dataclass(frozen=True)
class Text:
    shortest: int = 0
    longest: int = 2083
    pattern: str = ".*"

    def problems(self, value: object, at: str) -> list[str]:
        if not isinstance(value, str):
            return [f"{at}: {value!r} is no string"]
        if not self.shortest <= len(value) <= self.longest:
            return [f"{at}: {len(value)} characters, not {self.shortest} to {self.longest}"]
        return [] if re.fullmatch(self.pattern, value, re.DOTALL) else [f"{at}: {value!r} does not fit {self.pattern}"]


@dataclass(frozen=True)
class Whole:
    least: int = 0
    most: int = 4611686018427388000

    def problems(self, value: object, at: str) -> list[str]:
        fits = isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most
        return [] if fits else [f"{at}: {value!r} is no whole number from {self.least} to {self.most}"]


@dataclass(frozen=True)
class Truth:
    def problems(self, value: object, at: str) -> list[str]:
        return [] if isinstance(value, bool) else [f"{at}: {value!r} is neither true nor false"]


@dataclass(frozen=True)
class OneOf:
    values: tuple[str, ...]

    def problems(self, value: object, at: str) -> list[str]:
        return [] if value in self.values else [f"{at}: {value!r} is none of {', '.join(self.values)}"]


@dataclass(frozen=True)
class Instant:
    """RFC 3339 in UTC, with milliseconds or (`whole_seconds`) without."""

    whole_seconds: bool = False

    def problems(self, value: object, at: str) -> list[str]:
        fraction = r"(\.\d{3})?" if self.whole_seconds else r"\.\d{3}"
        if isinstance(value, str) and re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d{fraction}Z", value):
            try:
                datetime.fromisoformat(value)
            except ValueError:
                pass
            else:
                return []
        return [f"{at}: {value!r} is no instant such as 2026-02-03T09:15:27.410Z"]


@dataclass(frozen=True)
class Day:
    def problems(self, value: object, at: str) -> list[str]:
        try:
            fits = isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
        except ValueError:
            fits = False
        return [] if fits else [f"{at}: {value!r} is no date such as 2027-06-30"]


@dataclass(frozen=True)
class ListOf:
    item: Kind
    fewest: int = 0
    most: int = 1_000_000

    def problems(self, value: object, at: str) -> list[str]:
        if not isinstance(value, list):
            return [f"{at}: {value!r} is no array"]
        few = [] if self.fewest <= len(value) <= self.most else [f"{at}: {len(value)} items"]
        return few + [one for place, item in enumerate(value) for one in self.item.problems(item, f"{at}[{place}]")]


@dataclass(frozen=True)
class Object:
    required: Mapping[str, Kind] = field(default_factory=dict)
    optional: Mapping[str, Kind] = field(default_factory=dict)

    def problems(self, value: object, at: str = "") -> list[str]:
        if not isinstance(value, dict):
            return [f"{at or 'the body'}: {value!r} is no object"]
        prefix = f"{at}." if at else ""
        found = [f"{prefix}{name} is missing" for name in self.required if name not in value]
        for name, kind in {**self.required, **self.optional}.items():
            if name in value:
                found += kind.problems(value[name], f"{prefix}{name}")
        return found

    def and_also(self, required: Mapping[str, Kind], optional: Mapping[str, Kind] | None = None) -> "Object":
        return Object({**self.required, **required}, {**self.optional, **(optional or {})})


def fits(kind: Kind, value: Any) -> None:
    """Fail with everything that is wrong with a value."""
    problems = kind.problems(value, "")
    assert not problems, "\n".join(problems)


ID: Final = Text(1, 36)
LINK: Final = Object({"href": Text(1, 2083, r"https?://.+")})
NUMBER: Final = Text(3, 16, r"\+[1-9]\d{1,14}")


def links(*required: str, optional: Sequence[str] = ()) -> Object:
    return Object(dict.fromkeys(required, LINK), dict.fromkeys(optional, LINK))


# Campaigns -----------------------------------------------------------------------------------------------------------

UNIT: Final = OneOf(("SECONDS", "MINUTES", "HOURS", "DAYS"))
ATTEMPTS: Final = Whole(1, 100)
PERIOD: Final = Whole(1, 2592000)
TIME: Final = Text(8, 8, r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d")
WEEK_DAY: Final = OneOf(("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"))
PHONE_TYPE: Final = OneOf(("HOME", "OFFICE", "MOBILE", "EXTRA_1", "EXTRA_2", "EXTRA_3"))
AFTER_CALL: Final = OneOf(("FINAL", "RETRY"))

OUTCOME: Final = Object(
    {"status_after_call": AFTER_CALL, "custom": Truth()},
    {"max_attempts": ATTEMPTS, "retry_period": PERIOD, "retry_period_time_unit": UNIT},
)
BUSY: Final = OUTCOME.and_also({"max_attempts": ATTEMPTS})
CHAIN_ITEM: Final = Object(
    {"type": PHONE_TYPE, "max_attempts": ATTEMPTS},
    {"retry_period": PERIOD, "retry_time_unit": UNIT, "retry_period_time_unit": UNIT},
)
STRATEGY: Final = Object(
    {
        "max_attempts": ATTEMPTS,
        "retry_period": PERIOD,
        "retry_time_unit": UNIT,
        "calling_hours": ListOf(Object({"from": TIME, "to": TIME, "week_days": ListOf(WEEK_DAY)})),
        "dispositions": Object(
            {"busy": BUSY, "no_answer": OUTCOME, "invalid_number": Object({"status_after_call": AFTER_CALL})},
            {
                "abandoned": OUTCOME,
                "hangup_before_connection": OUTCOME,
                "agent_hangup_before_connection": OUTCOME,
                "answering_machine_detection": OUTCOME,
            },
        ),
    },
    {
        "max_skip_attempts": Whole(0, 20),
        "strategy_type": OneOf(("AUTOMATIC", "MANUAL")),
        "preview_timeout": Whole(6, 300),
        "record_chain": ListOf(CHAIN_ITEM, 6, 6),
        "lists_sorting_criteria": OneOf(("FIFO", "LIFO")),
        "ivr_enabled": Truth(),
    },
)
CONFIGURATION: Final = Object(
    {"max_ring_time_in_secs": Whole(6, 120)},
    {
        "answering_machine_detection": Truth(),
        "amd_metadata": Truth(),
        "max_abandonment_rate": Whole(1, 100),
        "max_dialing_ratio": Whole(1, 3),
        "abandonment_timeout": Object({"amount": Whole(2, 30)}),
    },
)
TEAM: Final = Object({"id": ID, "name": Text(1), "_links": links("self")})
CAMPAIGN: Final = Object(
    {"_links": links("self", "campaigns"), "id": ID, "name": Text(3, 35)},
    {
        "dialing_mode": OneOf(("PREDICTIVE", "PREVIEW")),
        "priority": Whole(1, 10),
        "run_once": Truth(),
        "action_required": Truth(),
        "status": OneOf(("INCOMPLETE", "READY", "RUNNING", "PAUSED")),
        "dialing_mode_configuration": CONFIGURATION,
        "dialing_strategy": STRATEGY,
        "teams": ListOf(TEAM),
        "created_at": Instant(),
    },
)

# Pages ---------------------------------------------------------------------------------------------------------------


def page(name: str, item: Kind, *, most: int = 500) -> Object:
    """A page of a collection: `total` and `total_pages` are emitted everywhere, also where one document lacks them."""
    return Object(
        {
            "total": Whole(),
            "count": Whole(),
            "page": Whole(1),
            "per_page": Whole(1, most),
            "total_pages": Whole(1),
            "_embedded": Object({name: ListOf(item)}),
            "_links": links("self", "first", "last", optional=("prev", "next")),
        }
    )


CAMPAIGN_PAGE: Final = page("campaigns", CAMPAIGN, most=100)


def assigned(name: str) -> Object:
    number: Mapping[str, Kind] = {"phone_number": NUMBER} if name == "numbers" else {}
    return page(name, Object({"id": ID, "_links": links("self", name), **number}), most=250)


# Record lists --------------------------------------------------------------------------------------------------------

LIST_STATUS: Final = OneOf(("INCOMPLETE", "UPLOADED", "VALIDATION_STARTED", "ACCEPTED", "REJECTED", "CORRUPTED"))
UNIQUE_BY: Final = OneOf(("PHONE_NUMBER", "EXTERNAL", "NOTHING"))
USING_PAGE: Final = Object(
    {
        "total": Whole(),
        "count": Whole(),
        "page": Whole(1),
        "per_page": Whole(1),
        "total_pages": Whole(1),
        "_links": links("self"),
        "_embedded": Object(
            {"campaigns": ListOf(Object({"id": ID, "campaign_name": Text(3, 35), "_links": links("self")}))}
        ),
    }
)
RECORD_LIST: Final = Object(
    {
        "id": ID,
        "name": Text(1, 120),
        "unique_identifier_type": UNIQUE_BY,
        "status": LIST_STATUS,
        "records_count": Whole(),
        "account_id": Text(1),
        "created_at": Instant(),
        "updated_at": Instant(),
        "_links": links("self"),
    },
    {"teams": ListOf(TEAM), "campaign_page": USING_PAGE},
)
NEW_RECORD_LIST: Final = Object(
    {
        "id": ID,
        "name": Text(1, 120),
        "unique_identifier_type": UNIQUE_BY,
        "status": LIST_STATUS,
        "_links": links("self", optional=("upload",)),
    },
    {"signed_url": Text(1, 2083, r"https?://.+")},
)
UPLOAD_REQUEST: Final = Object(
    {
        "id": ID,
        "record_list_id": ID,
        "status": LIST_STATUS,
        "_links": links("self", "record_list", optional=("upload",)),
    },
    {"signed_url": Text(1, 2083, r"https?://.+")},
)
PHONE: Final = Object({"phone_number": Text(1, 20, r"\+[1-9]\d{1,14}"), "phone_type": PHONE_TYPE})
RECORD: Final = Object(
    {
        "id": ID,
        "record_list_id": ID,
        "phone_number": Text(1, 20),
        "phone_numbers": ListOf(PHONE, 1),
        "first_name": Text(1, 80),
        "last_name": Text(1, 80),
        "priority": Whole(1, 11),
        "created_at": Instant(),
        "updated_at": Instant(),
        "_links": links("self", "record_list"),
    },
    {
        "timezone": Text(1, 35),
        "extra_data": Object(),
        "external_provider": Text(),
        "external_id": Text(),
        "external_url": Text(),
        "sync_external_id": Truth(),
    },
)
ROW_ERROR: Final = OneOf(
    (
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
    )
)
REFUSED_RECORD: Final = Object({"errors": ListOf(ROW_ERROR, 1)})


def bulk(counter: str, *, about: str, link: str, most: int = 100) -> Object:
    """The answer to a bulk: about which list, how many failed, how many were done."""
    return Object(
        {
            about: ID,
            "has_errors": Truth(),
            "total_errors": Whole(0, most),
            counter: Whole(0, most),
            "_links": links("self", link),
            "_embedded": Object(),
        }
    )


FAILED: Final = ListOf(Object({"id": ID, "_links": links("self")}))

# Do-not-call lists ---------------------------------------------------------------------------------------------------

DNC_LIST: Final = Object(
    {
        "id": ID,
        "name": Text(1, 120),
        "status": LIST_STATUS,
        "entries_count": Whole(),
        "account_id": Text(1),
        "created_at": Instant(),
        "updated_at": Instant(),
        "_links": links("self"),
    },
    {"teams": ListOf(TEAM), "campaign_page": USING_PAGE},
)
NEW_DNC_LIST: Final = Object(
    {"id": ID, "name": Text(1, 120), "status": LIST_STATUS, "_links": links("self", optional=("upload",))},
    {"signed_url": Text(1, 2083, r"https?://.+")},
)
ENTRY: Final = Object(
    {
        "id": ID,
        "do_not_call_list_id": ID,
        "phone_number": Text(1, 20, r"\+[1-9]\d{1,14}"),
        "created_at": Instant(),
        "updated_at": Instant(),
        "_links": links("self", "do_not_call_list"),
    },
    {"reason": Text(), "expiration_date": Day()},
)

# Teams ---------------------------------------------------------------------------------------------------------------

TEAM_PAGE: Final = Object(
    {
        "count": Whole(),
        "page": Whole(1),
        "per_page": Whole(1, 500),
        "total_pages": Whole(1),
        "_embedded": Object({"teams": ListOf(TEAM.and_also({"_links": links("self", "teams")}))}),
        "_links": links("self", optional=("first", "last", "prev", "next")),
    }
)

# Callbacks -----------------------------------------------------------------------------------------------------------

CALLBACK: Final = Object(
    {
        "callback_id": ID,
        "status": OneOf(("UNATTEMPTED", "TO_BE_RETRIED", "EXHAUSTED", "SUCCESS", "CANCELED", "INVALID_NUMBER")),
        "_links": links("self"),
    },
    {
        "account_id": Text(1),
        "interaction_id": Text(1),
        "root_interaction_id": Text(1),
        "contact_id": Text(1),
        "created_by": Text(1),
        "campaign_id": ID,
        "record_id": ID,
        "record_list_id": ID,
        "phone_number": NUMBER,
        "caller_id": NUMBER,
        "timezone": Text(1, 35),
        "scheduled_time_to_call": Instant(whole_seconds=True),
        "time_to_call": Instant(whole_seconds=True),
        "next_time_to_call": Instant(whole_seconds=True),
        "processed_time": Instant(whole_seconds=True),
        "created_at": Instant(whole_seconds=True),
        "preferred_start_time": Instant(whole_seconds=True),
        "preferred_end_time": Instant(whole_seconds=True),
        "assign_type": OneOf(
            ("MYSELF_ONLY", "SPECIFIC_AGENT", "SPECIFIC_RING_GROUP", "MYSELF_IF_AVAILABLE", "ANY_ELIGIBLE_AGENT")
        ),
        "from_call_type": OneOf(("INBOUND", "MANUAL_OUTBOUND", "PROACTIVE_OUTBOUND")),
        "dialing_model": OneOf(("PREDICTIVE", "PREVIEW")),
        "agents": ListOf(Object({"agent_id": Text(1, 50)})),
        "ring_groups": ListOf(Object({"ring_group": Text(1, 100)})),
        "teams": ListOf(Object({"team_id": Text(1, 100)})),
        "record_first_name": Text(),
        "record_last_name": Text(),
        "record_extra_data": Object(),
    },
)
CALLBACK_DETAILS: Final = CALLBACK.and_also(
    {},
    {
        "record_list_name": Text(1, 120),
        "current_retry_attempts": Whole(),
        "current_rescheduled_attempts": Whole(),
        "max_rescheduled_attempts": Whole(),
    },
)

# Integrations, reports -----------------------------------------------------------------------------------------------

CONTACT: Final = Object(
    {"campaign_id": ID, "contact_name": Text(1)},
    {"id": Text(1), "campaign_records": ListOf(Object({"key": Text(1, 255), "value": Text(1, 255)}))},
)
JOB: Final = Object(
    {
        "id": Text(1),
        "name": Text(1),
        "timezone": Text(1),
        "status": OneOf(("created", "processing", "uploading", "done", "failed", "canceled", "deleted")),
        "format": OneOf(("csv", "json", "json_bulk")),
        "timespan": Object({"from": Text(1), "to": Text(1)}),
    }
)
REPORT_JOB: Final = Object({"job": JOB, "_links": links("self", "files")})

# OAuth ---------------------------------------------------------------------------------------------------------------

INTROSPECTION: Final = Object(
    {
        "token_introspection": Object(
            {"active": Truth()}, {name: Text(1) for name in ("iss", "aud", "cid", "aid", "scp")}
        )
    },
    {"kid": Text(1), "sig": Text(1)},
)
KEY_SET: Final = Object({"keys": ListOf(Object({"kty": Text(1), "kid": Text(1)}), 1)})
