"""The topics of the console's stream: for each of them, who may hear it and what it says.

A document has objects where a list would change in the middle (agents, campaigns, points by second): a merge patch then
names only what changed.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from outdial.api.activity import noted
from outdial.api.hal import instant, without_absent
from outdial.api.problems import Refused
from outdial.api.services import Services
from outdial.api.sessions import agent_body, links_of
from outdial.app import agents, live
from outdial.app.campaigns import uuid_of
from outdial.domain.abandonment import NEAR, Abandonment, Standing, crossings
from outdial.domain.access import Principal, Scope
from outdial.domain.activity import Pace
from outdial.domain.agents import AgentState
from outdial.domain.audit import Action, Change
from outdial.domain.calls import CallState
from outdial.domain.campaigns import Campaign
from outdial.domain.values import CampaignId, UserId
from outdial.ports.desk import SessionNotFound
from outdial.ports.live import LiveCampaign
from outdial.ports.progress import Overview, Watched

Document = dict[str, Any]

TICK_SECONDS: Final = 1.0
SESSION_SECONDS: Final = 10.0
"""How often a session is looked at when nothing is heard of it."""
COUNT_SECONDS: Final = 5.0
"""How long what was counted in storage is shown again, at least: no more than a twentieth of the time is counting."""


_MOST_NEWS: Final = 10
_NEWS: Final = {
    Standing.WITHIN: "abandonment is well below its cap again",
    Standing.NEAR: f"abandonment is at {NEAR:.0%} of its cap or more",
    Standing.OVER: "abandonment is over its cap",
}


@dataclass(frozen=True, slots=True)
class Topic:
    """What somebody may subscribe to. `hears` are beginnings of the bus's topics that make it look again at once."""

    needs: tuple[Scope, ...]
    every: float
    draw: Callable[["Drawing"], Awaitable[Document]]
    hears: tuple[str, ...] = ()
    of_a_thing: bool = True


@dataclass(slots=True)
class Drawing:
    """What a topic is drawn of; `kept` is what it remembers from one time to the next."""

    services: Services
    by: Principal
    thing: str
    kept: dict[str, Any] = field(default_factory=dict)


async def _slowly(drawing: Drawing, name: str, count: Callable[[], Awaitable[Any]]) -> Any:
    """What counting gave, counted anew only now and then."""
    wall = drawing.services.wall
    until, value = drawing.kept.get(name, (float("-inf"), None))
    began = wall.monotonic()
    if began >= until:
        value = await count()
        took = wall.monotonic() - began
        drawing.kept[name] = (began + max(COUNT_SECONDS, 20 * took), value)
    return value


async def _campaigns(drawing: Drawing) -> Document:
    services, by = drawing.services, drawing.by
    found, alive, notes = await live.standings(by=by, storage=services.storage)
    board = live.on_board(services.board, by)
    if any(one.id not in drawing.kept.get("overview", (0.0, {}))[1] for one in found):
        drawing.kept.pop("overview", None)  # a new campaign is shown with its counts from the first
    counted: Mapping[CampaignId, Overview] = await _slowly(
        drawing, "overview", lambda: live.overview(by=by, storage=services.storage, clock=services.clock)
    )
    return {
        "campaigns": {
            str(one.id): _in_list(one, board.get(one.id), alive, notes.get(one.id), counted.get(one.id))
            for one in found
        }
    }


def _in_list(
    campaign: Campaign,
    now: LiveCampaign | None,
    alive: bool,
    note: Mapping[str, object] | None,
    counted: Overview | None,
) -> dict[str, Any]:
    return without_absent(
        {
            **_campaign(campaign),
            **_doing(campaign, now, alive, note),
            "agents": None if now is None else sum(now.agents.values()),
            "calls": None if now is None else sum(now.calls.values()),
            "records": None if counted is None else {"total": counted.records, "final": counted.final},
            "abandonment": None if counted is None else _abandonment(campaign, counted.abandonment),
        }
    )


def _campaign(campaign: Campaign) -> dict[str, Any]:
    return {
        "id": str(campaign.id),
        "name": campaign.name,
        "status": campaign.status.value,
        "mode": None if campaign.mode is None else campaign.mode.value,
        "priority": campaign.priority,
    }


def _doing(
    campaign: Campaign, now: LiveCampaign | None, alive: bool, note: Mapping[str, object] | None
) -> dict[str, Any]:
    """What an engine in this process knows, else what one noted last."""
    if now is None:
        return noted(campaign.status, note, engine_alive=alive)
    activity = now.activity
    return without_absent(
        {
            "activity": activity.doing.value,
            "reason": activity.sentence(),
            "since": instant(activity.since),
            "until": None if activity.until is None else instant(activity.until),
            "pace": None if activity.pace is None else _pace(activity.pace),
        }
    )


def _pace(pace: Pace) -> dict[str, Any]:
    """How it dials now, and why not more; rates are fractions."""
    return without_absent(
        {
            "ratio": round(pace.ratio, 2),
            "limit": pace.limit.value,
            "target": None if pace.target is None else round(pace.target, 4),
            "cap": pace.cap,
        }
    )


async def _campaign_live(drawing: Drawing) -> Document:
    services, by = drawing.services, drawing.by
    campaign = await live.campaign(drawing.thing, by=by, storage=services.storage)
    counted: live.Counted = await _slowly(
        drawing,
        "counted",
        lambda: live.counted(drawing.thing, by=by, storage=services.storage, clock=services.clock),
    )
    now = live.on_board(services.board, by).get(campaign.id)
    people = await live.at_work(drawing.thing, by=by, storage=services.storage, desk=services.desk)
    watched = counted.watched
    body = {
        "campaign": without_absent(_campaign(campaign)),
        "activity": _doing(campaign, now, watched.engine_alive, watched.observed),
        "abandonment": _abandonment(campaign, counted.abandonment),
        "rates": {str(int(at.timestamp())): round(stood.rate, 4) for at, stood in counted.stood},
        "records": _records(watched),
        "outcomes": dict(watched.results.outcomes),
        "chain": [
            {
                "list_id": str(one.record_list),
                "name": one.name,
                "position": n,
                "total": one.records,
                "final": one.final,
            }
            for n, one in enumerate(counted.lists, 1)
        ],
        "events": _events(campaign, now, counted),
    }
    if now is not None:
        configuration = campaign.configuration
        limit = None if configuration is None else configuration.max_dialing_ratio
        calls = now.calls
        body |= {
            "pacing": without_absent({"ratio": round(now.dialing_ratio, 2), "limit": limit}),
            "calls": {
                "in_flight": sum(calls.values()),
                "ringing": calls.get(CallState.DIALING, 0),
                "detecting": calls.get(CallState.DETECTING, 0),
                "waiting": calls.get(CallState.WAITING, 0),
                "talking": calls.get(CallState.BRIDGED, 0),
                "lines_free": now.lines_free,
            },
            "agents": {
                "total": len(people),
                "states": _states(one.seat.agent.state for one in people),
                "occupancy": round(now.occupancy, 3),
            },
            "people": {str(one.seat.agent.id): _person(one) for one in people},
            "series": {str(second): list(point) for second, point in now.points.items()},
        }
    return body


def _abandonment(campaign: Campaign, found: Abandonment) -> dict[str, Any]:
    return without_absent(
        {
            "rate": round(found.rate, 4),
            "abandoned": found.abandoned,
            "live": found.live,
            "cap": _cap(campaign),
            "days": live.ABANDONMENT_DAYS,
            "enough": found.enough,
        }
    )


def _cap(campaign: Campaign) -> float | None:
    """A fraction."""
    percent = None if campaign.configuration is None else campaign.configuration.max_abandonment_rate
    return None if percent is None else round(percent / 100, 4)


def _records(watched: Watched) -> dict[str, Any]:
    results = watched.results
    return {
        "total": results.records,
        "final": results.final,
        "penetration": round(results.final / results.records, 4) if results.records else 0.0,
        "reasons": dict(results.reasons),
    }


def _events(campaign: Campaign, now: LiveCampaign | None, counted: live.Counted) -> list[dict[str, Any]]:
    """What it did, how abandonment came to stand, and what people changed of it, the newest first."""
    cap = _cap(campaign)
    news = [] if cap is None else crossings(counted.stood, cap)[-_MOST_NEWS:]
    found = [
        *((at, "activity", text) for at, text in (now.events if now is not None else ())),
        *((at, "abandonment", f"{_NEWS[standing]} ({rate:.2%} of {cap:.2%})") for at, standing, rate in news),
        *((one.at, "change", _in_words(one, counted.names)) for one in counted.changes),
    ]
    found.sort(key=lambda event: event[0], reverse=True)
    return [{"at": instant(at), "kind": kind, "text": text} for at, kind, text in found]


def _in_words(change: Change, names: Mapping[UserId, str]) -> str:
    """Who did what: `Ana paused it`, `Ana changed priority`."""
    user, client = change.actor.user_id, change.actor.client_id
    who = (None if user is None else names.get(UserId(user))) or client or "somebody"
    if change.action is not Action.CHANGED:
        return f"{who} {change.action.value} it"
    if change.fields == ("running",):
        return f"{who} {'started' if change.after.get('running') else 'paused'} it"
    return f"{who} changed {', '.join(change.fields)}"


def _states(states: Iterable[AgentState]) -> dict[str, int]:
    counts = {state.value: 0 for state in AgentState if state is not AgentState.SIGNED_OUT}
    for state in states:
        if state is not AgentState.SIGNED_OUT:
            counts[state.value] += 1
    return counts


def _person(one: agents.Shown) -> dict[str, Any]:
    """An agent in a table: without whom they speak to."""
    body = agent_body(one)
    body.pop("work", None)
    return body


async def _agents(drawing: Drawing) -> Document:
    people = await live.at_work(None, by=drawing.by, storage=drawing.services.storage, desk=drawing.services.desk)
    here = [one for one in people if one.seat.agent.state is not AgentState.SIGNED_OUT]
    return {
        "total": len(here),
        "states": _states(one.seat.agent.state for one in here),
        "agents": {str(one.seat.agent.id): _person(one) for one in here},
    }


async def _session(drawing: Drawing) -> Document:
    """An agent's own desk; what can be done there is named by paths. Raises `SessionNotFound`, `NoEngine`."""
    services, by = drawing.services, drawing.by
    session = uuid_of(drawing.thing)
    if session is None:
        raise SessionNotFound
    seat = await agents.working(services.desk).seat(by.account, session)
    one = await agents.shown(seat, by=by, storage=services.storage)
    links = {name: {"href": path} for name, path in links_of(seat).items()}
    return {"session": {"id": str(session), **agent_body(one), "_links": links}}


async def check_may_hear(services: Services, who: Principal, word: str, thing: str) -> None:
    """Raises `Refused` for a topic that there is not, or that is not for them; and what the thing's absence raises."""
    topic = TOPICS.get(word)
    if topic is None or bool(thing) is not topic.of_a_thing:
        raise Refused("unknown-path", f"there is no topic {word}")
    lacking = [scope.value for scope in topic.needs if scope not in who.scopes]
    if lacking:
        raise Refused("scope-missing", f"this topic needs the scope {' '.join(lacking)}")
    if word == "session":
        session = uuid_of(thing)
        if session is None:
            raise SessionNotFound
        seat = await agents.working(services.desk).seat(who.account, session)
        if who.at_own_desk and seat.agent.id != who.user:
            raise SessionNotFound
    elif word == "campaign":
        await live.campaign(thing, by=who, storage=services.storage)


TOPICS: Final[Mapping[str, Topic]] = {
    "campaigns": Topic((Scope.CAMPAIGNS_READ,), TICK_SECONDS, _campaigns, ("campaign.",), of_a_thing=False),
    "campaign": Topic((Scope.CAMPAIGNS_READ, Scope.AGENTS_READ), TICK_SECONDS, _campaign_live),
    "agents": Topic((Scope.AGENTS_READ,), TICK_SECONDS, _agents, of_a_thing=False),
    "session": Topic((), SESSION_SECONDS, _session, ("agent.",)),
}
"""By the word before the colon. A session is its agent's, and everybody's who may see agents."""
