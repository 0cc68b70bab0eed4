"""Telling a client's server that its file has been read: noted with the result, sent later, tried again."""

import json
import secrets
from asyncio import Event, Task, create_task, gather
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Self

import structlog

from outdial.app.background import ended
from outdial.domain.access import Principal
from outdial.domain.errors import Unavailable
from outdial.domain.record_lists import Upload, UploadId
from outdial.domain.values import AccountId
from outdial.domain.webhooks import SECRET_BYTES, WITH_BODY, Webhook, WebhookId, signature
from outdial.ports.clock import Clock, Ids
from outdial.ports.storage import Storage, UnitOfWork
from outdial.ports.tokens import AccessStore
from outdial.ports.webhooks import CallRefused, NoAnswer, WebhookCaller

log = structlog.get_logger(__name__)

_PAUSE_SECONDS: Final = 2.0
_AT_ONCE: Final = 10
_LOST_AFTER: Final = timedelta(minutes=1)
"""A try of which nothing was heard for this long has ended with its server."""


async def announce(uow: UnitOfWork, upload: Upload, *, clock: Clock, ids: Ids) -> None:
    """Note that the client is to be told what became of a file, if it asked for that."""
    if upload.callback is None:
        return
    asked, now = upload.callback, clock.now()
    method = str(asked["method"]).upper()
    body: Any = asked.get("body")
    if body is None and method in WITH_BODY:
        body = _result(upload)
    await uow.webhooks.add(
        Webhook(
            WebhookId(ids.new("webhook")),
            upload.id,
            method,
            asked["endpoint"],
            dict(asked.get("headers") or {}),
            None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")),
            now,
            now,
        )
    )


def _result(upload: Upload) -> dict[str, Any]:
    """What is said about a file to a client that did not say itself what it wants to hear."""
    report = upload.report or {}
    counts = {name: report.get(name, 0) for name in ("rows", "accepted", "updated", "rejected", "duplicates")}
    return {
        "upload_request_id": str(upload.id),
        "record_list_id": str(upload.list_id),
        "status": upload.status.value,
        **counts,
    }


async def of_uploads(uploads: Sequence[UploadId], *, by: Principal, storage: Storage) -> Mapping[UploadId, Webhook]:
    """The calls that tell of these files, as far as there are any yet."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.webhooks.of_uploads(uploads)


async def listed(*, offset: int, limit: int, by: Principal, storage: Storage) -> tuple[int, Sequence[Webhook]]:
    """How many calls the account's clients have asked for, and one page of them, the newest first."""
    async with storage.unit_of_work(by.account) as uow:
        return await uow.webhooks.page(offset=offset, limit=limit)


async def secret(account: AccountId, *, storage: Storage, clock: Clock, replace: bool = False) -> bytes:
    """The secret that an account's calls are signed with; made when it is asked for first, or anew with `replace`."""
    async with storage.unit_of_work(account) as uow:
        known = None if replace else await uow.webhooks.secret()
        if known is not None:
            return known
        return await uow.webhooks.set_secret(secrets.token_bytes(SECRET_BYTES), clock.now(), replace=replace)


class Deliveries:
    """Makes calls that are due while its block is entered; what a server has left, the next one takes up."""

    def __init__(self, *, storage: Storage, access: AccessStore, clock: Clock, caller: WebhookCaller) -> None:
        self._storage, self._access, self._clock, self._caller = storage, access, clock, caller
        self._worker: Task[None] | None = None
        self._caught_up = Event()

    async def __aenter__(self) -> Self:
        self._worker = create_task(self._work(), name="webhooks")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._worker is not None:
            await ended([self._worker])

    async def caught_up(self) -> None:
        """Wait until all that was due when the block was entered has been tried."""
        await self._caught_up.wait()

    async def once(self) -> int:
        """Try what is due, for every account; answers how many calls were tried."""
        tried = 0
        for account in await self._access.accounts():
            now = self._clock.now()
            async with self._storage.unit_of_work(account.id) as uow:
                due = await uow.webhooks.take_due(now, again_at=now + _LOST_AFTER, limit=_AT_ONCE)
            if not due:
                continue
            key = await secret(account.id, storage=self._storage, clock=self._clock)
            await gather(*(self._deliver(account.id, one, key) for one in due))
            tried += len(due)
        return tried

    async def _deliver(self, account: AccountId, webhook: Webhook, key: bytes) -> None:
        now, body = self._clock.now(), webhook.body
        headers = {"User-Agent": "Outdial"} | ({} if body is None else {"Content-Type": "application/json"})
        given = {name.lower() for name in webhook.headers}
        headers = {name: value for name, value in headers.items() if name.lower() not in given} | {
            **webhook.headers,
            "webhook-id": str(webhook.id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature(key, webhook.id, now, body or ""),
        }
        content = None if body is None else body.encode()
        try:
            status = await self._caller.call(webhook.method, webhook.endpoint, headers, content)
            after = webhook.answered(status, self._clock.now())
        except CallRefused as error:
            after = webhook.refused(str(error), self._clock.now())
        except NoAnswer as error:
            after = webhook.not_answered(str(error), self._clock.now())
        async with self._storage.unit_of_work(account) as uow:
            await uow.webhooks.save(after)
        log.info(
            "webhook_tried",
            webhook_id=str(webhook.id),
            status=after.status.value,
            attempts=after.attempts,
            answer=after.last_answer,
        )

    async def _work(self) -> None:
        while True:
            try:
                tried = await self.once()
            except Unavailable as error:
                log.warning("webhooks_wait", why=error.code)
            except Exception:
                # What was taken is due again in a minute.
                log.exception("webhooks_failed")
            else:
                self._caught_up.set()
                if tried:
                    continue
            await self._clock.sleep(_PAUSE_SECONDS)
