"""What the OAuth endpoints take and answer."""

from typing import Annotated, Any, Literal

from pydantic import Field

from outdial.api.describe import Shown
from outdial.domain.access import Scope

_SCOPE = "|".join(scope.value for scope in Scope)
# The numbers from 86400 up, as far as a pattern can tell them without growing long.
_SECONDS = "86[4-9][0-9]{2}|8[7-9][0-9]{3}|9[0-9]{4}|[1-9][0-9]{5,6}|[12][0-9]{7}|3[01][0-4][0-9]{5}"


class ClientForm(Shown):
    """Instead of HTTP Basic, a client may sign an assertion (RFC 7523)."""

    client_assertion_type: Literal["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"] | None = None
    client_assertion: Annotated[str, Field(description="A JWT signed with a key of the client")] | None = None


class TokenForm(ClientForm):
    grant_type: Literal["client_credentials", "authorization_code", "refresh_token"]
    code: Annotated[str, Field(description="Of `/oauth/authorize`; good once, for a minute")] | None = None
    redirect_uri: Annotated[str, Field(description="The one that the code was sent to")] | None = None
    code_verifier: Annotated[str, Field(description="Where a code_challenge was sent (RFC 7636)")] | None = None
    refresh_token: Annotated[str, Field(description="Good once: each use brings the next one")] | None = None
    scope: (
        Annotated[
            str,
            Field(
                pattern=f"^({_SCOPE})( ({_SCOPE}))*$",
                description="Left out: all that was granted. On a refresh it may ask for less",
                examples=["campaigns:read campaigns:write"],
            ),
        ]
        | None
    ) = None
    token_type: (
        Annotated[
            Literal["opaque"],
            Field(description="Asks for a service token: long-lived, and good until it is revoked"),
        ]
        | None
    ) = None
    expires_in: (
        Annotated[
            str,
            Field(
                pattern=f"^({_SECONDS})$",
                description="Of a service token: 86400 (when left out) to 31556952 seconds",
                examples=["86400"],
            ),
        ]
        | None
    ) = None


class TokenShown(Shown):
    access_token: Annotated[str, Field(examples=["eyJhbGciOiJFUzI1NiJ9.e30.c2ln"])]
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(ge=1, examples=[599], description="Seconds")]
    scope: Annotated[str, Field(examples=["campaigns:read campaigns:write"])]
    refresh_token: Annotated[str, Field(description="Only of those who act for a person")] | None = None
    sid: Annotated[str, Field(description="Names what the person allowed, over all its tokens")] | None = None


class IntrospectionForm(ClientForm):
    token: Annotated[str, Field(min_length=1, examples=["eyJhbGciOiJFUzI1NiJ9.e30.c2ln"])]


class TokenFactsShown(Shown):
    """What the token says; only `active` for one that is not good, or not of this account."""

    active: bool
    iss: Annotated[str, Field(examples=["outdial"])] | None = None
    aud: Annotated[str, Field(examples=["default"])] | None = None
    exp: Annotated[int, Field(examples=[1780304999])] | None = None
    nbf: Annotated[int, Field(examples=[1780304400])] | None = None
    iat: Annotated[int, Field(examples=[1780304400])] | None = None
    cid: Annotated[str, Field(description="The client", examples=["f2b1c0"])] | None = None
    aid: Annotated[str, Field(description="The account", examples=["1"])] | None = None
    scp: Annotated[str, Field(examples=["campaigns:read"])] | None = None


class IntrospectionShown(Shown):
    """`kid` and `sig` are the name of the key and the signature of a JWT; service tokens have none."""

    kid: Annotated[str, Field(examples=["2026-06-01"])] | None = None
    sig: Annotated[str, Field(examples=["c2ln"])] | None = None
    token_introspection: TokenFactsShown


class NothingToIntrospect(Shown):
    code: Literal["0070201"]
    message: Annotated[str, Field(examples=["token is missing"])]


class KeysShown(Shown):
    """A JWK set (RFC 7517)."""

    keys: Annotated[
        list[dict[str, Any]], Field(examples=[[{"kty": "EC", "crv": "P-256", "kid": "k1", "x": "AQ", "y": "AQ"}]])
    ]
