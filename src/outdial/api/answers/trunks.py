"""Trunks, as the API shows them."""

from typing import Annotated

from pydantic import Field

from outdial.api.describe import Id, InstantShown, LinkShown, Shown
from outdial.domain.trunks import TrunkState


class TrunkLinks(Shown):
    """Of the two commands the one that would change something."""

    self_: LinkShown = Field(alias="self")
    trunks: LinkShown
    drain: LinkShown | None = None
    resume: LinkShown | None = None


class TrunkShown(Shown):
    """A way to the telephone network, a trunk or an Asterisk, as the engine that dials told of it last."""

    id: Id
    name: Annotated[str, Field(examples=["main"])]
    state: TrunkState
    drained: Annotated[bool, Field(description="It is to get no calls, also after a restart")]
    sentence: Annotated[str, Field(examples=["draining, 7 calls left"])]
    trouble: Annotated[str, Field(examples=["no sign of life"])] | None = None
    calls: int
    max_calls: int
    calls_per_second: Annotated[float, Field(description="Absent: any number")] | None = None
    sign_of_life: Annotated[str, Field(examples=["OPTIONS 200"], description="Its last answer")] | None = None
    sign_of_life_at: InstantShown | None = None
    heard_at: Annotated[InstantShown, Field(description="When the engine told this")]
    links: TrunkLinks = Field(alias="_links")
