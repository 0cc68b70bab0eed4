"""The campaign resource: what may be sent, what is shown, and the routes of the compatible API."""

import re
from collections.abc import Sequence
from datetime import date, time
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.campaigns import A_CAMPAIGN, AssignedShown, CampaignShown, TimeShown
from outdial.api.auth import needs
from outdial.api.bodies import read_json
from outdial.api.conditional import tagged, unless_changed
from outdial.api.describe import described, order_schema, pages_of, words_schema
from outdial.api.hal import hal, instant, link, nothing, without_absent
from outdial.api.paging import PageQuery, page_of
from outdial.api.services import services_of
from outdial.api.shapes import (
    Instant,
    Query,
    Shape,
    TrueOrFalse,
    WholeNumber,
    all_of,
    any_case,
    read_as,
    read_query,
    wrong,
)
from outdial.api.teams import Teams, shown_inside, teams_of_campaigns
from outdial.app import campaigns
from outdial.app.campaigns import Changes, Named, NewCampaign
from outdial.domain.access import Principal, Scope
from outdial.domain.campaign_document import OUTCOME_KEYS, configuration_document, strategy_document
from outdial.domain.campaigns import (
    CallingWindow,
    Campaign,
    CampaignNotFound,
    CampaignNotPausable,
    CampaignNotStartable,
    CampaignRunning,
    CampaignStatus,
    ChainItem,
    DialingConfiguration,
    DialingMode,
    DialingStrategy,
    OutcomeRule,
    SortingCriteria,
    StatusAfterCall,
    StrategyType,
    TimeUnit,
    WeekDay,
)
from outdial.domain.errors import FieldProblem
from outdial.domain.outcomes import Outcome
from outdial.domain.teams import TeamId
from outdial.domain.values import PhoneType
from outdial.ports.campaigns import CampaignFilter, OrderBy, Part

router = APIRouter(tags=["Campaigns"])

Read = Annotated[Principal, needs(Scope.CAMPAIGNS_READ)]
Write = Annotated[Principal, needs(Scope.CAMPAIGNS_WRITE)]
ReadAndWrite = Annotated[Principal, needs(Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_WRITE)]

SHORTEST_NAME: Final = 3
LONGEST_NAME: Final = 35
LONGEST_FIELDS: Final = 2083

Name = Annotated[str, StringConstraints(min_length=SHORTEST_NAME, max_length=LONGEST_NAME)]
Priority = Annotated[int, Field(ge=1, le=10)]
Attempts = Annotated[int, Field(ge=1, le=100)]
Period = Annotated[int, Field(ge=1, le=2592000)]
Unit = Annotated[TimeUnit, any_case(TimeUnit)]
AfterCall = Annotated[StatusAfterCall, any_case(StatusAfterCall)]

_UNIT_NAMES: Final = AliasChoices("retry_time_unit", "retry_period_time_unit")
_TIME: Final = re.compile(
    r"(?:(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ])?(?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?P<rest>.*)", re.DOTALL
)
_AFTER_TIME: Final = re.compile(r"(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?")


def _time_of_day(value: object) -> object:
    """The written time of `HH:MM`, `HH:MM:SS` or a date-time; date and zone are dropped."""
    if isinstance(value, str) and len(value) <= 35 and (match := _TIME.fullmatch(value)):
        fits = _AFTER_TIME.fullmatch(match["rest"]) if match["date"] else not match["rest"]
        try:
            if fits:
                if match["date"]:
                    date.fromisoformat(match["date"])
                return time.fromisoformat(match["time"])
        except ValueError:
            pass
    raise wrong("must be a time such as 09:00:00")


TimeOfDay = Annotated[time, BeforeValidator(_time_of_day, json_schema_input_type=TimeShown)]


class WindowIn(Shape):
    from_: TimeOfDay = Field(alias="from")
    to: TimeOfDay
    week_days: list[Annotated[WeekDay, any_case(WeekDay)]]

    def value(self) -> CallingWindow:
        return CallingWindow(self.from_, self.to, tuple(dict.fromkeys(self.week_days)))


class InvalidNumberIn(Shape):
    status_after_call: AfterCall

    def value(self) -> OutcomeRule:
        return OutcomeRule(self.status_after_call)


class OutcomeIn(Shape):
    status_after_call: AfterCall
    custom: bool
    max_attempts: Attempts | None = None
    retry_period: Period | None = None
    retry_unit: Unit | None = Field(None, validation_alias=AliasChoices("retry_period_time_unit", "retry_time_unit"))

    def value(self) -> OutcomeRule:
        return OutcomeRule(self.status_after_call, self.custom, self.max_attempts, self.retry_period, self.retry_unit)


class DispositionsIn(Shape):
    busy: OutcomeIn
    no_answer: OutcomeIn
    abandoned: OutcomeIn | None = None
    hangup_before_connection: OutcomeIn | None = None
    agent_hangup_before_connection: OutcomeIn | None = None
    answering_machine_detection: OutcomeIn | None = None
    invalid_number: InvalidNumberIn

    @model_validator(mode="before")
    @classmethod
    def _old_spellings(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        lower = {key.lower(): value for key, value in data.items()}
        if "abandonment" in lower:
            lower.setdefault("abandoned", lower["abandonment"])
        # A key that is written as documented counts before its other spellings.
        return lower | {key: value for key, value in data.items() if key in OUTCOME_KEYS}

    def value(self) -> dict[Outcome, OutcomeRule]:
        rules = {outcome: getattr(self, key) for key, outcome in OUTCOME_KEYS.items()}
        return {outcome: rule.value() for outcome, rule in rules.items() if rule is not None}


class ChainItemIn(Shape):
    type: Annotated[PhoneType, any_case(PhoneType)]
    max_attempts: Attempts
    retry_period: Period | None = None
    retry_unit: Unit | None = Field(None, validation_alias=_UNIT_NAMES)

    def value(self) -> ChainItem:
        return ChainItem(self.type, self.max_attempts, self.retry_period, self.retry_unit)


class ThingIn(Shape):
    id: Annotated[str, StringConstraints(min_length=1, max_length=36)]

    def named(self, field: str) -> Named:
        return Named(field, self.id)


class NumberIn(Shape):
    id: Annotated[str, StringConstraints(min_length=1, max_length=36)] | None = None
    phone_number: Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{1,14}$")] | None = None

    @field_validator("phone_number", mode="before")
    @classmethod
    def _e164(cls, value: object) -> object:
        if isinstance(value, str) and not re.fullmatch(r"\+[1-9][0-9]{1,14}", value):
            raise wrong("must be a number in E.164, such as +12025550142")
        return value

    @model_validator(mode="after")
    def _one_of_both(self) -> "NumberIn":
        if self.id is None and self.phone_number is None:
            raise wrong("must have an id or a phone_number")
        return self

    def named(self, field: str) -> Named:
        return Named(field, self.id, self.phone_number)


class TimeoutIn(Shape):
    amount: Annotated[int, Field(ge=2, le=30)]


class ConfigurationIn(Shape):
    answering_machine_detection: bool | None = None
    amd_metadata: bool | None = None
    max_abandonment_rate: Annotated[int, Field(ge=1, le=100)] | None = None
    max_dialing_ratio: Annotated[int, Field(ge=1, le=3)] | None = None
    max_ring_time_in_secs: Annotated[int, Field(ge=6, le=120)]
    abandonment_timeout: TimeoutIn | None = None

    def value(self) -> DialingConfiguration:
        return DialingConfiguration(
            max_ring_time_in_secs=self.max_ring_time_in_secs,
            answering_machine_detection=self.answering_machine_detection,
            amd_metadata=self.amd_metadata,
            max_abandonment_rate=self.max_abandonment_rate,
            max_dialing_ratio=self.max_dialing_ratio,
            abandonment_timeout=self.abandonment_timeout.amount if self.abandonment_timeout else None,
        )


class StrategyIn(Shape):
    max_skip_attempts: Annotated[int, Field(ge=0, le=20)] | None = None
    strategy_type: Annotated[StrategyType, any_case(StrategyType)] | None = None
    preview_timeout: Annotated[int, Field(ge=6, le=300)] | None = None
    max_attempts: Attempts
    retry_period: Period
    retry_unit: Unit = Field(validation_alias=_UNIT_NAMES)
    calling_hours: list[WindowIn]
    dispositions: DispositionsIn
    record_chain: list[ChainItemIn] | None = None
    lists_sorting_criteria: Annotated[SortingCriteria, any_case(SortingCriteria)] | None = None
    ivr_enabled: bool | None = None
    caller_ids: Annotated[list[NumberIn], Field(max_length=100)] | None = None

    @field_validator("record_chain")
    @classmethod
    def _each_type_once(cls, chain: list[ChainItemIn] | None) -> list[ChainItemIn] | None:
        given = [item.type for item in chain or ()]
        if given and sorted(given, key=lambda kind: kind.code) != sorted(PhoneType, key=lambda kind: kind.code):
            raise wrong(f"must have exactly one item for each of {', '.join(kind.value for kind in PhoneType)}")
        return chain

    def value(self) -> DialingStrategy:
        return DialingStrategy(
            max_attempts=self.max_attempts,
            retry_period=self.retry_period,
            retry_unit=self.retry_unit,
            calling_hours=tuple(window.value() for window in self.calling_hours),
            dispositions=self.dispositions.value(),
            max_skip_attempts=self.max_skip_attempts,
            strategy_type=self.strategy_type,
            preview_timeout=self.preview_timeout,
            record_chain=tuple(item.value() for item in self.record_chain or ()),
            lists_sorting_criteria=self.lists_sorting_criteria,
            ivr_enabled=self.ivr_enabled,
        )


class CampaignIn(Shape):
    """The body of `POST /campaigns`; the campaign files of the command line have the same shape."""

    name: Name
    dialing_mode: Annotated[DialingMode, any_case(DialingMode)] | None = None
    priority: Priority | None = None
    dialing_mode_configuration: ConfigurationIn | None = Field(
        None, validation_alias=AliasChoices("dialing_mode_configuration", "predictive_mode")
    )
    dialing_strategy: StrategyIn | None = None

    def new_campaign(self) -> NewCampaign:
        configuration, strategy = self.dialing_mode_configuration, self.dialing_strategy
        numbers = strategy.caller_ids or [] if strategy else []
        return NewCampaign(
            name=self.name,
            dialing_mode=self.dialing_mode,
            priority=self.priority,
            configuration=configuration.value() if configuration else None,
            strategy=strategy.value() if strategy else None,
            caller_ids=tuple(
                number.named(f"dialing_strategy.caller_ids.{place}") for place, number in enumerate(numbers)
            ),
        )


def new_campaign(body: object) -> NewCampaign:
    """A campaign as JSON describes it. Raises `Invalid` with every wrong member."""
    return read_as(CampaignIn, body).new_campaign()


_DETAILS: Final = ("dialing_mode_configuration", "dialing_strategy")


def shown(request: Request, campaign: Campaign, fields: Sequence[str], teams: Teams | None = None) -> dict[str, Any]:
    """A campaign as the API shows it, with those of the larger members that are named in `fields`."""
    members: dict[str, Any] = {
        "id": str(campaign.id),
        "name": campaign.name,
        "dialing_mode": campaign.dialing_mode.value if campaign.dialing_mode else None,
        "priority": campaign.priority,
        "run_once": campaign.run_once,
        "action_required": campaign.action_required,
        "status": campaign.status.value,
        "dialing_mode_configuration": (
            _shown_configuration(campaign.configuration)
            if campaign.configuration and "dialing_mode_configuration" in fields
            else None
        ),
        "dialing_strategy": (
            _shown_strategy(campaign.strategy) if campaign.strategy and "dialing_strategy" in fields else None
        ),
        "teams": None if teams is None else [shown_inside(request, team) for team in teams],
        "created_at": instant(campaign.created_at),
        "_links": {"self": link(request, f"/campaigns/{campaign.id}"), "campaigns": link(request, "/campaigns")},
    }
    return without_absent(members)


def _shown_configuration(configuration: DialingConfiguration) -> dict[str, Any]:
    whole = {
        name: value
        for name in ("max_abandonment_rate", "max_dialing_ratio")
        if (value := _whole(getattr(configuration, name))) is not None
    }
    return configuration_document(configuration) | whole


def _whole(value: float | None) -> int | None:
    """The whole number next to a setting that `/v1` may give decimals; never 0, which this API does not know."""
    return None if value is None else max(1, int(value + 0.5))


def _shown_strategy(strategy: DialingStrategy) -> dict[str, Any]:
    shown = strategy_document(strategy)
    shown["dispositions"].get("busy", {}).setdefault("max_attempts", strategy.max_attempts)
    for item in shown.get("record_chain", ()):
        # Two documents give this member two names: both are shown.
        if "retry_period_time_unit" in item:
            item["retry_time_unit"] = item["retry_period_time_unit"]
    return shown


def _named_fields(value: object, allowed: Sequence[str]) -> object:
    if not isinstance(value, str) or len(value) > LONGEST_FIELDS:
        raise wrong(f"must have at most {LONGEST_FIELDS} characters")
    names = [name.strip() for name in value.split(",") if name.strip()]
    if not set(names) <= set(allowed):
        raise wrong(f"must be a comma-separated list of {', '.join(allowed)}")
    return tuple(names)


Fields = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: _named_fields(value, _DETAILS)), words_schema(*_DETAILS)
]
ListFields = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: _named_fields(value, (*_DETAILS, "teams"))),
    words_schema(*_DETAILS, "teams"),
]


class DetailQuery(Query):
    fields: Fields | None = None


_ORDERS: Final = order_schema(*(order.value for order in OrderBy))


def _order(value: object) -> object:
    """A column, bare or with its direction."""
    column, _, direction = str(value).partition(":")
    if column in {order.value for order in OrderBy} and direction in {"", "asc", "desc"} and value != f"{column}:":
        return OrderBy(column), direction == "desc"
    raise wrong(f"must be one of {', '.join(order.value for order in OrderBy)}, each bare or with :asc or :desc")


ShortText = Annotated[str, StringConstraints(max_length=LONGEST_NAME)]
ForeignId = Annotated[str, StringConstraints(max_length=36)]


class ListQuery(PageQuery):
    fields: ListFields = ()
    name: ShortText | None = None
    search: ShortText = ""
    user_id: ForeignId | None = None
    team_id: str | None = None
    # The published name lacks a letter; both are understood.
    do_not_call_list_id: ForeignId | None = Field(
        None, validation_alias=AliasChoices("do_no_call_list_id", "do_not_call_list_id")
    )
    record_list_id: ForeignId | None = None
    order_by: Annotated[tuple[OrderBy, bool], BeforeValidator(_order), _ORDERS] = (OrderBy.CREATED_AT, True)
    dialing_mode: Annotated[DialingMode, any_case(DialingMode)] | None = None
    status: Annotated[CampaignStatus, any_case(CampaignStatus)] | None = None
    action_required: TrueOrFalse | None = None
    priority: Annotated[WholeNumber, Field(ge=1, le=10)] | None = None
    created_at_from: Instant | None = None
    created_at_to: Instant | None = None

    def which(self) -> CampaignFilter:
        parts = {
            Part.USERS: self.user_id,
            Part.DNC_LISTS: self.do_not_call_list_id,
            Part.RECORD_LISTS: self.record_list_id,
        }
        using = [(part, campaigns.uuid_of(given)) for part, given in parts.items() if given is not None]
        team = None if self.team_id is None else campaigns.uuid_of(self.team_id)
        return CampaignFilter(
            name=self.name,
            search=self.search,
            using=tuple((part, uuid) for part, uuid in using if uuid is not None),
            dialing_mode=self.dialing_mode,
            status=self.status,
            action_required=self.action_required,
            priority=self.priority,
            created_from=self.created_at_from,
            created_to=self.created_at_to,
            team=None if team is None else TeamId(team),
            # An id that is no UUID names nothing of ours.
            nothing=(self.team_id is not None and team is None) or any(uuid is None for _, uuid in using),
        )


class CreateQuery(Query):
    source_id: ForeignId | None = None


class AssignedQuery(PageQuery):
    only: Annotated[list[str] | None, BeforeValidator(lambda value: _ids_of_filter(value))] = Field(
        None, alias="filter"
    )


_FILTER: Final = re.compile(r"\s*id\s+eq\s+'(?P<id>[^']{1,36})'\s*", re.IGNORECASE)


def _ids_of_filter(value: object) -> object:
    """The ids of `id eq '...' or id eq '...'`, the only expressions that are understood."""
    terms = [_FILTER.fullmatch(term) for term in re.split(r"(?<=')\s+or\s+", str(value), flags=re.IGNORECASE)]
    if not 1 <= len(str(value)) <= LONGEST_FIELDS or not all(terms):
        raise wrong("must be id eq '...', several of them joined by or")
    return [term["id"] for term in terms if term]


def _operation_schema(path: str, value: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["op", "path", "value"],
        "properties": {"op": {"const": "REPLACE"}, "path": {"enum": [path, f"/{path}"]}, "value": value},
    }


CampaignPatch = Annotated[
    Any,
    WithJsonSchema(
        {
            "oneOf": [
                _operation_schema("status", {"enum": ["running", "paused"]}),
                _operation_schema("name", {"type": "string", "minLength": SHORTEST_NAME, "maxLength": LONGEST_NAME}),
                _operation_schema("priority", {"type": "string", "pattern": "^([1-9]|10)$"}),
            ]
        }
    ),
]
"""What is promised; an array of operations, other cases and numbers are understood as well."""


class OperationIn(Shape):
    """One operation of a patch, before its value is understood."""

    op: str
    path: str
    value: str | int

    @field_validator("value", mode="before")
    @classmethod
    def _text_or_number(cls, value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)[:36]) > 35:
            raise wrong("must be a string of at most 35 characters, or a number")
        return value


def _changes(body: object) -> list[Changes]:
    """What a patch asks for: one operation or an array of them. Raises `Invalid` with every wrong member."""
    operations = read_as(_OPERATIONS, body) if isinstance(body, list) else [read_as(OperationIn, body)]
    changes, problems = [], []
    for place, operation in enumerate(operations):
        prefix = f"{place}." if isinstance(body, list) else ""
        if operation.op.lower() != "replace":
            problems.append(FieldProblem(f"{prefix}op", "must be REPLACE"))
        match operation.path.lower().removeprefix("/"):
            case "status" | "state":
                change = _status_change(operation.value)
                expected = "must be running or paused"
            case "name":
                change = _name_change(operation.value)
                expected = f"must be a string of {SHORTEST_NAME} to {LONGEST_NAME} characters"
            case "priority":
                change = _priority_change(operation.value)
                expected = "must be a whole number from 1 to 10"
            case _:
                problems.append(FieldProblem(f"{prefix}path", "must be one of status, name, priority"))
                continue
        if change is None:
            problems.append(FieldProblem(f"{prefix}value", expected))
        else:
            changes.append(change)
    all_of(problems)
    return changes


_OPERATIONS: Final = TypeAdapter(Annotated[list[OperationIn], Field(min_length=1, max_length=100)])


def _status_change(value: str | int) -> Changes | None:
    status = {"running": CampaignStatus.RUNNING, "paused": CampaignStatus.PAUSED}.get(str(value).lower())
    return None if status is None else Changes(status=status)


def _name_change(value: str | int) -> Changes | None:
    fits = isinstance(value, str) and SHORTEST_NAME <= len(value) <= LONGEST_NAME
    return Changes(name=str(value)) if fits else None


def _priority_change(value: str | int) -> Changes | None:
    return Changes(priority=int(value)) if re.fullmatch(r"[1-9]|10", str(value)) else None


@router.get("/campaigns", summary="List campaigns")
@described(pages_of("campaigns", CampaignShown), query=ListQuery)
async def list_campaigns(request: Request, who: Read) -> Response:
    query = read_query(request, ListQuery)
    column, descending = query.order_by
    total, found = await campaigns.listed(
        query.which(),
        order_by=column,
        descending=descending,
        offset=query.offset,
        limit=query.per_page,
        by=who,
        storage=services_of(request).storage,
    )
    ids = [campaign.id for campaign in found]
    teams = await teams_of_campaigns(request, ids, who, "teams" in query.fields)
    items = [shown(request, campaign, query.fields, teams.get(campaign.id)) for campaign in found]
    return hal(request, page_of(request, "campaigns", items, total=total, query=query))


@router.post("/campaigns", status_code=201, summary="Create a campaign, or duplicate one")
@described(
    CampaignShown,
    query=CreateQuery,
    body=CampaignIn,
    example=A_CAMPAIGN,
    refuses=(CampaignNotFound,),
    makes="campaign_id",
)
async def create_campaign(request: Request, who: ReadAndWrite) -> Response:
    services = services_of(request)
    source_id = read_query(request, CreateQuery).source_id
    if source_id is not None:
        await campaigns.get(source_id, by=who, storage=services.storage)
    new = new_campaign(await read_json(request))
    campaign = await campaigns.create(
        new, source_id=source_id, by=who, storage=services.storage, clock=services.wall, ids=services.ids
    )
    body = shown(request, campaign, _DETAILS)
    return hal(request, body, 201, {"Location": body["_links"]["self"]["href"]})


@router.get("/campaigns/{campaign_id}", summary="Campaign details")
@described(CampaignShown, query=DetailQuery, tagged=True, refuses=(CampaignNotFound,))
async def campaign_details(request: Request, campaign_id: str, who: Read) -> Response:
    campaign = await campaigns.get(campaign_id, by=who, storage=services_of(request).storage)
    fields = read_query(request, DetailQuery).fields
    return tagged(request, campaign, shown(request, campaign, _DETAILS if fields is None else fields))


@router.patch("/campaigns/{campaign_id}", summary="Change a campaign's status, name or priority")
@described(
    CampaignShown,
    body=CampaignPatch,
    example={"op": "REPLACE", "path": "name", "value": "Renewals south"},
    tagged=True,
    conditional=True,
    refuses=(CampaignNotFound, CampaignNotStartable, CampaignNotPausable),
)
async def patch_campaign(request: Request, campaign_id: str, who: Write) -> Response:
    services = services_of(request)
    await campaigns.get(campaign_id, by=who, storage=services.storage)
    changes = _changes(await read_json(request))
    check = unless_changed(request)
    campaign = await campaigns.change(
        campaign_id, changes, check=check, by=who, storage=services.storage, clock=services.wall
    )
    return tagged(request, campaign, shown(request, campaign, _DETAILS))


@router.delete("/campaigns/{campaign_id}", status_code=204, summary="Delete a campaign that is not running")
@described(conditional=True, refuses=(CampaignNotFound, CampaignRunning))
async def delete_campaign(request: Request, campaign_id: str, who: Write) -> Response:
    check = unless_changed(request)
    await campaigns.delete(campaign_id, check=check, by=who, storage=services_of(request).storage)
    return nothing()


_THINGS: Final[dict[Part, TypeAdapter[Sequence[ThingIn | NumberIn]]]] = {
    Part.RECORD_LISTS: TypeAdapter(Annotated[list[ThingIn], Field(min_length=1, max_length=100)]),
    Part.DNC_LISTS: TypeAdapter(Annotated[list[ThingIn], Field(min_length=1, max_length=1)]),
    Part.USERS: TypeAdapter(Annotated[list[ThingIn], Field(min_length=1, max_length=50)]),
    Part.NUMBERS: TypeAdapter(Annotated[list[NumberIn], Field(min_length=1, max_length=100)]),
}


async def _assigned(request: Request, campaign_id: str, who: Principal, part: Part) -> Response:
    services = services_of(request)
    await campaigns.get(campaign_id, by=who, storage=services.storage)
    query = read_query(request, AssignedQuery)
    total, things = await campaigns.assigned(
        campaign_id,
        part,
        only=query.only,
        offset=query.offset,
        limit=query.per_page,
        by=who,
        storage=services.storage,
    )
    path = "/" + part.value.replace("_", "-")
    items = [
        without_absent(
            {
                "id": str(thing.id),
                "phone_number": thing.phone_number,
                "_links": {"self": link(request, f"{path}/{thing.id}"), part.value: link(request, path)},
            }
        )
        for thing in things
    ]
    return hal(request, page_of(request, part.value, items, total=total, query=query))


async def _change_assigned(request: Request, campaign_id: str, who: Principal, part: Part) -> Response:
    services = services_of(request)
    await campaigns.get(campaign_id, by=who, storage=services.storage)
    things = read_as(_THINGS[part], await read_json(request))
    named = [thing.named(str(place)) for place, thing in enumerate(things)]
    do = campaigns.assign if request.method == "POST" else campaigns.unassign
    await do(campaign_id, part, named, by=who, storage=services.storage, clock=services.wall)
    return nothing()


@router.get("/campaigns/{campaign_id}/record-lists", summary="Record lists of a campaign")
@described(pages_of("record_lists", AssignedShown), query=AssignedQuery, refuses=(CampaignNotFound,))
async def record_lists_of(request: Request, campaign_id: str, who: Read) -> Response:
    return await _assigned(request, campaign_id, who, Part.RECORD_LISTS)


@router.post(
    "/campaigns/{campaign_id}/record-lists",
    status_code=204,
    operation_id="assign_record_lists",
    summary="Assign record lists",
)
@router.delete(
    "/campaigns/{campaign_id}/record-lists",
    status_code=204,
    operation_id="unassign_record_lists",
    summary="Unassign record lists",
)
@described(body=_THINGS[Part.RECORD_LISTS], refuses=(CampaignNotFound,))
async def change_record_lists(request: Request, campaign_id: str, who: Write) -> Response:
    return await _change_assigned(request, campaign_id, who, Part.RECORD_LISTS)


@router.get("/campaigns/{campaign_id}/do-not-call-lists", summary="Do-not-call lists of a campaign")
@described(pages_of("do_not_call_lists", AssignedShown), query=AssignedQuery, refuses=(CampaignNotFound,))
async def dnc_lists_of(request: Request, campaign_id: str, who: Read) -> Response:
    return await _assigned(request, campaign_id, who, Part.DNC_LISTS)


@router.post(
    "/campaigns/{campaign_id}/do-not-call-lists",
    status_code=204,
    operation_id="assign_dnc_lists",
    summary="Assign a do-not-call list",
)
@router.delete(
    "/campaigns/{campaign_id}/do-not-call-lists",
    status_code=204,
    operation_id="unassign_dnc_lists",
    summary="Unassign a do-not-call list",
)
@described(body=_THINGS[Part.DNC_LISTS], refuses=(CampaignNotFound,))
async def change_dnc_lists(request: Request, campaign_id: str, who: Write) -> Response:
    return await _change_assigned(request, campaign_id, who, Part.DNC_LISTS)


@router.get("/campaigns/{campaign_id}/users", summary="Users of a campaign")
@described(pages_of("users", AssignedShown), query=AssignedQuery, refuses=(CampaignNotFound,))
async def users_of(request: Request, campaign_id: str, who: Read) -> Response:
    return await _assigned(request, campaign_id, who, Part.USERS)


@router.post("/campaigns/{campaign_id}/users", status_code=204, operation_id="assign_users", summary="Assign users")
@router.delete(
    "/campaigns/{campaign_id}/users", status_code=204, operation_id="unassign_users", summary="Unassign users"
)
@described(body=_THINGS[Part.USERS], refuses=(CampaignNotFound,))
async def change_users(request: Request, campaign_id: str, who: Write) -> Response:
    return await _change_assigned(request, campaign_id, who, Part.USERS)


@router.get("/campaigns/{campaign_id}/numbers", summary="Caller ids of a campaign")
@described(pages_of("numbers", AssignedShown), query=AssignedQuery, refuses=(CampaignNotFound,))
async def numbers_of(request: Request, campaign_id: str, who: Read) -> Response:
    return await _assigned(request, campaign_id, who, Part.NUMBERS)


@router.post(
    "/campaigns/{campaign_id}/numbers", status_code=204, operation_id="assign_numbers", summary="Assign caller ids"
)
@router.delete(
    "/campaigns/{campaign_id}/numbers", status_code=204, operation_id="unassign_numbers", summary="Unassign caller ids"
)
@described(body=_THINGS[Part.NUMBERS], refuses=(CampaignNotFound,))
async def change_numbers(request: Request, campaign_id: str, who: Write) -> Response:
    return await _change_assigned(request, campaign_id, who, Part.NUMBERS)
