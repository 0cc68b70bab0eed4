"""Calls to clients' servers: how long they are tried, and what proves whom they come from."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from outdial.domain.record_lists import UploadId
from outdial.domain.webhooks import (
    TRIED_FOR,
    Webhook,
    WebhookId,
    WebhookStatus,
    header_problem,
    secret_in_words,
    signature,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ONE = UUID(int=1)


def a_webhook() -> Webhook:
    return Webhook(WebhookId(ONE), UploadId(ONE), "POST", "https://crm.example/done", {}, "{}", NOON, NOON)


class TestTrying:
    def waits(self) -> list[timedelta]:
        """The time between tries that are never answered."""
        one, found = a_webhook(), []
        while one.next_at is not None:
            now = one.next_at
            one = Webhook(
                one.id, one.upload, "POST", one.endpoint, {}, "{}", NOON, now, WebhookStatus.PENDING, one.attempts + 1
            ).not_answered("gone", now)
            if one.next_at is not None:
                found.append(one.next_at - now)
        assert one.status is WebhookStatus.GIVEN_UP
        return found

    def test_waits_twice_as_long_each_time_and_an_hour_at_most(self) -> None:
        waits = [wait.total_seconds() for wait in self.waits()]
        assert waits[:10] == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]
        assert set(waits[9:]) == {3600}

    def test_ends_after_a_day(self) -> None:
        assert TRIED_FOR - timedelta(hours=1) < sum(self.waits(), timedelta()) <= TRIED_FOR

    @pytest.mark.parametrize("status", [200, 202, 204, 299])
    def test_ends_with_success(self, status: int) -> None:
        after = a_webhook().answered(status, NOON)
        assert (after.status, after.next_at, after.last_answer) == (WebhookStatus.DELIVERED, None, status)

    @pytest.mark.parametrize("status", [302, 400, 404, 500, 503])
    def test_goes_on_after_any_other_answer(self, status: int) -> None:
        after = a_webhook().answered(status, NOON)
        assert (after.status, after.last_answer) == (WebhookStatus.PENDING, status)
        assert after.next_at is not None

    def test_ends_at_once_where_we_do_not_call(self) -> None:
        after = a_webhook().refused("not public", NOON)
        assert (after.status, after.next_at, after.last_problem) == (WebhookStatus.REFUSED, None, "not public")


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # Worked out apart from the code: printf %s "<id>.1780315200.{}" | openssl dgst -sha256 -hmac <32 times k> -binary
    found = signature(b"k" * 32, WebhookId(ONE), NOON, "{}")
    assert found == "v1,gKAgdgdP6uFOKLzSd6kwSE9WoM6kZBJtGHuWdh0vyqY="


def test_the_secret_is_written_as_libraries_take_it() -> None:
    assert secret_in_words(b"k" * 32) == "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="


@pytest.mark.parametrize("name", ["X-Api-Key", "authorization", "content-type"])
def test_a_clients_own_headers_are_sent(name: str) -> None:
    assert header_problem(name, "a b c") is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "x"),
        ("two words", "x"),
        ("X:", "x"),
        ("Größe", "x"),
        ("X-Key", "a\r\nHost: other"),
        ("X-Key", "ü"),
        ("Host", "x"),
        ("content-length", "1"),
        ("Transfer-Encoding", "chunked"),
        ("Proxy-Authorization", "x"),
        ("Webhook-Signature", "x"),
    ],
)
def test_headers_that_are_ours_or_none_are_not(name: str, value: str) -> None:
    assert header_problem(name, value) is not None
