"""A company's own sign-in (OpenID Connect) on this machine: real HTTP, real signatures, and what a test makes wrong."""

import asyncio
import base64
import contextlib
import hashlib
import json
import socket
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, SECRET = "outdial at example", "a secret: with / and %"


@dataclass
class Company:
    """Knows one person, who says yes at once. What a test changes here is what comes out wrong."""

    now: datetime
    issuer: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one", "use": "sig"}))
    published: list[dict[str, Any]] | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign_in(self, address: str) -> dict[str, str]:
        """What the browser comes back with, when somebody signs in at the address it was sent to."""
        given = dict(parse_qsl(urlsplit(address).query))
        code = f"code {len(self.codes)}"
        self.codes[code] = given
        return {"state": given["state"], "code": code, "iss": self.issuer}

    def token(self, nonce: str) -> str:
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": "employee 7",
            "aud": CLIENT_ID,
            "iat": int(self.now.timestamp()),
            "exp": int((self.now + timedelta(minutes=5)).timestamp()),
            "nonce": nonce,
            "email": "Ana@Example.com",
            "email_verified": True,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)

    async def authorize(self, request: Request) -> Response:
        """Where a browser is sent: it comes back at once."""
        back = dict(request.query_params)["redirect_uri"]
        return RedirectResponse(f"{back}?{urlencode(self.sign_in(str(request.url)))}", 303)

    async def describe(self, request: Request) -> Response:
        self.asked.append("about")
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                **self.about,
            }
        )

    async def keys(self, request: Request) -> Response:
        self.asked.append("keys")
        mine = [{"kty": "nothing we know", "kid": "old"}, self.key.as_dict(private=False)]
        return JSONResponse({"keys": mine if self.published is None else self.published})

    async def exchange(self, request: Request) -> Response:
        """Takes a code once, from our client alone, with the verifier that fits its challenge."""
        form = dict(parse_qsl((await request.body()).decode()))
        given = self.codes.pop(form["code"], None)
        if given is None or self._who(request, form) != (CLIENT_ID, SECRET):
            return JSONResponse({"error": "invalid_grant" if given is None else "invalid_client"}, 400)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if given["code_challenge"] != challenge.decode() or given["redirect_uri"] != form["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {"access_token": "for nobody", "token_type": "Bearer", "id_token": self.token(given["nonce"])}
        )

    @staticmethod
    def _who(request: Request, form: dict[str, str]) -> tuple[str, str]:
        kind, _, packed = request.headers.get("authorization", "").partition(" ")
        if kind != "Basic":
            return form.get("client_id", ""), form.get("client_secret", "")
        client, _, secret = base64.b64decode(packed).decode().partition(":")
        return unquote(client), unquote(secret)

    @contextlib.asynccontextmanager
    async def open(self, listener: socket.socket | None = None) -> Any:
        """On a port of this machine, while the block runs."""
        listener = listener or socket.create_server(("127.0.0.1", 0))
        self.issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.describe),
                Route("/authorize", self.authorize),
                Route("/keys", self.keys),
                Route("/token", self.exchange, methods=["POST"]),
            ]
        )
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield self
        finally:
            server.should_exit = True
            await task


def unsigned(claims: dict[str, Any]) -> str:
    """A token that says to need no signature."""
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts) + "."
