"""The log of calls as a report: asked for, waited for, fetched."""

import csv
import io
import time
from typing import Any

import httpx
import pytest

from .conftest import AsScope
from .kit import NOBODY, PATIENCE, TIMEOUT, Api, a_name, body_of, embedded, refused
from .shapes import JOB, REPORT_JOB, fits

JOBS = "/data/reports/outbound_dialer_calls/jobs"
JANUARY = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}


def asked(api: Api, **members: Any) -> dict[str, Any]:
    body = {"name": a_name("Conformance"), "timezone": "Europe/Lisbon", "timespan": JANUARY, **members}
    return body_of(api.post(JOBS, body), 202)


def test_a_job_leads_to_its_file(api: Api) -> None:
    made = asked(api)
    fits(REPORT_JOB, made)
    assert (made["job"]["format"], made["job"]["timezone"]) == ("csv", "Europe/Lisbon")
    path, waited = f"{JOBS}/{made['job']['id']}", 0.0
    while (answer := api.get(path)).status_code == 200:
        fits(REPORT_JOB, body_of(answer))
        assert waited < PATIENCE, f"not done after {PATIENCE} s"
        time.sleep(0.2)
        waited += 0.2
    assert answer.status_code == 303, answer.text
    at = api.path_of(answer.headers["location"])
    assert at == f"/data/reports/outbound_dialer_calls/files/{made['job']['id']}"
    stored = api.get(at)
    assert stored.status_code == 302, stored.text
    file = httpx.get(stored.headers["location"], timeout=TIMEOUT)
    assert file.status_code == 200
    assert len(next(csv.reader(io.StringIO(file.text)))) > 1


@pytest.mark.parametrize("form", ["csv", "json", "json_bulk"])
def test_a_file_comes_in_three_forms(api: Api, form: str) -> None:
    assert asked(api, format=form)["job"]["format"] == form


def test_jobs_are_listed(api: Api) -> None:
    made = asked(api)["job"]["id"]
    body = body_of(api.get(JOBS))
    assert body["per_page"] == 20
    assert made in [one["id"] for one in embedded(body, "jobs")]
    for one in embedded(body, "jobs"):
        fits(JOB, one)
    assert body_of(api.get(JOBS, per_page=200))["per_page"] == 200
    refused(api.get(JOBS, per_page=201), 400, "1020001")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"timespan": {"from": JANUARY["to"], "to": JANUARY["from"]}}, "1020005"),
        ({"timespan": {"from": "2026-01-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}}, "1020013"),
        ({"timezone": "Mars/Olympus"}, "1020016"),
        ({"format": "xlsx"}, "1020001"),
        ({"timespan": None}, "1020001"),
        ({"timespan": {"from": "soon", "to": "later"}}, "1020001"),
    ],
)
def test_what_cannot_be_meant_is_refused(api: Api, changes: dict[str, Any], code: str) -> None:
    body = {"name": "Conformance", "timezone": "UTC", "timespan": JANUARY, **changes}
    refused(api.post(JOBS, body), 400, code)


def test_a_job_or_a_file_of_nobody_is_404(api: Api) -> None:
    refused(api.get(f"{JOBS}/{NOBODY}"), 404, "1020011")
    refused(api.get(f"/data/reports/outbound_dialer_calls/files/{NOBODY}"), 404, "1020008")


def test_reading_and_asking_are_scopes_of_their_own(stranger: Api, as_scope: AsScope) -> None:
    refused(stranger.get(JOBS), 401, "1020018")
    refused(as_scope("data-reports:write").get(JOBS), 403, "1020004")
    refused(as_scope("data-reports:read").post(JOBS, {}), 403, "1020004")
