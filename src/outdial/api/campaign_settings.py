"""All settings of a campaign in one document, beyond the compatible API; and the presets they can be held to."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Self

from fastapi import APIRouter
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.answers.settings import SETTINGS, PresetsShown, SettingsShown
from outdial.api.auth import needs
from outdial.api.bodies import read_json
from outdial.api.campaigns import ConfigurationIn, Name, Priority, StrategyIn, ThingIn, TimeOfDay
from outdial.api.conditional import tagged, unless_changed
from outdial.api.describe import described
from outdial.api.hal import hal, instant, link, without_absent
from outdial.api.services import services_of
from outdial.api.shapes import Shape, any_case, read_as, wrong
from outdial.app import campaigns
from outdial.app.campaigns import Settings
from outdial.domain.access import Principal, Scope
from outdial.domain.campaign_document import Document, windows_document
from outdial.domain.campaigns import (
    DEFAULT_PRIORITY,
    MESSAGE_NAME,
    Campaign,
    CampaignNotFound,
    DateException,
    DialingConfiguration,
    Extensions,
    Mode,
)
from outdial.domain.machine_detection import LONGEST_LIMIT, RULE_NAMES, Detection, Profile
from outdial.domain.pacing.windows import Window
from outdial.domain.presets import PRESETS, Preset
from outdial.ports.campaigns import Part

router = APIRouter(tags=["Campaigns"])

Read = Annotated[Principal, needs(Scope.CAMPAIGNS_READ)]
Write = Annotated[Principal, needs(Scope.CAMPAIGNS_WRITE)]


def _day(value: object) -> object:
    if isinstance(value, str) and len(value) == len("2026-12-24"):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise wrong("must be a date such as 2026-12-24")


class DecimalConfigurationIn(ConfigurationIn):
    """As in the compatible API, where rate and ratio are whole numbers."""

    max_abandonment_rate: Annotated[float, Field(gt=0, le=100)] | None = None  # type: ignore[assignment]
    max_dialing_ratio: Annotated[float, Field(ge=1, le=3)] | None = None  # type: ignore[assignment]


class SpanIn(Shape):
    from_: TimeOfDay = Field(alias="from")
    to: TimeOfDay


class ExceptionIn(Shape):
    date: Annotated[date, BeforeValidator(_day)]
    windows: Annotated[list[SpanIn], Field(default_factory=list, max_length=20)]

    def value(self) -> DateException:
        return DateException(self.date, tuple((span.from_, span.to) for span in self.windows))


class DetectionIn(Shape):
    """How people are told from machines. What is left out is as the profile has it, or the carrier without one."""

    profile: Annotated[Profile, any_case(Profile)] | None = None
    initial_silence_in_ms: Annotated[int, Field(ge=500, le=7000)] | None = None
    longest_greeting_in_ms: Annotated[int, Field(ge=500, le=7000)] | None = None
    pause_in_ms: Annotated[int, Field(ge=200, le=3000)] | None = None
    longer_greeting_in_ms: Annotated[int, Field(ge=100, le=7000)] | None = None
    short_pause_in_ms: Annotated[int, Field(ge=200, le=3000)] | None = None
    shortest_word_in_ms: Annotated[int, Field(ge=20, le=500)] | None = None
    limit_in_ms: Annotated[int, Field(ge=1000, le=LONGEST_LIMIT)] | None = None
    sample_rate: Annotated[float, Field(ge=0, le=100)] = 0.0

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        detection = self.value()
        if detection.profile is None and detection.changed:
            raise wrong("needs a profile for rules that change it")
        if (rules := detection.rules) is not None and rules.contradiction is not None:
            raise wrong(f"contradicts itself: {rules.contradiction}")
        return self

    def value(self) -> Detection:
        given = {name: getattr(self, f"{name}_in_ms") for name in RULE_NAMES}
        changed = tuple((name, value) for name, value in given.items() if value is not None)
        return Detection(self.profile, changed, self.sample_rate / 100)


def _each_date_once(exceptions: list[ExceptionIn]) -> list[ExceptionIn]:
    if len({exception.date for exception in exceptions}) < len(exceptions):
        raise wrong("must have each date once")
    return exceptions


Things = Annotated[list[ThingIn], Field(max_length=10_000)]
Region = Annotated[str, StringConstraints(max_length=20)]
ExceptionsIn = Annotated[
    list[ExceptionIn], Field(default_factory=list, max_length=400), AfterValidator(_each_date_once)
]
HolidaysIn = Annotated[list[Region], Field(default_factory=list, max_length=50)]


def exceptions_of(sent: Sequence[ExceptionIn]) -> tuple[DateException, ...]:
    """In the order of their dates."""
    return tuple(sorted((one.value() for one in sent), key=lambda one: one.on))


def holidays_of(sent: Sequence[str]) -> tuple[str, ...]:
    """Each region once."""
    return tuple(dict.fromkeys(sent))


class SettingsIn(Shape):
    """All settings of a campaign. What is left out is not set, or is the default; what is assigned stays then."""

    name: Name
    mode: Annotated[Mode, any_case(Mode)] | None = None
    priority: Priority = DEFAULT_PRIORITY
    run_once: bool = False
    dialing_mode_configuration: DecimalConfigurationIn | None = None
    dialing_strategy: StrategyIn | None = None
    strict_priority: bool = True
    holidays: HolidaysIn
    exceptions: ExceptionsIn
    presets: Annotated[
        list[Annotated[str, StringConstraints(max_length=40)]], Field(default_factory=list, max_length=20)
    ]
    abandonment_periods: Annotated[
        list[Annotated[Window, any_case(Window)]], Field(default_factory=list, max_length=len(Window))
    ]
    shadow: bool = False
    detection: DetectionIn = DetectionIn()
    safety_message: Annotated[str, StringConstraints(pattern=MESSAGE_NAME)] | None = None
    record_lists: Things | None = None
    do_not_call_lists: Things | None = None
    users: Things | None = None
    numbers: Things | None = None

    @model_validator(mode="after")
    def _shadow_of_something(self) -> Self:
        if self.shadow and self.mode is not Mode.PROGRESSIVE:
            raise wrong("shadow needs the mode PROGRESSIVE")
        return self

    def settings(self) -> Settings:
        configuration, strategy = self.dialing_mode_configuration, self.dialing_strategy
        given = {part: getattr(self, part.value) for part in Part}
        return Settings(
            name=self.name,
            mode=self.mode,
            priority=self.priority,
            run_once=self.run_once,
            configuration=_configuration(configuration),
            strategy=strategy.value() if strategy else None,
            extensions=Extensions(
                strict_priority=self.strict_priority,
                holidays=holidays_of(self.holidays),
                exceptions=exceptions_of(self.exceptions),
                presets=tuple(dict.fromkeys(self.presets)),
                abandonment_periods=tuple(window.value for window in Window if window in self.abandonment_periods),
                shadow=self.shadow,
                detection=self.detection.value(),
                safety_message=self.safety_message,
            ),
            parts={
                part: [thing.named(f"{part.value}.{place}") for place, thing in enumerate(things)]
                for part, things in given.items()
                if things is not None
            },
        )


def _configuration(sent: DecimalConfigurationIn | None) -> DialingConfiguration | None:
    return sent.value() if sent else None


def read_settings(document: object) -> Settings:
    """The settings that a document describes. Raises `Invalid` with every wrong member."""
    return read_as(SettingsIn, document).settings()


def _shown(request: Request, campaign: Campaign, document: Document) -> dict[str, Any]:
    here = f"/v1/campaigns/{campaign.id}"
    return {
        "id": str(campaign.id),
        "status": campaign.status.value,
        "action_required": campaign.action_required,
        "missing": list(campaign.missing()),
        "version": campaign.version,
        "created_at": instant(campaign.created_at),
        "updated_at": instant(campaign.updated_at),
        **{name: value for name, value in document.items() if name != "running"},
        "_links": {
            "self": link(request, here),
            "campaign": link(request, f"/campaigns/{campaign.id}"),
            "activity": link(request, f"{here}/activity"),
            "audit": link(request, f"{here}/audit"),
        },
    }


@router.get("/v1/campaigns/{campaign_id}", summary="All settings of a campaign")
@described(SettingsShown, tagged=True, refuses=(CampaignNotFound,))
async def campaign_settings(request: Request, campaign_id: str, who: Read) -> Response:
    campaign, document = await campaigns.settings_of(campaign_id, by=who, storage=services_of(request).storage)
    return tagged(request, campaign, _shown(request, campaign, document))


@router.put("/v1/campaigns/{campaign_id}", summary="Give a campaign other settings, also while it runs")
@described(
    SettingsShown,
    body=SettingsIn,
    example=SETTINGS,
    tagged=True,
    conditional=True,
    refuses=(CampaignNotFound,),
)
async def put_campaign_settings(request: Request, campaign_id: str, who: Write) -> Response:
    services = services_of(request)
    await campaigns.get(campaign_id, by=who, storage=services.storage)
    settings = read_settings(await read_json(request))
    campaign, document = await campaigns.change_settings(
        campaign_id,
        settings,
        check=unless_changed(request),
        by=who,
        storage=services.storage,
        clock=services.wall,
        holidays=services.holidays,
    )
    return tagged(request, campaign, _shown(request, campaign, document))


@router.get("/v1/presets", summary="Rule sets of jurisdictions that campaigns can be held to")
@described(PresetsShown)
async def list_presets(request: Request, who: Read) -> Response:
    items = [_shown_preset(preset) for preset in PRESETS.values()]
    body = {
        "total": len(items),
        "count": len(items),
        "_embedded": {"presets": items},
        "_links": {"self": link(request, "/v1/presets")},
    }
    return hal(request, body)


def _shown_preset(preset: Preset) -> dict[str, Any]:
    frequency = preset.frequency
    return without_absent(
        {
            "id": preset.id,
            "name": preset.name,
            "version": preset.version.isoformat(),
            "source": preset.source,
            "since": preset.since.isoformat() if preset.since else None,
            "calling_hours": None if preset.hours is None else windows_document(preset.hours),
            "holidays": preset.holidays,
            "frequency": None
            if frequency is None
            else {"attempts": frequency.attempts, "hours": int(frequency.period.total_seconds() // 3600)},
            "shortest_ring_time_in_secs": preset.shortest_ring,
            "highest_abandonment_rate": preset.highest_abandonment,
            "longest_abandonment_timeout": preset.longest_timeout,
            "duties": list(preset.duties),
        }
    )
