"""A person's data from every service, put together to one JSON document.

All of it is gathered on the disk before the first byte leaves: what a service refuses is told as a
refusal, never as half a document. Memory holds a piece of each at most.
"""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from services.kit import call
from services.kit.data.pieces import pieces
from services.kit.errors import ServiceUnavailable
from services.kit.rpc.clients import MeshChannel, collect
from stellr.personaldata.v1.personal_data_service_pb2 import ExportPersonRequest
from stellr.personaldata.v1.personal_data_service_pb2_grpc import PersonalDataServiceStub

# Gathered at once in a process; each holds a thread for each service, and one of the few in which
# streams are opened.
EXPORTS = 2
# Nothing is sent meanwhile, and Envoy lets no stream be silent for a minute.
LONGEST_SECONDS = 30.0


class Part(NamedTuple):
    """What one service keeps, as a file with a JSON object."""

    service: str
    path: Path


class Exporter:
    """Asks all services side by side."""

    def __init__(self, channels: Sequence[MeshChannel]) -> None:
        self._stubs: Mapping[str, PersonalDataServiceStub] = {
            channel.service: PersonalDataServiceStub(channel) for channel in channels
        }
        self._pool = ThreadPoolExecutor(EXPORTS * len(channels), "export")
        self._free = threading.Semaphore(EXPORTS)

    def gather(self, user_id: UUID, folder: Path) -> list[Part]:
        """What each service keeps of a person, in files of an empty folder.

        ServiceUnavailable and DeadlineExceeded where one of them does not answer;
        ServiceUnavailable also where this process gathers for others already.
        """
        if not self._free.acquire(blocking=False):
            raise ServiceUnavailable("too many are exporting their data: try again")
        try:
            asked = [self._ask(Part(name, folder / name), user_id) for name in self._stubs]
            # All of them: the folder goes afterwards.
            wait(asked)
            return [future.result() for future in asked]
        finally:
            self._free.release()

    def _ask(self, part: Part, user_id: UUID) -> Future[Part]:
        # In the call that asks, whose identity travels along.
        context = contextvars.copy_context()
        return self._pool.submit(context.run, self._receive, part, user_id)

    def _receive(self, part: Part, user_id: UUID) -> Part:
        stream = self._stubs[part.service].ExportPerson(
            ExportPersonRequest(user_id=str(user_id)), timeout=call.patience(LONGEST_SECONDS)
        )
        with part.path.open("wb") as file:
            for piece in collect(stream, part.service):
                file.write(piece.json)
        return part


class Document:
    """A person's data as one JSON object, of the parts that services keep."""

    def __init__(self, user_id: UUID, parts: Sequence[Part]) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._begin = (
            f'{{"exportTime":{json.dumps(now)},"userId":{json.dumps(str(user_id))}'.encode()
        )
        self._parts = [(f",{json.dumps(part.service)}:".encode(), part.path) for part in parts]
        self._end = b"}"

    @property
    def size(self) -> int:
        """In bytes."""
        parts = sum(len(name) + path.stat().st_size for name, path in self._parts)
        return len(self._begin) + parts + len(self._end)

    def pieces(self) -> Iterator[bytes]:
        """The whole, in pieces of 64 KiB at most."""
        yield self._begin
        for name, path in self._parts:
            yield name
            with path.open("rb") as file:
                yield from pieces(file)
        yield self._end
