"""An S3-compatible store on loopback that checks what it is asked, as the signature's specification has it.

Source:
    AWS Signature Version 4: "Authenticating Requests", by header and by query parameters.
"""

import contextlib
import hashlib
import hmac
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from outdial.adapters.clock import WallClock

KEY_ID, SECRET, REGION = "AKIDEXAMPLE", "of a store that forgets", "eu-test-1"
BUCKET: Final = "lists"


@dataclass
class Store:
    """What is in it, by key; and an hour hand that tests may move."""

    port: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    later: timedelta = timedelta()
    broken: bool = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def now(self) -> datetime:
        return WallClock().now() + self.later


@contextlib.contextmanager
def serving() -> Iterator[Store]:
    store = Store()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

        def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _refuse(self, status: int, code: str) -> None:
            self._answer(status, f"<Error><Code>{code}</Code></Error>".encode(), Content_Type="application/xml")

        def _body(self) -> bytes | None:
            """The body of a request that is signed as it should be; else it is refused."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if store.broken:
                self._refuse(403, "AccountProblem")
            elif not signed(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body, store):
                self._refuse(403, "SignatureDoesNotMatch")
            else:
                return body
            return None

        def _key(self) -> str:
            return unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}").removeprefix("/")

        def do_PUT(self) -> None:
            body = self._body()
            if body is not None:
                store.objects[self._key()] = body
                self._answer(200, ETag=tag(body))

        def do_GET(self) -> None:
            if self._body() is None:
                return
            key = self._key()
            if not key:
                self._answer(200, self._listed(), Content_Type="application/xml")
            elif key not in store.objects:
                self._refuse(404, "NoSuchKey")
            elif self.headers.get("If-Match", tag(store.objects[key])) != tag(store.objects[key]):
                self._refuse(412, "PreconditionFailed")
            else:
                self._answer(200, store.objects[key], ETag=tag(store.objects[key]))

        def do_DELETE(self) -> None:
            if self._body() is not None:
                store.objects.pop(self._key(), None)
                self._answer(204)

        def _listed(self) -> bytes:
            prefix = dict(parse_qsl(urlsplit(self.path).query)).get("prefix", "")
            items = "".join(
                f"<Contents><Key>{key}</Key><LastModified>2026-06-01T09:00:00.000Z</LastModified></Contents>"
                for key in store.objects
                if key.startswith(prefix)
            )
            return f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>".encode()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    store.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def tag(body: bytes) -> str:
    """Not the MD5, as with stores that encrypt."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def signed(method: str, target: str, headers: dict[str, str], body: bytes, store: Store) -> bool:
    """Whether a request is signed by who has the secret, for this moment, with this body."""
    parts = urlsplit(target)
    query = parse_qsl(parts.query, keep_blank_values=True)
    given = {name: value for name, value in query if name.startswith("X-Amz-")}
    if "X-Amz-Signature" in given:
        at, lifetime = given["X-Amz-Date"], timedelta(seconds=int(given["X-Amz-Expires"]))
        names, credential, signature = (given[f"X-Amz-{one}"] for one in ("SignedHeaders", "Credential", "Signature"))
        payload = "UNSIGNED-PAYLOAD"
    else:
        said = dict(part.strip().split("=", 1) for part in headers["authorization"].partition(" ")[2].split(","))
        at, lifetime = headers["x-amz-date"], timedelta(minutes=15)
        names, credential, signature = said["SignedHeaders"], said["Credential"], said["Signature"]
        payload = headers["x-amz-content-sha256"]
        if payload != hashlib.sha256(body).hexdigest():
            return False
    signed_at = datetime.strptime(at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if not signed_at - timedelta(minutes=1) <= store.now() <= signed_at + lifetime or "host" not in names.split(";"):
        return False
    kept = sorted((quote(n, safe="-_.~"), quote(v, safe="-_.~")) for n, v in query if n != "X-Amz-Signature")
    canonical = "\n".join(
        [
            method,
            parts.path,
            "&".join(f"{name}={value}" for name, value in kept),
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in names.split(";")),
            "",
            names,
            payload,
        ]
    )
    day, scope = at[:8], f"{at[:8]}/{REGION}/s3/aws4_request"
    key = f"AWS4{SECRET}".encode()
    for word in (day, REGION, "s3", "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    to_sign = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    right = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
    return credential == f"{KEY_ID}/{scope}" and hmac.compare_digest(right, signature)
