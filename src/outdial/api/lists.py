"""What record lists and do-not-call lists have in common in the API: what is shown, bulk answers, queries."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from pydantic import BeforeValidator, Field, StringConstraints
from starlette.requests import Request

from outdial.api.describe import order_schema
from outdial.api.hal import Link, link, url, without_absent
from outdial.api.paging import LongPageQuery
from outdial.api.shapes import Instant, Query, TrueOrFalse, all_of, any_case, wrong
from outdial.api.teams import Teams, shown_inside
from outdial.app import dnc, record_lists
from outdial.app.campaigns import uuid_of
from outdial.app.record_lists import CAMPAIGNS_SHOWN
from outdial.domain.errors import FieldProblem
from outdial.domain.record_lists import ListStatus
from outdial.domain.teams import TeamId
from outdial.domain.values import CampaignId
from outdial.ports.record_lists import ListFilter

Seen = record_lists.Seen | dnc.Seen

# What is shown -------------------------------------------------------------------------------------------------------


def shown_with_campaigns(
    request: Request, members: Mapping[str, Any], seen: Seen, *, campaigns_by: str, teams: Teams | None
) -> dict[str, Any]:
    """A list as the API shows it: its own members, and the campaigns that use it.

    `teams` are the list's, None where nobody asked for them. `campaigns_by` is the parameter by which campaigns are
    found that use a list.
    """
    address = url(request, f"/campaigns?{campaigns_by}={seen.list.id}&per_page={CAMPAIGNS_SHOWN}&page=")
    return without_absent(
        {
            **members,
            "teams": None if teams is None else [shown_inside(request, team) for team in teams],
            "campaign_page": _campaign_page(request, seen, address),
        }
    )


def _campaign_page(request: Request, seen: Seen, address: str) -> dict[str, Any]:
    """The campaigns that use a list; the rest of a long page is found by the campaigns' own filter."""
    pages = max(1, -(-seen.campaigns_total // CAMPAIGNS_SHOWN))
    numbers = {"self": 1, "first": 1, "last": pages} | ({"next": 2} if pages > 1 else {})
    return {
        "total": seen.campaigns_total,
        "count": len(seen.campaigns),
        "page": 1,
        "per_page": CAMPAIGNS_SHOWN,
        "total_pages": pages,
        "_links": {name: {"href": f"{address}{number}"} for name, number in numbers.items()},
        "_embedded": {
            "campaigns": [
                {
                    "id": str(campaign.id),
                    "campaign_name": campaign.name,
                    "_links": {"self": link(request, f"/campaigns/{campaign.id}")},
                }
                for campaign in seen.campaigns
            ]
        },
    }


def bulk_answer(
    about: Mapping[str, str],
    *,
    errors: int,
    done: Mapping[str, int],
    links: Mapping[str, Link],
    embedded: Mapping[str, Any],
) -> dict[str, Any]:
    """The answer to a bulk: which list it was about, how many items failed and how many are done, and what became."""
    return {
        **about,
        "has_errors": errors > 0,
        "total_errors": errors,
        **done,
        "_links": dict(links),
        "_embedded": dict(embedded),
    }


def failed_deletions(
    request: Request, path: str, ids: Sequence[str], *, bad: Sequence[str], unknown: Sequence[str]
) -> dict[str, Any]:
    """What a bulk could not delete: the ids, with addresses below the path, and which words were not understood."""
    return {
        "failed_records": [
            {"id": one, "_links": {"self": link(request, f"{path}/{quote(one, safe='')}")}} for one in ids
        ],
        "reason": {"bad_request_param": list(bad), "record_not_found": list(unknown)},
    }


# Queries -------------------------------------------------------------------------------------------------------------

Order = tuple[tuple[str, bool], ...]
"""Pairs of a column and whether it descends."""
NEWEST_FIRST: Final[Order] = (("created_at", True),)


def order_term(text: str, columns: Collection[str]) -> tuple[str, bool] | None:
    """A column, bare or with its direction, and whether it descends; None where it is none of the columns."""
    column, colon, direction = text.partition(":")
    if column not in columns or direction not in (("asc", "desc") if colon else ("",)):
        return None
    return column, direction == "desc"


def order_of(*columns: str) -> BeforeValidator:
    """Read an `Order`: several of the columns, each bare or with its direction."""

    def read(value: object) -> object:
        order = []
        for text in str(value).split(","):
            term = order_term(text.strip(), columns)
            if term is None:
                raise wrong(f"must be a comma-separated list of {', '.join(columns)}, each bare or with :asc or :desc")
            order.append(term)
        return tuple(order)

    return BeforeValidator(read, json_schema_input_type=Annotated[str, order_schema(*columns, several=True)])


def _teams_only(value: object) -> object:
    if str(value).upper() != "TEAMS":
        raise wrong("must be TEAMS")
    return True


WithTeams = Annotated[bool, BeforeValidator(_teams_only, json_schema_input_type=Literal["TEAMS"])]


class DetailQuery(Query):
    fields: WithTeams = False


class ListQuery(LongPageQuery):
    """Which lists; each kind adds the columns by which its lists are ordered."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)] | None = None
    status: Annotated[ListStatus, any_case(ListStatus)] | None = None
    team_id: str | None = None
    team_ids: list[str] = Field(default_factory=list)
    include_none_team: TrueOrFalse = False
    campaign_ids: list[str] = Field(default_factory=list)
    fields: WithTeams = False
    created_at_from: Instant | None = None
    created_at_to: Instant | None = None
    updated_at_from: Instant | None = None
    updated_at_to: Instant | None = None

    def clashes(self) -> list[FieldProblem]:
        """The parameters that do not go together; bounds of instants may be given one by one."""
        if self.team_id is not None and self.team_ids:
            return [FieldProblem("team_ids", "must not be given together with team_id")]
        return []

    def which(self) -> ListFilter:
        """Raises `Invalid` where parameters do not go together."""
        all_of(self.clashes(), "Invalid query")
        campaigns = [uuid for uuid in map(uuid_of, self.campaign_ids) if uuid is not None]
        # An id that is no UUID names nothing of ours.
        given = [self.team_id] if self.team_id is not None else self.team_ids
        teams = [uuid for uuid in map(uuid_of, given) if uuid is not None]
        return ListFilter(
            name=self.name,
            status=self.status,
            campaigns=tuple(map(CampaignId, campaigns)) if self.campaign_ids else None,
            created_from=self.created_at_from,
            created_to=self.created_at_to,
            updated_from=self.updated_at_from,
            updated_to=self.updated_at_to,
            teams=tuple(map(TeamId, teams)) if given else None,
            or_no_team=self.include_none_team,
        )


def both_or_none(query: Query, name: str) -> list[FieldProblem]:
    """The bounds of an instant must be given together."""
    ends = [f"{name}_from", f"{name}_to"]
    lacking = [end for end in ends if getattr(query, end) is None]
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    return (
        [FieldProblem(end, f"is required together with {other[end]}") for end in lacking] if len(lacking) == 1 else []
    )
