"""Figures for Prometheus: counted of requests as they are answered, looked up of the dialer when they are asked for.

They are of the whole installation and for the one who runs it: ids of campaigns, and nothing of people.
"""

import hmac
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from outdial.api.describe import Raw, described
from outdial.api.problems import Refused
from outdial.api.services import services_of
from outdial.app.health import Condition, Health
from outdial.domain.networks import is_here
from outdial.domain.values import CampaignId
from outdial.ports.live import LiveCampaign

router = APIRouter(tags=["Health"])

TEXT: Final = "text/plain"
_FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""What a proxy adds: who comes through one on this machine is not on this machine."""


class RequestMetrics:
    """What is counted of the requests of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._answered = Counter(
            "outdial_http_requests",
            "Requests that were answered, by route, never by address",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "outdial_http_request_seconds",
            "Seconds until an answer began",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._answered.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)


class Found(Collector):
    """What was found at one look, as families of figures."""

    def __init__(self, version: str, health: Health, campaigns: dict[CampaignId, LiveCampaign], viewers: int) -> None:
        self._version, self._health, self._campaigns, self._viewers = version, health, campaigns, viewers

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("outdial", "This release", {"version": self._version})
        yield _gauge("outdial_console_streams", "Pages of the console that are told what happens", self._viewers)
        yield from self._parts()
        yield from self._dialing()

    def _parts(self) -> Iterator[Metric]:
        health, state, engine = self._health, self._health.state, self._health.engine
        yield _gauge("outdial_database_up", "1 = the database answers", _good(health.database))
        yield _gauge(
            "outdial_migrations_up", "1 = the database has the schema of this release", _good(health.migrations)
        )
        yield _gauge("outdial_dialer_up", "1 = an engine, here or elsewhere, may place calls", _good(health.dialer))
        yield _gauge("outdial_dialer_here", "1 = that is the one of this process", engine is not None and engine.owns)
        if state is not None:
            yield _gauge("outdial_events_waiting", "Events that were not handed on yet", state.events)
            yield _gauge(
                "outdial_webhooks_waiting", "Calls to clients' servers that are due or to be repeated", state.webhooks
            )
            campaigns = GaugeMetricFamily("outdial_campaigns", "Campaigns of all accounts", labels=("status",))
            for status, number in sorted(state.campaigns.items()):
                campaigns.add_metric((status.lower(),), number)
            yield campaigns
        if engine is not None:
            yield _gauge("outdial_carrier_lines_free", "Calls that the carrier would take now", engine.lines_free)
            if engine.silent_seconds is not None:
                yield _gauge(
                    "outdial_carrier_silent_seconds", "For how long nothing was heard from it", engine.silent_seconds
                )
            up = GaugeMetricFamily("outdial_way_out_up", "1 = this trunk or node takes calls", labels=("way",))
            calls = GaugeMetricFamily("outdial_way_out_calls", "Calls on this trunk or node", labels=("way",))
            for way in engine.ways:
                up.add_metric((way.name,), float(not way.down))
                calls.add_metric((way.name,), way.calls)
            yield from (up, calls)
            if (media := engine.media) is not None:
                yield _gauge("outdial_media_ports", "Ends of calls that the media engine has", media.ports)
                yield _gauge("outdial_media_tick_busy_ratio", "Part of 20 ms that its sounds took", media.tick_busy)
                yield _gauge(
                    "outdial_media_tick_late_seconds", "How late a tick was, 99th percentile", media.tick_late_seconds
                )
                skipped = CounterMetricFamily("outdial_media_ticks_skipped", "Ticks too late to be made up for")
                skipped.add_metric((), media.ticks_skipped)
                yield skipped

    def _dialing(self) -> Iterator[Metric]:
        calls = GaugeMetricFamily("outdial_calls", "Calls in flight", labels=("campaign", "state"))
        agents = GaugeMetricFamily("outdial_agents", "Agents at work", labels=("campaign", "state"))
        ratio = GaugeMetricFamily(
            "outdial_dialing_ratio", "Unanswered calls for each agent at work", labels=("campaign",)
        )
        doing = GaugeMetricFamily("outdial_activity", "1 = what a campaign does now", labels=("campaign", "activity"))
        attempts = CounterMetricFamily(
            "outdial_attempts", "Calls placed since the dialer took the campaign up", labels=("campaign",)
        )
        outcomes = CounterMetricFamily(
            "outdial_outcomes", "Calls that ended since the dialer took the campaign up", labels=("campaign", "outcome")
        )
        for id_, one in sorted(self._campaigns.items()):
            campaign = str(id_)
            for state, number in one.calls.items():
                calls.add_metric((campaign, state.value), number)
            for status, number in one.agents.items():
                agents.add_metric((campaign, status.value), number)
            ratio.add_metric((campaign,), one.dialing_ratio)
            doing.add_metric((campaign, one.activity.doing.value), 1)
            attempts.add_metric((campaign,), one.attempts)
            for outcome, number in one.outcomes.items():
                outcomes.add_metric((campaign, outcome.value), number)
        yield from (calls, agents, ratio, doing, attempts, outcomes)


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, float(value))


def _good(condition: Condition) -> bool:
    return condition is Condition.OK


@router.get("/metrics", summary="Figures for Prometheus: for the one who runs the installation")
@described(Raw(TEXT), refuses=("unauthorized", "metrics-closed"))
async def metrics(request: Request) -> Response:
    check_reader(request)
    state, board = request.app.state, services_of(request).board
    campaigns = {} if board is None else dict(board.everything())
    now = CollectorRegistry(auto_describe=False)
    now.register(Found(services_of(request).release, await state.health.look(), campaigns, state.hub.viewers))
    body = generate_latest(state.request_metrics.registry) + generate_latest(now)
    return Response(body, headers={"Content-Type": _FORMAT, "Cache-Control": "no-store"})


def check_reader(request: Request) -> None:
    """With a token of the settings, whoever has it; without one, this machine alone, and not through a proxy.

    Raises `Refused` with 401 or 403.
    """
    expected = services_of(request).metrics_token
    if expected is not None:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), expected.encode()):
            raise Refused(
                "unauthorized", "the token of OUTDIAL_METRICS_TOKEN is needed", headers={"WWW-Authenticate": "Bearer"}
            )
        return
    public = services_of(request).public_url
    hosts = [request.client.host if request.client is not None else "", request.url.hostname or ""]
    if public is not None:
        hosts.append(urlsplit(public).hostname or "")
    if any(name in request.headers for name in _FORWARDED) or not all(map(is_here, hosts)):
        raise Refused("metrics-closed", "set OUTDIAL_METRICS_TOKEN to read them from elsewhere")
