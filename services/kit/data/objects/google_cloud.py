"""An object store in a bucket of Google Cloud Storage."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

import structlog

from services.kit import call
from services.kit.data.objects.google_signing import signing_credentials
from services.kit.data.objects.store import Incoming, Shown, Stored, UploadLink, taken
from services.kit.errors import StorageUnavailable
from services.kit.waiting import waiting

log = structlog.get_logger("stellr.objects")

CONNECT_SECONDS = 5.0
# For one request with all its retries.
PATIENCE_SECONDS = 20.0
# A smaller upload waits for its digest in memory, a larger one on the disk.
SPOOL_BYTES = 1024 * 1024
READ_AHEAD_BYTES = 1024 * 1024
# Of what is read from end to end: each request to Google takes its time.
DIGEST_AHEAD_BYTES = 8 * 1024 * 1024
# Kept at hand, each 1 KB: signing costs a millisecond, or a request to Google.
SIGNED_URLS = 4096


class GoogleCloudStore:
    """An object store in a folder of a bucket.

    The account may create, get, list and delete objects; it need not see the bucket itself. Slow to
    import and not always needed, the library is imported at the first use.
    """

    def __init__(self, bucket: str, folder: str) -> None:
        self._bucket_name = bucket
        self._folder = folder
        self._sign = lru_cache(SIGNED_URLS)(self._sign_anew)

    def write(self, chunks: Iterable[bytes]) -> Stored:
        """As ObjectStore.write: the bucket shows an object when its last byte has come."""
        return taken(self.incoming(), chunks)

    def incoming(self) -> Incoming:
        """As ObjectStore.incoming."""
        file = SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115

        def keep(stored: Stored) -> None:
            with self._told("write"):
                self._upload(file, stored)

        return Incoming(cast(BinaryIO, file), keep=keep, close=file.close)

    def open(self, digest: str) -> BinaryIO:
        """As ObjectStore.open. It can seek, and holds little of the object in memory."""
        reader = io.BufferedReader(_Reader(self, self._find(digest)), READ_AHEAD_BYTES)
        return cast(BinaryIO, reader)

    def size(self, digest: str) -> int:
        """As ObjectStore.size."""
        return int(self._find(digest).size)

    def signed_url(self, digest: str, shown: Shown, expires: int) -> str | None:
        """As ObjectStore.signed_url: a V4 signed URL; None where the account cannot sign.

        The same is given for the same, until it is pushed out, so that browsers can keep what they
        fetched. Whether there is such an object is not looked at.
        """
        with self._told("sign"):
            if self._signing is None:
                return None
            return self._sign(digest, shown, expires)

    def delete(self, digest: str) -> None:
        """As ObjectStore.delete."""
        from google.api_core.exceptions import NotFound  # noqa: PLC0415

        with self._told("delete"):
            try:
                self._bucket.blob(self._name(digest)).delete(**_bounds())
            except NotFound:
                self._ask_for_bucket(digest)

    def sweep(self) -> None:
        """As ObjectStore.sweep: Google forgets unfinished uploads by itself, after a week."""

    def listed(self, prefix: str) -> Iterator[Stored]:
        """As ObjectStore.listed."""
        with self._told("list"):
            found = list(self._bucket.list_blobs(prefix=self._name(prefix), **_bounds()))
        return (Stored(blob.name.rpartition("/")[2], int(blob.size)) for blob in found)

    def upload_link(self, name: str, mime_type: str, size: int, expires: int) -> UploadLink | None:
        """As ObjectStore.upload_link: a V4 signed URL, good for these headers alone; None where the
        account cannot sign."""
        if self._signing is None:
            return None
        headers = {"x-goog-content-length-range": f"{size},{size}"}
        blob = self._bucket.blob(self._upload_name(name))
        with self._told("sign"):
            url = blob.generate_signed_url(
                version="v4",
                expiration=datetime.fromtimestamp(expires, UTC),
                method="PUT",
                content_type=mime_type,
                headers=dict(headers),  # it adds to them
                credentials=self._signing,
            )
        return UploadLink(url, {"Content-Type": mime_type, **headers})

    def uploaded(self, name: str) -> Incoming | None:
        """As ObjectStore.uploaded. It is read once, for its digest, and copied where it lies."""
        with self._told("find"):
            blob = self._bucket.get_blob(self._upload_name(name), **_bounds())
            if blob is None:
                self._ask_for_bucket(name)
                return None
        file = cast(BinaryIO, io.BufferedReader(_Reader(self, blob), DIGEST_AHEAD_BYTES))

        def keep(stored: Stored) -> None:
            with self._told("copy"):
                self._copy(blob, stored)

        return Incoming(file, keep=keep, close=file.close, has_come=True)

    def forget_uploaded(self, name: str) -> None:
        """As ObjectStore.forget_uploaded."""
        from google.api_core.exceptions import NotFound  # noqa: PLC0415

        with self._told("delete"), suppress(NotFound):
            self._bucket.blob(self._upload_name(name)).delete(**_bounds())

    def read(self, blob: Any, start: int, beyond: int) -> bytes:
        """Some bytes of an object."""
        with self._told("read"):
            # Google knows the checksum of the whole alone.
            data: bytes = blob.download_as_bytes(
                start=start, end=beyond - 1, checksum=None, **_bounds()
            )
        return data

    def _upload(self, file: Any, stored: Stored) -> None:
        from google.api_core.exceptions import PreconditionFailed  # noqa: PLC0415

        try:
            self._bucket.blob(self._name(stored.digest)).upload_from_file(
                file, rewind=True, size=stored.size, if_generation_match=0, **_bounds()
            )
        except PreconditionFailed:
            # The same name, so the same bytes: another's, or of a try whose answer was lost.
            log.debug("object is there", digest=stored.digest)

    def _copy(self, blob: Any, stored: Stored) -> None:
        """Give what a client sent its name: in the bucket, and just the bytes that were seen."""
        from google.api_core.exceptions import PreconditionFailed  # noqa: PLC0415

        named, token = self._bucket.blob(self._name(stored.digest)), None
        try:
            while True:
                token, _, _ = named.rewrite(
                    blob,
                    token=token,
                    if_generation_match=0,
                    if_source_generation_match=blob.generation,
                    **_bounds(),
                )
                if token is None:
                    return
        except PreconditionFailed:
            if named.exists(**_bounds()):
                log.debug("object is there", digest=stored.digest)
                return
            raise

    def _find(self, digest: str) -> Any:
        with self._told("find"):
            blob = self._bucket.get_blob(self._name(digest), **_bounds())
            if blob is None:
                self._ask_for_bucket(digest)
        if blob is None:
            raise FileNotFoundError(digest)
        return blob

    def _ask_for_bucket(self, digest: str) -> None:
        """Fail where there is no such bucket: of its objects that says nothing."""
        list(self._bucket.list_blobs(prefix=self._name(digest), max_results=1, **_bounds()))

    def _name(self, digest: str) -> str:
        return f"{self._folder}/{digest}"

    def _upload_name(self, name: str) -> str:
        return f"{self._folder}/uploads/{name}"

    def _sign_anew(self, digest: str, shown: Shown, expires: int) -> str:
        url: str = self._bucket.blob(self._name(digest)).generate_signed_url(
            version="v4",
            expiration=datetime.fromtimestamp(expires, UTC),
            response_type=shown.mime_type,
            response_disposition=shown.disposition,
            credentials=self._signing,
        )
        return url

    @cached_property
    def _signing(self) -> Any | None:
        found = signing_credentials(self._bucket.client)
        if found is None:
            log.info("no signed URLs: the account cannot sign", bucket=self._bucket_name)
        return found

    @cached_property
    def _bucket(self) -> Any:
        from google.cloud import storage  # noqa: PLC0415

        return storage.Client().bucket(self._bucket_name)

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        """Around what asks Google: StorageUnavailable for all that fails there."""
        failures = _failures()
        try:
            with waiting:
                yield
        except failures as error:
            log.warning("Google Cloud Storage fails", doing=doing, why=type(error).__name__)
            raise StorageUnavailable from error


class _Reader(io.RawIOBase):
    """Reads an object by ranges, as they are asked for."""

    def __init__(self, store: GoogleCloudStore, blob: Any) -> None:
        super().__init__()
        self._store = store
        self._blob = blob
        self._size = int(blob.size)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = self._take(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self._take(self._size)

    def _take(self, length: int) -> bytes:
        beyond = min(self._at + length, self._size)
        if beyond <= self._at:
            return b""
        data = self._store.read(self._blob, self._at, beyond)
        if len(data) != beyond - self._at:
            raise StorageUnavailable
        self._at = beyond
        return data


def _bounds() -> dict[str, Any]:
    """How long one request may take, tried anew or not."""
    from google.cloud.storage.retry import DEFAULT_RETRY  # noqa: PLC0415

    seconds = max(0.1, call.patience(PATIENCE_SECONDS))
    return {
        "timeout": (min(CONNECT_SECONDS, seconds), seconds),
        "retry": DEFAULT_RETRY.with_timeout(seconds),
    }


def _failures() -> tuple[type[Exception], ...]:
    from google.api_core.exceptions import GoogleAPIError  # noqa: PLC0415
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415
    from google.cloud.storage.exceptions import DataCorruption, InvalidResponse  # noqa: PLC0415

    # OSError: also what requests raises, and a project that nothing names.
    return (GoogleAPIError, GoogleAuthError, InvalidResponse, DataCorruption, OSError)
