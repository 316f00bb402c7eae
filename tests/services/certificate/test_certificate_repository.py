from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.certificate.personal import erase_person, export_person
from services.certificate.repository import certificates as repository
from services.certificate.repository.certificates import Certificate, Draft
from services.certificate.serials import new_serial
from services.certificate.shelves import DatabaseShelf
from services.kit.data import persons
from services.kit.data.database import Database
from services.kit.process.personal_data_servicer import pieces

LEARNER, COURSE = uuid4(), uuid4()


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("certificate")


def draft(user_id: UUID = LEARNER, **values: Any) -> Draft:
    made = Draft(
        user_id=user_id,
        course_id=COURSE,
        serial=new_serial(),
        learner_name="Zoë",
        course_title="The Night Sky",
        issued_at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
        issue_day=date(2027, 1, 1),
        timezone="Pacific/Auckland",
    )
    return made._replace(**values)


def create(database: Database) -> Certificate | None:
    with database.transaction():
        return repository.create_certificate(database, draft())


def test_a_learner_has_one_certificate_of_a_course(database: Database) -> None:
    with ThreadPoolExecutor(5) as pool:
        made = list(pool.map(lambda _: create(database), range(20)))
    (issued,) = [one for one in made if one]
    assert repository.find_certificate(database, LEARNER, COURSE) == issued
    assert repository.find_by_serial(database, issued.serial) == issued
    assert repository.find_certificate(database, uuid4(), COURSE) is None
    assert repository.find_by_serial(database, new_serial()) is None
    assert (issued.issue_day, issued.timezone) == (date(2027, 1, 1), "Pacific/Auckland")
    assert issued.issued_at == datetime(2026, 12, 31, 23, 30, tzinfo=UTC)


def test_the_first_document_of_a_version_is_kept(database: Database) -> None:
    issued = create(database)
    assert issued is not None
    key = issued.certificate_id
    assert DatabaseShelf(database).find(key, 1) is None
    with ThreadPoolExecutor(5) as pool:
        list(
            pool.map(
                lambda number: DatabaseShelf(database).keep(key, 1, bytes([number])),
                range(20),
            )
        )
    kept = DatabaseShelf(database).find(key, 1)
    assert kept is not None
    DatabaseShelf(database).keep(key, 1, b"later")
    assert DatabaseShelf(database).find(key, 1) == kept


def test_a_later_version_takes_the_place_of_a_document_and_never_an_earlier(
    database: Database,
) -> None:
    issued = create(database)
    assert issued is not None
    key = issued.certificate_id
    DatabaseShelf(database).keep(key, 1, b"one")
    assert DatabaseShelf(database).find(key, 2) is None
    DatabaseShelf(database).keep(key, 2, b"two")
    DatabaseShelf(database).keep(key, 1, b"one again")
    assert DatabaseShelf(database).find(key, 2) == b"two"
    assert DatabaseShelf(database).find(key, 1) == b"two"


def erase(database: Database) -> None:
    with database.transaction():
        persons.erase(database, LEARNER)
        erase_person(database, LEARNER)


def test_a_certificate_outlives_its_learner_without_the_name(database: Database) -> None:
    issued = create(database)
    assert issued is not None
    DatabaseShelf(database).keep(issued.certificate_id, 1, b"Zo\xc3\xab")
    erase(database)
    left = repository.find_by_serial(database, issued.serial)
    assert left == issued._replace(user_id=None, learner_name="", timezone="")
    assert repository.find_certificate(database, LEARNER, COURSE) is None
    assert DatabaseShelf(database).find(issued.certificate_id, 1) is None
    assert create(database) is None
    DatabaseShelf(database).keep(issued.certificate_id, 1, b"Zo\xc3\xab")
    assert DatabaseShelf(database).find(issued.certificate_id, 1) is None


def test_several_learners_may_be_gone_from_a_course(database: Database) -> None:
    for user_id in (uuid4(), uuid4()):
        with database.transaction():
            repository.create_certificate(database, draft(user_id))
        with database.transaction():
            erase_person(database, user_id)


def test_a_document_that_is_being_kept_goes_with_its_learner(database: Database) -> None:
    issued = create(database)
    assert issued is not None
    keep = partial(DatabaseShelf(database).keep, issued.certificate_id, 1, b"Zo")
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as unit:
            unit.connection.execute("SELECT 1")
            keep()
            erasing = pool.submit(erase, database)
            with pytest.raises(TimeoutError):
                erasing.result(0.2)
        erasing.result(5)
    assert DatabaseShelf(database).find(issued.certificate_id, 1) is None


def test_a_document_rendered_during_an_erasure_is_not_kept(database: Database) -> None:
    issued = create(database)
    assert issued is not None
    keep = partial(DatabaseShelf(database).keep, issued.certificate_id, 1, b"Zo")
    with ThreadPoolExecutor(1) as pool:
        with database.transaction():
            persons.erase(database, LEARNER)
            erase_person(database, LEARNER)
            keeping = pool.submit(keep)
            with pytest.raises(TimeoutError):
                keeping.result(0.2)
        keeping.result(5)
    assert DatabaseShelf(database).find(issued.certificate_id, 1) is None


def test_an_export_has_the_certificate(database: Database) -> None:
    issued = create(database)
    assert issued is not None
    (own,) = json.loads(b"".join(pieces(export_person(database, LEARNER))))["certificates"]
    assert (own["serial"], own["learnerName"], own["courseTitle"]) == (
        issued.serial,
        "Zoë",
        "The Night Sky",
    )
    assert (own["issueTime"], own["issueDay"]) == ("2026-12-31T23:30:00Z", "2027-01-01")
    assert json.loads(b"".join(pieces(export_person(database, uuid4())))) == {"certificates": []}
