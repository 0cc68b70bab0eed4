"""Access tokens as JSON Web Tokens, signed with ES256 by keys that live in storage."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from outdial.domain.access import TOKEN_LIFETIME, ApiClient, Principal, Scope
from outdial.domain.errors import Unavailable
from outdial.domain.values import AccountId
from outdial.ports.clock import Clock
from outdial.ports.tokens import KeyRing, SigningKey

ISSUER: Final = "outdial"
_REMEMBERED: Final = 10_000
"""Verified tokens kept; when there are more, all are forgotten, which costs one verification each."""
_LOOK_AGAIN: Final = 10.0
"""Seconds between two looks for keys that are not known here: forged key ids must not become queries."""


class NoSigningKey(Unavailable):
    """There is no key that tokens could be signed with."""

    code = "no-signing-key"


class JwtTokens:
    """Signs and verifies. `clock` is the machine's; `secret` encrypts private keys that are made from now on."""

    def __init__(self, ring: KeyRing, clock: Clock, secret: str | None = None) -> None:
        self._ring, self._clock, self._secret = ring, clock, secret
        self._stored: Sequence[SigningKey] = ()
        self._public: dict[str, ECKey] = {}
        self._signer: tuple[str, ECKey] | None = None
        self._looked_at: float | None = None
        self._good: dict[str, tuple[Principal, datetime]] = {}

    def new_key(self) -> SigningKey:
        pair = ec.generate_private_key(ec.SECP256R1())
        cipher: serialization.KeySerializationEncryption = (
            serialization.BestAvailableEncryption(self._secret.encode())
            if self._secret
            else serialization.NoEncryption()
        )
        pem = pair.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, cipher)
        kid = secrets.token_urlsafe(12)
        public = ECKey.import_key(pair.public_key()).as_dict(private=False)
        jwk: dict[str, Any] = {**public, "kid": kid, "use": "sig", "alg": "ES256"}
        return SigningKey(kid, pem, bool(self._secret), jwk, self._clock.now())

    async def issue(self, client: ApiClient, scopes: Sequence[Scope]) -> str:
        """Raises `NoSigningKey` when there is none, or the one there is was encrypted with another secret."""
        if self._signer is None:
            await self._look()
            self._signer = self._unlock()
        kid, key = self._signer
        now = self._clock.now()
        claims = {
            "iss": ISSUER,
            "sub": client.id,
            "aud": client.account.name,
            "iat": int(now.timestamp()),
            "exp": int((now + TOKEN_LIFETIME).timestamp()),
            "jti": secrets.token_urlsafe(12),
            "aid": str(client.account.id),
            "cid": client.id,
            "scp": " ".join(scope.value for scope in scopes),
        }
        return jwt.encode({"alg": "ES256", "kid": kid}, claims, key, algorithms=["ES256"])

    async def verify(self, token: str) -> Principal | None:
        now = self._clock.now()
        if (known := self._good.get(token)) is not None:
            if now < known[1]:
                return known[0]
            del self._good[token]
            return None
        checked = await self._check(token, now)
        if checked is None:
            return None
        if len(self._good) >= _REMEMBERED:
            self._good.clear()
        self._good[token] = checked
        return checked[0]

    async def certificates(self) -> dict[str, Any]:
        await self._look()
        return {"keys": [key.public_jwk for key in self._stored]}

    async def _look(self) -> None:
        self._looked_at = self._clock.monotonic()
        self._stored = await self._ring.keys()
        self._public = {key.kid: ECKey.import_key(key.public_jwk) for key in self._stored}

    async def _key(self, kid: str) -> ECKey | None:
        stale = self._looked_at is None or self._clock.monotonic() - self._looked_at > _LOOK_AGAIN
        if kid not in self._public and stale:
            await self._look()
        return self._public.get(kid)

    def _unlock(self) -> tuple[str, ECKey]:
        newest = next((key for key in self._stored if key.retired_at is None), None)
        if newest is None:
            raise NoSigningKey("there is no key to sign access tokens with")
        if newest.encrypted and not self._secret:
            raise NoSigningKey("the signing key is encrypted and OUTDIAL_SECRET_KEY is not set")
        try:
            secret = self._secret.encode() if newest.encrypted and self._secret else None
            pair = serialization.load_pem_private_key(newest.private_key, secret)
        except ValueError:
            raise NoSigningKey("the signing key was encrypted with another OUTDIAL_SECRET_KEY") from None
        assert isinstance(pair, ec.EllipticCurvePrivateKey)
        return newest.kid, ECKey.import_key(pair)

    async def _check(self, token: str, now: datetime) -> tuple[Principal, datetime] | None:
        try:
            key = await self._key(_key_id(token))
            if key is None:
                return None
            claims = jwt.decode(token, key, algorithms=["ES256"]).claims
            until = datetime.fromtimestamp(claims["exp"], now.tzinfo)
            if claims["iss"] != ISSUER or not claims["aud"] or now >= until:
                return None
            scopes = frozenset(scope for scope in Scope if scope.value in claims["scp"].split())
            return Principal(AccountId(int(claims["aid"])), str(claims["cid"]), scopes), until
        except (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError):
            # Whatever is wrong with a stranger's token, it is no token of ours.
            return None


def _key_id(token: str) -> str:
    """The `kid` that a token names, unverified."""
    from joserfc.jws import extract_compact

    header = extract_compact(token.encode()).headers()
    return str(header["kid"])
