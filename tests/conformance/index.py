"""The protocol's endpoints, numbered as in its index, and which of them a run has not asked."""

import re
from collections.abc import Iterable
from typing import Final

_ASSIGNED: Final = (("record-lists", 7), ("do-not-call-lists", 10), ("users", 13), ("numbers", 16))
_JOBS: Final = "/data/reports/outbound_dialer_calls/jobs"

ROWS: Final[tuple[tuple[int, str, str], ...]] = (
    (1, "POST", "/oauth/token"),
    (2, "GET", "/campaigns"),
    (3, "POST", "/campaigns"),
    (4, "GET", "/campaigns/{}"),
    (5, "PATCH", "/campaigns/{}"),
    (6, "DELETE", "/campaigns/{}"),
    *(
        (first + place, method, f"/campaigns/{{}}/{kind}")
        for kind, first in _ASSIGNED
        for place, method in enumerate(("GET", "POST", "DELETE"))
    ),
    (19, "GET", "/record-lists"),
    (20, "POST", "/record-lists"),
    (21, "GET", "/record-lists/{}"),
    (22, "PATCH", "/record-lists/{}"),
    (23, "POST", "/record-lists/{}/upload-requests"),
    (24, "PATCH", "/record-lists/{}/upload-requests/{}"),
    (25, "GET", "/record-lists/{}/teams"),
    (26, "PUT", "/record-lists/{}/teams"),
    (27, "POST", "/record-lists/{}/teams"),
    (28, "DELETE", "/record-lists/{}/teams"),
    (29, "GET", "/record-lists/{}/records"),
    (30, "POST", "/record-lists/{}/records"),
    (31, "DELETE", "/record-lists/{}/records"),
    (32, "DELETE", "/record-lists/{}/external-records"),
    (33, "GET", "/record-lists/{}/records/timezones"),
    (34, "GET", "/record-lists/{}/records/{}"),
    (35, "PATCH", "/record-lists/{}/records/{}"),
    (36, "DELETE", "/record-lists/{}/records/{}"),
    (37, "POST", "/record-lists/{}/records/bulks"),
    (38, "PATCH", "/record-lists/{}/records/bulks"),
    (39, "DELETE", "/record-lists/{}/records/bulks"),
    (40, "GET", "/do-not-call-lists"),
    (41, "POST", "/do-not-call-lists"),
    (42, "GET", "/do-not-call-lists/{}"),
    (43, "GET", "/do-not-call-lists/{}/teams"),
    (44, "POST", "/do-not-call-lists/{}/teams"),
    (45, "DELETE", "/do-not-call-lists/{}/teams"),
    (46, "GET", "/do-not-call-lists/{}/entries"),
    (47, "POST", "/do-not-call-lists/{}/entries"),
    (48, "PATCH", "/do-not-call-lists/{}/entries"),
    (49, "DELETE", "/do-not-call-lists/{}/entries"),
    (50, "GET", "/do-not-call-lists/{}/entries/{}"),
    (51, "PATCH", "/do-not-call-lists/{}/entries/{}"),
    (52, "DELETE", "/do-not-call-lists/{}/entries/{}"),
    (53, "POST", "/do-not-call-lists/{}/entries/queries"),
    (54, "GET", "/schedule-callbacks"),
    (55, "GET", "/schedule-callbacks/{}"),
    (56, "PATCH", "/schedule-callbacks/{}"),
    (57, "DELETE", "/schedule-callbacks/{}"),
    (58, "GET", "/dialer-integrations/campaigns/{}/contacts/{}"),
    (59, "POST", "/v1/record-list/{}/record/{}/call-attempt-disposition/{}"),
    (59, "POST", "/v1/record-list/{}/record/{}/schedule-callback-created"),
    (59, "POST", "/v1/record-list/{}/record/{}/callback-attempt-disposition/{}"),
    (60, "POST", _JOBS),
    (60, "GET", _JOBS),
    (60, "GET", f"{_JOBS}/{{}}"),
    (60, "GET", "/data/reports/outbound_dialer_calls/files/{}"),
)


def not_asked(asked: Iterable[tuple[str, str]]) -> list[str]:
    """The rows that no request went to, as they read in the index."""
    seen = list(asked)
    return [
        f"{row}: {method} {path}"
        for row, method, path in ROWS
        if not any(method == one and _pattern(path).fullmatch(where) for one, where in seen)
    ]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\{\}", "[^/]+"))
