"""What the HTTP edge is given to work with: put together in `bootstrap`, carried by the application."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from outdial.app.openid import OpenId
from outdial.domain.phone_agents import BrowserPhones
from outdial.ports.bus import Bus
from outdial.ports.clock import Clock, Ids
from outdial.ports.desk import Desk
from outdial.ports.forecasts import Foresee
from outdial.ports.grants import GrantStore
from outdial.ports.health import HealthStore
from outdial.ports.holidays import Holidays
from outdial.ports.live import LiveBoard
from outdial.ports.logins import LoginStore, PasswordHasher
from outdial.ports.storage import Storage
from outdial.ports.tokens import AccessStore, Tokens
from outdial.ports.uploads import UploadBytes
from outdial.ports.webhooks import WebhookCaller


@dataclass(frozen=True, slots=True)
class Services:
    """`clock` is the one that dialing goes by, `wall` the machine's: tokens and signed addresses.

    `database_away` are the exceptions by which the storage adapter says that the database does not answer.
    `rate_limit` is requests a second for each client.
    `bus` brings what happened; `desk` is the agents' one, at an engine; `board` shows
    what that engine does.
    `uploads` is where the files of lists go.
    `foresee` answers what will become of a campaign.
    `openid` is the company's own sign-in, where it has one.
    `metrics_token` opens the figures of the installation to other machines; `release` is told by them.
    `browser_phones` are those that the back end offers, if it does.
    `webhooks` makes the calls that clients ask for; without it none is made.
    """

    storage: Storage
    access: AccessStore
    logins: LoginStore
    grants: GrantStore
    passwords: PasswordHasher
    tokens: Tokens
    clock: Clock
    wall: Clock
    ids: Ids
    uploads: UploadBytes
    holidays: Holidays
    bus: Bus
    foresee: Foresee
    health: HealthStore
    desk: Desk | None = None
    board: LiveBoard | None = None
    public_url: str | None = None
    rate_limit: float | None = None
    rate_burst: int | None = None
    webhooks: WebhookCaller | None = None
    metrics_token: str | None = None
    openid: OpenId | None = None
    release: str = "unreleased"
    browser_phones: BrowserPhones | None = None
    database_away: tuple[type[Exception], ...] = ()


def services_of(request: HTTPConnection) -> Services:
    services: Services = request.app.state.services
    return services
