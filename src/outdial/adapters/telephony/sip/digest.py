"""Digest authentication, both ways: answering a challenge, and challenging phones that register with us.

Source:
    RFC 2617 and RFC 8760 (SHA-256). The parser library takes the comma in `qop="auth,auth-int"` for the end of a
    parameter, hence the splitting here.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sipmessage import Request, Response

_PARAMETER: Final = re.compile(r"""([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))""")
_ALGORITHMS: Final = {"MD5": "md5", "SHA-256": "sha256"}

NONCE_SECONDS: Final = 120.0
"""How long a nonce of ours is good for; after that a phone is told that it is stale, and tries again by itself."""


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.username!r}, ...)"


def parameters(header: str) -> dict[str, str] | None:
    """The parameters of a `Digest` header, names in lower case; `None` if it is of another scheme."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    found = {}
    for name, quoted, plain in _PARAMETER.findall(rest):
        found[name.lower()] = re.sub(r"\\(.)", r"\1", quoted) if quoted or not plain else plain
    return found


def answer(
    challenges: list[str], who: Credentials, *, method: str, uri: str, count: int = 1, cnonce: str | None = None
) -> str | None:
    """The value of the `Authorization` header that answers the first challenge we understand; `None` if we do none.

    Args:
        count: how often this nonce was used, this time included.
        cnonce: drawn anew unless given.
    """
    for challenge in challenges:
        asked = parameters(challenge)
        if asked is None or "nonce" not in asked or asked.get("algorithm", "MD5").upper() not in _ALGORITHMS:
            continue
        offered = [one.strip().lower() for one in asked.get("qop", "").split(",") if one.strip()]
        if offered and "auth" not in offered:
            continue
        algorithm, realm, nonce = asked.get("algorithm", "MD5"), asked.get("realm", ""), asked["nonce"]
        said = {"username": who.username, "realm": realm, "nonce": nonce, "uri": uri}
        ha1 = _hash(algorithm, f"{who.username}:{realm}:{who.password}")
        ha2 = _hash(algorithm, f"{method}:{uri}")
        plain = f"algorithm={algorithm}"
        if offered:
            cnonce, times = cnonce or secrets.token_hex(8), f"{count:08x}"
            said["response"] = _hash(algorithm, f"{ha1}:{nonce}:{times}:{cnonce}:auth:{ha2}")
            said["cnonce"] = cnonce
            plain += f", qop=auth, nc={times}"
        else:
            said["response"] = _hash(algorithm, f"{ha1}:{nonce}:{ha2}")
        if "opaque" in asked:
            said["opaque"] = asked["opaque"]
        quoted = ", ".join(f'{name}="{_escaped(value)}"' for name, value in said.items())
        return f"Digest {quoted}, {plain}"
    return None


def try_again(response: Response, request: Request, who: Credentials | None, *, first: bool) -> tuple[str, str] | None:
    """The header, name and value, with which a challenged request is to be made once more.

    `None` if there is none: no credentials, nothing we understand, or ours were just refused. An answer to a nonce that
    had only become stale was not refused.
    """
    asking, answering = (
        ("WWW-Authenticate", "Authorization") if response.code == 401 else ("Proxy-Authenticate", "Proxy-Authorization")
    )
    challenges = list(response.headers.getlist(asking))
    stale = any((parameters(one) or {}).get("stale", "").lower() == "true" for one in challenges)
    if who is None or not (first or stale):
        return None
    header = answer(challenges, who, method=request.method, uri=str(request.uri))
    return None if header is None else (answering, header)


def ha1_of(username: str, realm: str, password: str) -> str:
    """What can be stored in place of a password: of use for this user and realm only."""
    return _hash("MD5", f"{username}:{realm}:{password}")


class Challenger:
    """Challenges and checks what comes back, without keeping any state for those who only ask."""

    def __init__(self, realm: str) -> None:
        self.realm = realm
        self._key = secrets.token_bytes(32)

    def challenge(self, now: float, *, stale: bool = False) -> str:
        """A fresh `WWW-Authenticate` header. `now` is of the loop's clock, in seconds."""
        again = ", stale=true" if stale else ""
        return f'Digest realm="{_escaped(self.realm)}", nonce="{self._nonce(now)}", algorithm=MD5, qop="auth"{again}'

    def check(self, header: str, method: str, ha1s: Mapping[str, str], now: float) -> tuple[str | None, bool]:
        """The user who has proved who they are, or `None`; and whether only the nonce was too old.

        Args:
            ha1s: what `ha1_of` gave, by username.
        """
        said = parameters(header) or {}
        username, nonce = said.get("username", ""), said.get("nonce", "")
        ha2 = _hash("MD5", f"{method}:{said.get('uri', '')}")
        # Somebody unknown costs the same work as somebody known.
        ha1 = ha1s.get(username, "0" * 32)
        middle = f"{nonce}:{said.get('nc', '')}:{said.get('cnonce', '')}:auth" if "qop" in said else nonce
        right = hmac.compare_digest(
            _hash("MD5", f"{ha1}:{middle}:{ha2}").encode(), said.get("response", "").lower().encode()
        )
        made_at = self._made_at(nonce)
        if not right or username not in ha1s or made_at is None:
            return None, False
        if not 0 <= now - made_at <= NONCE_SECONDS:
            return None, True
        return username, False

    def _nonce(self, now: float) -> str:
        stamp = f"{int(now * 1000):x}"
        return f"{stamp}.{hmac.new(self._key, stamp.encode(), hashlib.sha256).hexdigest()[:32]}"

    def _made_at(self, nonce: str) -> float | None:
        stamp, _, mark = nonce.partition(".")
        ours = hmac.new(self._key, stamp.encode(), hashlib.sha256).hexdigest()[:32]
        if not hmac.compare_digest(ours.encode(), mark.encode()):
            return None
        return int(stamp, 16) / 1000


def _hash(algorithm: str, text: str) -> str:
    return hashlib.new(_ALGORITHMS[algorithm.upper()], text.encode(), usedforsecurity=False).hexdigest()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
