"""What a service keeps of a person: how it is exported, and how it is erased for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from services.kit.data import persons
from services.kit.data.database import Database
from services.kit.events.consumer import Consumer, on
from stellr.auth.v1.events_pb2 import PersonErased

Record = Mapping[str, Any]
"""JSON values by name; ids, times and days as they are. A value that is an iterator of such is a
list that may be long: it is read and sent item by item."""


@dataclass(frozen=True)
class PersonalData:
    """What a domain does with the data of a person.

    `export` returns all of it. `erase` deletes it, in the transaction of the event that asks for
    it: again is harmless, and no row of the person is written any more once it began, where the
    table is guarded (data/schema.py).
    """

    export: Callable[[UUID], Record]
    erase: Callable[[UUID], None]

    @classmethod
    def over(
        cls,
        database: Database,
        export: Callable[[Database, UUID], Record],
        erase: Callable[[Database, UUID], None],
    ) -> PersonalData:
        """What functions on a database do."""
        return cls(partial(export, database), partial(erase, database))


def _nothing(_: UUID) -> Record:
    return {}


def _no_one(_: UUID) -> None:
    pass


KEEPS_NOTHING = PersonalData(_nothing, _no_one)
"""Of a domain that keeps nothing of persons."""


def forgetting(database: Database, personal: PersonalData) -> Consumer:
    """Forgets persons once auth tells that they are erased: what the kit keeps, then the domain."""

    def forget(event: PersonErased) -> None:
        user_id = UUID(event.user_id)
        persons.erase(database, user_id)
        personal.erase(user_id)

    return on(PersonErased, forget)
