"""Scheduled callbacks: what may be sent, what is shown, the compatible routes, and the making of them under `/v1`."""

from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.callbacks import CallbackDetails, CallbackExplained, CallbackShown
from outdial.api.auth import needs
from outdial.api.bodies import read_json
from outdial.api.describe import described, pages_of
from outdial.api.hal import hal, instant, link, nothing, without_absent
from outdial.api.paging import LongPageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import (
    LARGEST_WHOLE_NUMBER,
    Instant,
    Shape,
    WholeNumber,
    all_of,
    any_case,
    read_as,
    read_query,
    wrong,
)
from outdial.app import callbacks
from outdial.app.callbacks import Wanted
from outdial.app.campaigns import uuid_of
from outdial.domain.access import Principal, Scope
from outdial.domain.callbacks import (
    LONGEST_RING_GROUP,
    MOST_ASSIGNEES,
    MOST_RESCHEDULES,
    AssignType,
    CallbackExists,
    CallbackNotFound,
    CallbackOver,
    CallbackRefused,
    CallbackStatus,
    FromCallType,
    TooManyReschedules,
)
from outdial.domain.campaigns import CampaignNotFound
from outdial.domain.dnc import LONGEST_NUMBER, number_in
from outdial.domain.errors import FieldProblem, Invalid
from outdial.domain.records import RecordId
from outdial.domain.values import CampaignId, PhoneNumber, UserId
from outdial.domain.zones import zone_name
from outdial.ports.callbacks import CallbackFilter, SeenCallback

Read = Annotated[Principal, needs(Scope.CALLBACKS_READ)]
Write = Annotated[Principal, needs(Scope.CALLBACKS_WRITE)]

router = APIRouter(tags=["Scheduled callbacks"])

# What is shown -------------------------------------------------------------------------------------------------------


def shown(request: Request, seen: SeenCallback, who: Principal) -> dict[str, Any]:
    """A callback as the lists of the compatible API show it."""
    callback = seen.callback
    assigned = callback.assignment
    zone = callback.timezone or (seen.zones[0] if len(seen.zones) == 1 else None)
    return without_absent(
        {
            "callback_id": str(callback.id),
            "account_id": str(who.account),
            "interaction_id": _text(callback.interaction),
            "root_interaction_id": _text(callback.interaction),
            "campaign_id": str(callback.campaign_id),
            "record_id": str(callback.record_id),
            "record_list_id": str(seen.list_id),
            "phone_number": callback.phone_number,
            "caller_id": seen.caller_id,
            "timezone": zone,
            "scheduled_time_to_call": instant(callback.scheduled_at),
            "next_time_to_call": instant(callback.due_at),
            "processed_time": None if callback.processed_at is None else instant(callback.processed_at),
            "assign_type": assigned.type.value,
            "from_call_type": callback.from_call_type.value,
            "dialing_model": None if seen.dialing_mode is None else seen.dialing_mode.value,
            "agents": [{"agent_id": str(agent)} for agent in assigned.agents],
            "ring_groups": [{"ring_group": name} for name in assigned.ring_groups],
            "teams": [{"team_id": str(team)} for team in seen.teams],
            "record_first_name": seen.first_name,
            "record_last_name": seen.last_name,
            "record_extra_data": dict(seen.extra_data),
            "status": callback.status.value,
            "created_by": callback.created_by,
            "created_at": instant(callback.created_at),
            "_links": {"self": link(request, f"/schedule-callbacks/{callback.id}")},
        }
    )


def shown_in_detail(request: Request, seen: SeenCallback, who: Principal) -> dict[str, Any]:
    """A callback as a read of it alone shows it."""
    callback = seen.callback
    return {
        **shown(request, seen, who),
        "record_list_name": seen.list_name,
        "time_to_call": instant(callback.scheduled_at),
        "current_retry_attempts": callback.attempts,
        "current_rescheduled_attempts": callback.reschedules,
        "max_rescheduled_attempts": MOST_RESCHEDULES,
    }


def shown_with_reason(request: Request, seen: SeenCallback, who: Principal) -> dict[str, Any]:
    """A callback as `/v1` shows it: with why it has its time or is over, and when it was dialed first."""
    callback = seen.callback
    return without_absent(
        {
            **shown_in_detail(request, seen, who),
            "reason": None if callback.reason is None else callback.reason.value,
            "dialed_at": None if callback.dialed_at is None else instant(callback.dialed_at),
            "zones": list(seen.zones),
            "_links": {
                "self": link(request, f"/v1/schedule-callbacks/{callback.id}"),
                "campaign": link(request, f"/campaigns/{callback.campaign_id}"),
                "record": link(request, f"/record-lists/{seen.list_id}/records/{callback.record_id}"),
            },
        }
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


# What may be sent ----------------------------------------------------------------------------------------------------


def _number(value: object) -> object:
    number = number_in(value) if isinstance(value, str) and 1 <= len(value) <= LONGEST_NUMBER else None
    if number is None:
        raise wrong("must be a phone number in international form, such as +12025550142")
    return number


def _zone(value: object) -> object:
    name = zone_name(value) if isinstance(value, str) else None
    if name is None:
        raise wrong("must be an IANA time zone, such as Europe/Lisbon")
    return name


def _written(value: object) -> object:
    if not isinstance(value, str):
        raise wrong("must be a date-time such as 2026-02-03T09:15:27.410Z")
    return value


Number = Annotated[PhoneNumber, BeforeValidator(_number)]
Zone = Annotated[str, BeforeValidator(_zone)]
Moment = Annotated[Instant, BeforeValidator(_written)]
AgentIds = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=36)]], Field(max_length=MOST_ASSIGNEES)
]
RingGroups = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_RING_GROUP)]],
    Field(max_length=MOST_ASSIGNEES),
]
Assign = Annotated[AssignType, any_case(AssignType)]


class OperationIn(Shape):
    op: Annotated[str, StringConstraints(max_length=35)]
    path: Annotated[str, StringConstraints(max_length=35)]
    value: Any

    @property
    def member(self) -> str | None:
        """What it replaces, whichever way it is spelled; None where that cannot be replaced."""
        return _MEMBERS.get(self.path.removeprefix("/")) if self.op.lower() == "replace" else None


_MEMBERS: Final = {
    spelled: member
    for member, camel in (
        ("time_to_call", "timeToCall"),
        ("phone_number", "phoneNumber"),
        ("timezone", "timezone"),
        ("assign_type", "assignType"),
        ("agents", "agents"),
        ("ring_groups", "ringGroups"),
    )
    for spelled in (member, camel)
}
_KINDS: Final[dict[str, TypeAdapter[Any]]] = {
    "time_to_call": TypeAdapter(Moment),
    "phone_number": TypeAdapter(Number),
    "timezone": TypeAdapter(Zone),
    "assign_type": TypeAdapter(Assign),
    "agents": TypeAdapter(AgentIds),
    "ring_groups": TypeAdapter(RingGroups),
}
_OPERATIONS: Final = TypeAdapter(Annotated[list[OperationIn], Field(min_length=1, max_length=50)])


def _patch(body: object) -> Wanted:
    """What a patch asks for; of several operations on a member the last counts. Raises `Invalid` with all problems."""
    asked: dict[str, Any] = {}
    problems = []
    operations = read_as(_OPERATIONS, body)
    for place, operation in enumerate(operations):
        member = operation.member
        if member is None:
            described = "only timeToCall, phoneNumber, timezone, assignType, agents and ringGroups can be replaced"
            problems.append(FieldProblem(f"{place}.path", described))
            continue
        try:
            value = read_as(_KINDS[member], operation.value)
        except Invalid as error:
            problems += [FieldProblem(_below(f"{place}.value", one.name), one.description) for one in error.fields]
        else:
            asked[member] = tuple(value) if isinstance(value, list) else value
    all_of(problems)
    return Wanted(**asked)


def _below(place: str, name: str) -> str:
    return place if name == "body" else f"{place}.{name}"


class PromiseIn(Shape):
    """When a person is to be called, where, and by whom."""

    time_to_call: Moment
    phone_number: Number | None = None
    timezone: Zone | None = None
    assign_type: Assign | None = None
    agents: AgentIds | None = None
    ring_groups: RingGroups | None = None

    def wanted(self) -> Wanted:
        return Wanted(
            self.time_to_call,
            self.phone_number,
            self.timezone,
            self.assign_type,
            None if self.agents is None else tuple(self.agents),
            None if self.ring_groups is None else tuple(self.ring_groups),
        )


class CallbackIn(PromiseIn):
    campaign_id: Annotated[str, StringConstraints(min_length=1, max_length=36)]
    record_id: Annotated[str, StringConstraints(min_length=1, max_length=36)]
    owner: Annotated[str, StringConstraints(min_length=1, max_length=36)] | None = None


# Queries -------------------------------------------------------------------------------------------------------------


def _words(most: int, longest: int) -> BeforeValidator:
    """Read a comma-separated list of at most so many words of at most so many characters."""

    def read(value: object) -> object:
        words = [word.strip() for word in str(value).split(",")]
        if not 1 <= len(words) <= most or not all(1 <= len(word) <= longest for word in words):
            raise wrong(f"must be a comma-separated list of 1 to {most} words of 1 to {longest} characters")
        return tuple(words)

    return BeforeValidator(read)


def _call_types(value: object) -> object:
    known = {kind.value: kind for kind in FromCallType}
    words = [word.strip().upper() for word in str(value).split(",")]
    if not all(word in known for word in words):
        raise wrong(f"must be a comma-separated list of {', '.join(known)}")
    return tuple(known[word] for word in words)


def _not_below_one(value: int) -> int:
    return max(1, value)


Words = Annotated[tuple[str, ...], _words(50, 50)]
LongWords = Annotated[tuple[str, ...], _words(100, 100)]
CallTypes = Annotated[tuple[FromCallType, ...], BeforeValidator(_call_types)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=36)]


class CallbackQuery(LongPageQuery):
    # Prose and schema of the published API disagree whether pages count from 0 or from 1: zero is the first, too.
    page: Annotated[WholeNumber, Field(ge=0, le=LARGEST_WHOLE_NUMBER), AfterValidator(_not_below_one)] = 1
    time_to_call: Instant | None = None
    phone_number: Id | None = None
    contact_id: Id | None = None
    campaign_id: Id | None = None
    record_id: Id | None = None
    status: Annotated[CallbackStatus, any_case(CallbackStatus)] | None = None
    next_time_to_call_end: Instant | None = None
    agent_id: Words | None = None
    start_time: Instant | None = None
    end_time: Instant | None = None
    ring_group: LongWords | None = None
    team_id: LongWords | None = None
    from_call_type: CallTypes | None = None

    def which(self) -> CallbackFilter:
        campaign = None if self.campaign_id is None else uuid_of(self.campaign_id)
        record = None if self.record_id is None else uuid_of(self.record_id)
        number = None
        if self.phone_number is not None:
            # The plus sign arrives as a blank when it was not escaped.
            number = number_in(f"+{self.phone_number.strip().removeprefix('+')}")
        asked = ((self.campaign_id, campaign), (self.record_id, record), (self.phone_number, number))
        agents = None if self.agent_id is None else [uuid for one in self.agent_id if (uuid := uuid_of(one))]
        teams = None if self.team_id is None else [uuid for one in self.team_id if (uuid := uuid_of(one))]
        return CallbackFilter(
            scheduled_at=self.time_to_call,
            phone_number=number,
            campaign=None if campaign is None else CampaignId(campaign),
            record=None if record is None else RecordId(record),
            status=self.status,
            due_until=self.next_time_to_call_end,
            due_from=self.start_time,
            due_to=self.end_time,
            agents=None if agents is None else tuple(map(UserId, agents)),
            ring_groups=self.ring_group,
            teams=None if teams is None else tuple(teams),
            from_call_types=self.from_call_type,
            # What is no id and no number of ours names nothing. Nobody has contacts here.
            nothing=self.contact_id is not None or any(sent is not None and read is None for sent, read in asked),
        )


# The routes ----------------------------------------------------------------------------------------------------------


@router.get("/schedule-callbacks", summary="List scheduled callbacks")
@described(pages_of("callbacks", CallbackShown), query=CallbackQuery)
async def list_callbacks(request: Request, who: Read) -> Response:
    query = read_query(request, CallbackQuery)
    total, found = await callbacks.listed(
        query.which(), offset=query.offset, limit=query.per_page, by=who, storage=services_of(request).storage
    )
    items = [shown(request, seen, who) for seen in found]
    return hal(request, page_of(request, "callbacks", items, total=total, query=query))


@router.get("/schedule-callbacks/{callback_id}", summary="Details of a scheduled callback")
@described(CallbackDetails, refuses=(CallbackNotFound,))
async def callback_details(request: Request, callback_id: str, who: Read) -> Response:
    seen = await callbacks.get(callback_id, by=who, storage=services_of(request).storage)
    return hal(request, shown_in_detail(request, seen, who))


@router.patch("/schedule-callbacks/{callback_id}", summary="Reschedule or reassign a callback")
@described(
    CallbackDetails,
    body=_OPERATIONS,
    example=[{"op": "replace", "path": "/timeToCall", "value": "2026-02-05T16:30:00Z"}],
    refuses=(CallbackNotFound, CallbackRefused, CallbackOver, TooManyReschedules),
)
async def patch_callback(request: Request, callback_id: str, who: Write) -> Response:
    services = services_of(request)
    await callbacks.get(callback_id, by=who, storage=services.storage)
    wanted = _patch(await read_json(request))
    seen = await callbacks.change(
        callback_id,
        wanted,
        by=who,
        storage=services.storage,
        clock=services.clock,
        holidays=services.holidays,
    )
    return hal(request, shown_in_detail(request, seen, who))


@router.delete("/schedule-callbacks/{callback_id}", status_code=204, summary="Cancel a scheduled callback")
@described(refuses=(CallbackNotFound,))
async def cancel_callback(request: Request, callback_id: str, who: Write) -> Response:
    services = services_of(request)
    await callbacks.cancel(callback_id, by=who, storage=services.storage, clock=services.clock)
    return nothing()


@router.post("/v1/schedule-callbacks", status_code=201, summary="Schedule a callback to a record of a campaign")
@described(
    CallbackExplained,
    body=CallbackIn,
    example={
        "campaign_id": "5b0c4f1e-7d1a-4c58-9a42-0f6a3f6c2d11",
        "record_id": "1f7c2b90-33aa-4e6d-b6a1-77c0de5a9b21",
        "time_to_call": "2026-02-05T16:30:00Z",
        "assign_type": "ANY_ELIGIBLE_AGENT",
    },
    makes="callback_id",
    made_at="/callback_id",
    refuses=(CampaignNotFound, CallbackRefused, CallbackExists),
)
async def create_callback(request: Request, who: Write) -> Response:
    services = services_of(request)
    new = read_as(CallbackIn, await read_json(request))
    seen = await callbacks.create(
        new.campaign_id,
        new.record_id,
        new.wanted(),
        owner=new.owner,
        by=who,
        storage=services.storage,
        clock=services.clock,
        ids=services.ids,
        holidays=services.holidays,
    )
    body = shown_with_reason(request, seen, who)
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})


@router.get("/v1/schedule-callbacks/{callback_id}", summary="A scheduled callback, and why it is as it is")
@described(CallbackExplained, refuses=(CallbackNotFound,))
async def explained_callback(request: Request, callback_id: str, who: Read) -> Response:
    seen = await callbacks.get(callback_id, by=who, storage=services_of(request).storage)
    return hal(request, shown_with_reason(request, seen, who))
