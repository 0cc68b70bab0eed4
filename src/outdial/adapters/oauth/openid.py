"""OpenID Connect's authorization code flow, with PKCE and a nonce, over HTTP.

Source:
    OpenID Connect Core 1.0 section 3.1, Discovery 1.0 section 4, RFC 7636.
"""

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key
from joserfc.jws import extract_compact
from joserfc.jwt import JWTClaimsRegistry

from outdial.domain.access import CLOCKS_DIFFER
from outdial.domain.networks import is_here
from outdial.domain.openid import Claims, OpenIdAway, OpenIdFailed
from outdial.ports.clock import Clock
from outdial.ports.openid import Journey

_ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
"""With a public key: nothing that a secret, or nobody, could have signed."""
_SECONDS: Final = 10.0
_LARGEST: Final = 1024 * 1024
_KEPT_SECONDS: Final = 3600.0
"""How long what the other place says of itself is believed."""
_KEYS_AGAIN_SECONDS: Final = 60.0
"""Unknown keys are looked for this often at most: a forged token must not become a request."""
_UNREADABLE: Final = (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class OpenIdClient:
    """What we are to the other place. `scopes` are asked for, `openid` among them."""

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    name: str = "OpenID Connect"
    scopes: str = "openid email profile"


class HttpOpenId:
    """Implements `outdial.ports.openid.OpenIdProvider`. `clock` is the machine's."""

    def __init__(self, client: OpenIdClient, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._http = httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False)
        self._about: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, Sequence[Key]] | None = None
        self._asking = asyncio.Lock()

    @property
    def name(self) -> str:
        return self._client.name

    @property
    def issuer(self) -> str:
        return self._client.issuer

    async def address(self, journey: Journey, *, back: str) -> str:
        endpoint = str((await self._metadata())["authorization_endpoint"])
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._client.client_id,
                "redirect_uri": back,
                "scope": self._client.scopes,
                "state": journey.state,
                "nonce": journey.nonce,
                "code_challenge": _challenge(journey.verifier),
                "code_challenge_method": "S256",
            }
        )
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    async def claims(self, code: str, journey: Journey, *, back: str) -> Claims:
        about = await self._metadata()
        token = await self._exchange(about, code, journey, back)
        said = await self._verified(token, about)
        _check(said, self._client, journey.nonce, self._clock.now().timestamp())
        return Claims(self._client.issuer, str(said["sub"]), said)

    async def _exchange(self, about: Mapping[str, Any], code: str, journey: Journey, back: str) -> str:
        """The ID token for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": journey.verifier,
        }
        headers = {"Accept": "application/json"}
        secret, methods = self._client.client_secret, about.get("token_endpoint_auth_methods_supported")
        if secret is None:
            form["client_id"] = self._client.client_id
        elif isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods:
            form |= {"client_id": self._client.client_id, "client_secret": secret}
        else:
            # RFC 6749 section 2.3.1: both are encoded as in a form before they are joined.
            pair = f"{quote(self._client.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        status, answer = await self._ask("POST", str(about["token_endpoint"]), data=form, headers=headers)
        if status >= 500:
            raise OpenIdAway(f"the token endpoint answers {status}")
        if status != 200 or not isinstance(answer.get("id_token"), str):
            error = answer.get("error")
            raise OpenIdFailed(f"the code was not taken: {error if isinstance(error, str) else status}")
        token: str = answer["id_token"]
        return token

    async def _verified(self, token: str, about: Mapping[str, Any]) -> Mapping[str, Any]:
        """The claims of a token that the other place has signed."""
        try:
            kid = extract_compact(token.encode()).headers().get("kid")
        except _UNREADABLE as error:
            raise OpenIdFailed("the ID token is none") from error
        for key in await self._keys_of(about, kid):
            try:
                return dict(jwt.decode(token, key, algorithms=_ALGORITHMS).claims)
            except _UNREADABLE:
                continue
        raise OpenIdFailed("no key of the other place has signed the ID token")

    async def _metadata(self) -> Mapping[str, Any]:
        """What the other place says of itself."""
        async with self._asking:
            now = self._clock.monotonic()
            if self._about is None or now - self._about[0] >= _KEPT_SECONDS:
                issuer = self._client.issuer
                status, said = await self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                endpoints = ("authorization_endpoint", "token_endpoint", "jwks_uri")
                if status != 200 or said.get("issuer") != issuer or not all(_is_safe(said.get(n)) for n in endpoints):
                    raise OpenIdAway(f"{issuer} does not describe itself as OpenID Connect Discovery has it")
                self._about = now, said
            return self._about[1]

    async def _keys_of(self, about: Mapping[str, Any], kid: object) -> Sequence[Key]:
        """Those of its public keys that can have signed; they are looked for anew where a named one is missing."""
        async with self._asking:
            now, kept = self._clock.monotonic(), self._keys
            age = float("inf") if kept is None else now - kept[0]
            fitting = () if kept is None else _fitting(kept[1], kid)
            if age >= _KEPT_SECONDS or (not fitting and age >= _KEYS_AGAIN_SECONDS):
                status, said = await self._ask("GET", str(about["jwks_uri"]))
                if status != 200 or not isinstance(said.get("keys"), list):
                    raise OpenIdAway(f"the keys of {self._client.issuer} cannot be read ({status})")
                self._keys = now, _read_keys(said["keys"])
                fitting = _fitting(self._keys[1], kid)
            return fitting

    async def _ask(self, method: str, address: str, **sent: Any) -> tuple[int, dict[str, Any]]:
        """Status and JSON object of an answer; whatever is none is empty."""
        try:
            async with asyncio.timeout(_SECONDS), self._http.stream(method, address, **sent) as answer:
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > _LARGEST:
                        raise OpenIdAway(f"{urlsplit(address).netloc} answers too much")
        except (httpx.HTTPError, TimeoutError) as error:
            raise OpenIdAway(f"{urlsplit(address).netloc} does not answer: {type(error).__name__}") from error
        try:
            said = httpx.Response(answer.status_code, content=body).json()
        except (ValueError, RecursionError):
            said = None
        return answer.status_code, said if isinstance(said, dict) else {}


def _read_keys(keys: Sequence[Any]) -> Sequence[Key]:
    """Those of the keys that we understand."""
    found = []
    for key in keys:
        with contextlib.suppress(*_UNREADABLE):
            found.append(import_key(key))
    return found


def _fitting(keys: Sequence[Key], kid: object) -> Sequence[Key]:
    return [key for key in keys if (kid is None or key.kid == kid) and key.get("use") in (None, "sig")]


def _check(said: Mapping[str, Any], client: OpenIdClient, nonce: str, now: float) -> None:
    """OpenID Connect Core 1.0 section 3.1.3.7. Raises `OpenIdFailed`, which names the claim."""
    registry = JWTClaimsRegistry(
        now=int(now),
        leeway=int(CLOCKS_DIFFER.total_seconds()),
        iss={"essential": True, "value": client.issuer},
        sub={"essential": True},
        aud={"essential": True, "value": client.client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        registry.validate(dict(said))
    except _UNREADABLE as error:
        raise OpenIdFailed(f"the ID token is not good: {error}") from error
    audience, party = said["aud"], said.get("azp")
    if party != client.client_id and (party is not None or (isinstance(audience, list) and len(audience) > 1)):
        raise OpenIdFailed("the ID token was made for another client (azp)")
    if not isinstance(said["sub"], str) or not said["sub"] or not said["sub"].isprintable():
        raise OpenIdFailed("the ID token names nobody (sub)")


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _is_safe(address: object) -> bool:
    """Whether nobody on the way can read or change what is sent there."""
    if not isinstance(address, str):
        return False
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_here(parts.hostname or ""))
