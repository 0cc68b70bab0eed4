"""Access tokens as JSON Web Tokens, signed with ES256 by keys out of storage; and service tokens, which are stored.

Storage is looked at every ten seconds at most, and before a token is judged on older knowledge: that is how late a
process notices what another one revoked, and why a new key signs only when every process can know it.
"""

import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import extract_compact

from outdial.domain.access import (
    ISSUER,
    SERVICE_TOKEN_PREFIX,
    TOKEN_LIFETIME,
    ApiClient,
    InvalidPublicKey,
    Principal,
    PublicKey,
    Scope,
    hash_of,
)
from outdial.domain.errors import Unavailable
from outdial.domain.values import AccountId, UserId
from outdial.ports.clock import Clock
from outdial.ports.tokens import KeyRing, Revocations, SigningKey, TokenFacts

_REMEMBERED: Final = 10_000
"""Verified tokens kept; when there are more, all are forgotten, which costs one verification each."""
_LOOK_AGAIN: Final = 10.0
"""Seconds between two looks at keys and revocations; forged key ids must not become queries."""
_SETTLED: Final = timedelta(seconds=2 * _LOOK_AGAIN)
"""The age at which every process has seen a key, so that what it signs is accepted everywhere."""
KEY_OUTLIVES: Final = TOKEN_LIFETIME + 2 * _SETTLED
"""How long a retired key is still published: it signs until its successor has settled, and then its tokens live on."""
_NOT_OURS: Final = (
    JoseError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    OSError,
    RecursionError,
)
"""What reading a stranger's token can raise; whatever is wrong with it, it is no token of ours."""


class NoSigningKey(Unavailable):
    """There is no key that tokens could be signed with."""

    code = "no-signing-key"


class JwtTokens:
    """Signs and verifies. `clock` is the machine's; `secret` encrypts private keys that are made from now on."""

    def __init__(self, ring: KeyRing, clock: Clock, secret: str | None = None) -> None:
        self._ring, self._clock, self._secret = ring, clock, secret
        self._stored: Sequence[SigningKey] = ()
        self._public: dict[str, ECKey] = {}
        self._revoked = Revocations(frozenset(), frozenset())
        self._signer: tuple[str, ECKey] | None = None
        self._looked_at: float | None = None
        self._looking = asyncio.Lock()
        self._failed_looks = 0
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

    async def issue(self, client: ApiClient, scopes: Sequence[Scope], *, person: Principal | None = None) -> str:
        """Raises `NoSigningKey` when there is none, or the one there is was encrypted with another secret."""
        await self._look_if_stale()
        if not self._stored:
            await self._look()
        now = self._clock.now()
        kid, key = self._unlocked(self._signing_key(now))
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
        if person is not None:
            claims |= {"uid": str(person.user)} if person.changes else {"uid": str(person.user), "look": True}
        return jwt.encode({"alg": "ES256", "kid": kid}, claims, key, algorithms=["ES256"])

    async def verify(self, token: str) -> Principal | None:
        await self._look_if_stale()
        now = self._clock.now()
        if (known := self._good.get(token)) is not None:
            if now < known[1]:
                return known[0]
            del self._good[token]
            return None
        facts = await self._read(token, now)
        if facts is None:
            return None
        if len(self._good) >= _REMEMBERED:
            self._good.clear()
        self._good[token] = facts.principal, facts.expires_at
        return facts.principal

    async def facts(self, token: str) -> TokenFacts | None:
        await self._look_if_stale()
        return await self._read(token, self._clock.now())

    async def certificates(self) -> dict[str, Any]:
        await self._look()
        return {"keys": [key.public_jwk for key in self._stored]}

    def signed_by(self, assertion: str) -> tuple[str, str] | None:
        try:
            parts = extract_compact(assertion.encode())
            client_id, kid = json.loads(parts.payload)["sub"], parts.headers()["kid"]
        except _NOT_OURS:
            return None
        return (client_id, kid) if isinstance(client_id, str) and isinstance(kid, str) else None

    def claims_of(self, assertion: str, key: PublicKey) -> Mapping[str, Any] | None:
        try:
            return jwt.decode(assertion, ECKey.import_key(dict(key.jwk)), algorithms=["ES256"]).claims
        except _NOT_OURS:
            return None

    def read_public_key(self, data: bytes) -> PublicKey:
        try:
            if data.lstrip().startswith(b"{"):
                jwk = json.loads(data)
                if jwk.get("d") is not None:
                    raise InvalidPublicKey("this is a private key: keep it, and give its public half")
                key = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
            elif b"PRIVATE KEY" in data:
                raise InvalidPublicKey("this is a private key: keep it, and give its public half")
            else:
                loaded = serialization.load_pem_public_key(data)
                if not isinstance(loaded, ec.EllipticCurvePublicKey):
                    raise InvalidPublicKey("the key must be an elliptic-curve key on P-256")
                key = ECKey.import_key(loaded)
            public = key.as_dict(private=False)
        except _NOT_OURS:
            raise InvalidPublicKey("the file has no public key in PEM or as a JWK") from None
        if public["crv"] != "P-256":
            raise InvalidPublicKey("the key must be an elliptic-curve key on P-256")
        return PublicKey(key.thumbprint(), {name: public[name] for name in ("kty", "crv", "x", "y")})

    async def _look_if_stale(self) -> None:
        if not self._is_stale():
            return
        failed_before = self._failed_looks
        async with self._looking:
            # One look serves all that waited for it, also when it fails: nobody stands in line for a dead database.
            if not self._is_stale():
                return
            if self._failed_looks != failed_before:
                raise Unavailable("the database does not answer")
            try:
                await self._look()
            except Exception:
                self._failed_looks += 1
                raise

    def _is_stale(self) -> bool:
        return self._looked_at is None or self._clock.monotonic() - self._looked_at >= _LOOK_AGAIN

    async def _look(self) -> None:
        began, gone_before = self._clock.monotonic(), self._clock.now() - KEY_OUTLIVES
        keys = await self._ring.keys()
        self._revoked = await self._ring.revocations()
        self._stored = [key for key in keys if key.retired_at is None or key.retired_at > gone_before]
        self._public = {key.kid: ECKey.import_key(key.public_jwk) for key in self._stored}
        # Only what is remembered can be good without being looked up: there, the withdrawn is forgotten.
        self._good = {
            token: (who, until)
            for token, (who, until) in self._good.items()
            if who.client_id not in self._revoked.clients and not self._is_revoked_service_token(token)
        }
        self._looked_at = began

    def _is_revoked_service_token(self, token: str) -> bool:
        if not self._revoked.service_tokens or not token.startswith(SERVICE_TOKEN_PREFIX):
            return False
        return hash_of(token) in self._revoked.service_tokens

    def _signing_key(self, now: datetime) -> SigningKey:
        """The newest key that every process knows; before there is one, the oldest."""
        if not self._stored:
            raise NoSigningKey("there is no key to sign access tokens with")
        settled = (key for key in self._stored if key.created_at <= now - _SETTLED)
        return next(settled, self._stored[-1])

    def _unlocked(self, key: SigningKey) -> tuple[str, ECKey]:
        if self._signer is None or self._signer[0] != key.kid:
            self._signer = self._unlock(key)
        return self._signer

    def _unlock(self, key: SigningKey) -> tuple[str, ECKey]:
        if key.encrypted and not self._secret:
            raise NoSigningKey("the signing key is encrypted and OUTDIAL_SECRET_KEY is not set")
        try:
            secret = self._secret.encode() if key.encrypted and self._secret else None
            pair = serialization.load_pem_private_key(key.private_key, secret)
        except ValueError:
            raise NoSigningKey("the signing key was encrypted with another OUTDIAL_SECRET_KEY") from None
        assert isinstance(pair, ec.EllipticCurvePrivateKey)
        return key.kid, ECKey.import_key(pair)

    async def _read(self, token: str, now: datetime) -> TokenFacts | None:
        if token.startswith(SERVICE_TOKEN_PREFIX):
            return await self._read_service_token(token, now)
        facts = self._read_jwt(token, now)
        return None if facts is None or facts.principal.client_id in self._revoked.clients else facts

    async def _read_service_token(self, token: str, now: datetime) -> TokenFacts | None:
        stored = await self._ring.service_token(hash_of(token))
        if stored is None or not stored.is_good(now):
            return None
        account = stored.client.account
        who = Principal(account.id, stored.client.id, frozenset(stored.scopes))
        return TokenFacts(who, account.name, stored.created_at, stored.expires_at)

    def _read_jwt(self, token: str, now: datetime) -> TokenFacts | None:
        try:
            kid = str(extract_compact(token.encode()).headers()["kid"])
            key = self._public.get(kid)
            if key is None:
                return None
            claims = jwt.decode(token, key, algorithms=["ES256"]).claims
            issued, until = (datetime.fromtimestamp(claims[name], now.tzinfo) for name in ("iat", "exp"))
            if claims["iss"] != ISSUER or not claims["aud"] or now >= until:
                return None
            scopes = frozenset(scope for scope in Scope if scope.value in claims["scp"].split())
            user = UserId(UUID(claims["uid"])) if "uid" in claims else None
            changes = not claims.get("look", False)
            who = Principal(AccountId(int(claims["aid"])), str(claims["cid"]), scopes, user, changes)
            return TokenFacts(who, str(claims["aud"]), issued, until, kid, token.rpartition(".")[2])
        except _NOT_OURS:
            return None
