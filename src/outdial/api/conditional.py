"""Conditional requests (RFC 9110 section 13): what has not changed is not sent again, and no change is lost.

A tag is `"state.content"`. The first half follows the stored thing alone: `If-Match` asks for it, so that a tag of any
drawing of the thing will do. The second half follows the bytes of the answer, which also hold other things' names.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from outdial.api.hal import hal
from outdial.api.problems import Refused
from outdial.domain.campaigns import Campaign
from outdial.domain.hour_templates import HourTemplate
from outdial.domain.record_lists import RecordList
from outdial.domain.records import Record

Tagged = Campaign | RecordList | Record | HourTemplate

_TAGS: Final = re.compile(r'(W/)?"([^"]*)"')


def tagged(request: Request, thing: Tagged, body: object) -> Response:
    """The answer that shows a thing, with its `ETag`; 304 without a body for a GET whose `If-None-Match` has it."""
    answer = hal(request, body)
    content = _hash(answer.headers["content-type"].encode() + bytes(answer.body))
    tag = f"{_state(thing)}.{content}"
    header = {"ETag": f'"{tag}"'}
    asked = ",".join(request.headers.getlist("if-none-match"))
    if request.method == "GET" and (asked.strip() == "*" or tag in {found for _, found in _TAGS.findall(asked)}):
        return Response(status_code=304, headers=header)
    answer.headers.update(header)
    return answer


def unless_changed(request: Request) -> Callable[[Tagged], None] | None:
    """What `If-Match` demands of the thing as it is stored, to be checked in the transaction that changes it.

    The check raises `Refused` with 412. None: the request demands nothing.
    """
    asked = ",".join(request.headers.getlist("if-match"))
    if "if-match" not in request.headers or asked.strip() == "*":
        return None
    # A weak tag says only that two things are alike, and that is not enough to write on.
    states = {tag.partition(".")[0] for weak, tag in _TAGS.findall(asked) if not weak}

    def check(thing: Tagged) -> None:
        if _state(thing) not in states:
            raise Refused("precondition-failed", "it is not what If-Match names: it was changed in between")

    return check


def _state(thing: Tagged) -> str:
    match thing:
        case Campaign():
            facts = f"{thing.id} {thing.version}"
        case RecordList():
            facts = f"{thing.id} {thing.updated_at} {thing.status} {thing.records_count}"
        case Record() | HourTemplate():
            # Two changes can fall into one millisecond: the thing itself is part of it.
            facts = repr(thing)
    return _hash(facts.encode("utf-8", "surrogatepass"))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
