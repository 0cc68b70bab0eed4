"""Files of lists in an S3-compatible store, over real connections on loopback; the store checks every signature."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from outdial.adapters.s3 import Bucket, S3Uploads, UploadStoreAway
from outdial.domain.readings import Encoding
from outdial.ports.uploads import Arrived
from tests.adapters.s3_store import BUCKET, KEY_ID, REGION, SECRET, Store, serving, tag

CSV = b"First name,Last name,Mobile\nAna,Costa,+12025550142\n"
HOUR = timedelta(hours=1)


@pytest.fixture
def store() -> Iterator[Store]:
    with serving() as store:
        yield store


@pytest.fixture
def uploads(store: Store) -> S3Uploads:
    return S3Uploads(Bucket(BUCKET, "incoming/", store.address, REGION, KEY_ID, SECRET))


def put(address: str, content: bytes) -> int:
    return httpx.put(address, content=content, headers={"Content-Type": "text/csv"}).status_code


class TestAddress:
    def test_takes_a_file_from_whoever_has_it(self, store: Store, uploads: S3Uploads) -> None:
        assert put(uploads.address("a", size=len(CSV), lifetime=HOUR), CSV) == 200
        assert store.objects == {"incoming/a": CSV}

    def test_takes_files_of_the_announced_size_only(self, store: Store, uploads: S3Uploads) -> None:
        address = uploads.address("a", size=len(CSV), lifetime=HOUR)
        assert "content-length" in parse_qs(urlsplit(address).query)["X-Amz-SignedHeaders"][0].split(";")
        assert put(address, CSV + b"x") == 403
        assert store.objects == {}

    def test_takes_files_of_any_size_where_none_was_announced(self, store: Store, uploads: S3Uploads) -> None:
        assert put(uploads.address("a", size=None, lifetime=HOUR), CSV) == 200

    def test_takes_nothing_after_its_time(self, store: Store, uploads: S3Uploads) -> None:
        address = uploads.address("a", size=None, lifetime=HOUR)
        store.later = timedelta(minutes=61)
        assert put(address, CSV) == 403

    def test_takes_nothing_under_another_name(self, store: Store, uploads: S3Uploads) -> None:
        assert put(uploads.address("a", size=None, lifetime=HOUR).replace("/a?", "/b?"), CSV) == 403


class TestWhatIsThere:
    async def test_is_told_with_its_size_its_md5_and_its_version(self, store: Store, uploads: S3Uploads) -> None:
        assert await uploads.arrived("a") is None
        store.objects["incoming/a"] = CSV
        md5 = hashlib.md5(CSV, usedforsecurity=False).hexdigest()
        assert await uploads.arrived("a") == Arrived(len(CSV), md5, tag(CSV))

    async def test_is_read_as_lines(self, store: Store, uploads: S3Uploads) -> None:
        store.objects["incoming/a"] = b"\xef\xbb\xbf" + CSV
        async with uploads.text("a", None) as source:
            with source(Encoding.UTF_8) as lines:
                assert list(lines) == CSV.decode().splitlines(keepends=True)

    @pytest.mark.parametrize("after", [CSV + b"Eve,Other,+12025550143\n", None])
    async def test_is_not_read_when_it_is_no_longer_what_was_looked_at(
        self, store: Store, uploads: S3Uploads, after: bytes | None
    ) -> None:
        if after is not None:
            store.objects["incoming/a"] = after
        async with uploads.text("a", tag(CSV)) as source:
            with pytest.raises(FileNotFoundError):
                source(Encoding.UTF_8)

    async def test_is_listed_and_removed(self, store: Store, uploads: S3Uploads) -> None:
        store.objects |= {"incoming/a": CSV, "others/b": CSV}
        assert [one.name for one in await uploads.kept()] == ["a"]
        await uploads.remove("a")
        await uploads.remove("a")
        assert list(store.objects) == ["others/b"]

    async def test_can_also_come_through_us(self, store: Store, uploads: S3Uploads) -> None:
        async with uploads.receive("a") as incoming:
            await incoming.write(CSV)
            assert (incoming.size, incoming.md5) == (len(CSV), hashlib.md5(CSV, usedforsecurity=False).hexdigest())
        assert store.objects == {}
        async with uploads.receive("a") as incoming:
            await incoming.write(CSV)
            await incoming.keep()
        assert store.objects == {"incoming/a": CSV}


class TestAStoreThatIsAway:
    async def test_is_said_to_be_without_the_names_of_files(self, store: Store, uploads: S3Uploads) -> None:
        store.broken = True
        for asked in (uploads.arrived("secret"), uploads.remove("secret"), uploads.kept()):
            with pytest.raises(UploadStoreAway) as raised:
                await asked
            assert "secret" not in str(raised.value)
        with pytest.raises(UploadStoreAway):
            async with uploads.text("secret", None):
                pass

    async def test_does_not_take_our_word_with_another_secret(self, store: Store) -> None:
        forger = S3Uploads(Bucket(BUCKET, "incoming/", store.address, REGION, KEY_ID, "guessed"))
        assert put(forger.address("a", size=None, lifetime=HOUR), CSV) == 403
        with pytest.raises(UploadStoreAway):
            await forger.arrived("a")
