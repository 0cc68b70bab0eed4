"""Pages of a collection: the two query parameters, the envelope, and links to the other pages."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import Field
from starlette.requests import Request

from outdial.api.hal import Link, link
from outdial.api.shapes import LARGEST_WHOLE_NUMBER, Query, WholeNumber


class PageQuery(Query):
    """Which page; a collection with longer pages overrides `per_page`."""

    page: Annotated[WholeNumber, Field(ge=1, le=LARGEST_WHOLE_NUMBER)] = 1
    per_page: Annotated[WholeNumber, Field(ge=1, le=100)] = 50

    @property
    def offset(self) -> int:
        """How many items come before the page; no more than the database can count."""
        return min((self.page - 1) * self.per_page, 2**62)


class LongPageQuery(PageQuery):
    """For record lists and what is in them."""

    per_page: Annotated[WholeNumber, Field(ge=1, le=500)] = 50


def page_of(
    request: Request, name: str, items: Sequence[dict[str, Any]], *, total: int, query: PageQuery
) -> dict[str, Any]:
    """The envelope around one page of a collection, whose items are embedded under `name`."""
    pages = max(1, -(-total // query.per_page))

    def to(page: int) -> Link:
        kept = [(key, value) for key, value in request.query_params.multi_items() if key != "page"]
        kept.append(("page", str(page)))
        if "per_page" not in request.query_params:
            kept.append(("per_page", str(query.per_page)))
        return link(request, f"{request.url.path}?{urlencode(kept, safe=':')}")

    links = {"self": to(query.page), "first": to(1), "last": to(pages)}
    if query.page > 1:
        links["prev"] = to(min(query.page - 1, pages))
    if query.page < pages:
        links["next"] = to(query.page + 1)
    return {
        "total": total,
        "count": len(items),
        "page": query.page,
        "per_page": query.per_page,
        "total_pages": pages,
        "_embedded": {name: list(items)},
        "_links": links,
    }
