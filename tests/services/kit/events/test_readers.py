from __future__ import annotations

from services.kit.data.database import Database
from services.kit.events import readers
from tests.services.kit.events.writing import KIND, execute, write

OTHER = "stellr.auth.v1.SessionEnded"
MONTHS_AGO = "UPDATE events SET created_at = created_at - interval '60 days'"


def kept(database: Database) -> list[int]:
    return [row[0] for row in execute(database, "SELECT event_id FROM events ORDER BY event_id")]


def purge(database: Database) -> None:
    with database.transaction():
        assert not readers.purge(database)


def test_what_is_old_and_read_by_all_is_purged(database: Database) -> None:
    ids = write(database, "1", "2", "3", "4")
    execute(database, MONTHS_AGO)
    readers.acknowledge(database, "user", KIND, ids[3])
    readers.acknowledge(database, "quiz", KIND, ids[2])
    new = write(database, "5")
    purge(database)
    # The one that a reader stands at tells whether its position is one of this database.
    assert kept(database) == [ids[2], ids[3], *new]


def test_what_a_known_reader_has_not_read_is_kept_for_ever(database: Database) -> None:
    ids = write(database, "1", "2")
    execute(database, MONTHS_AGO.replace("60 days", "3 years"))
    readers.acknowledge(database, "user", KIND, 0)
    purge(database)
    assert kept(database) == ids


def test_a_reader_of_one_kind_holds_no_other(database: Database) -> None:
    held = write(database, "1", "2")
    write(database, "3", "4", kind=OTHER)
    execute(database, MONTHS_AGO)
    readers.acknowledge(database, "user", KIND, 0)
    purge(database)
    assert kept(database) == held


def test_it_purges_in_batches(database: Database) -> None:
    write(database, *map(str, range(readers.BATCH + 10)))
    execute(database, MONTHS_AGO)
    with database.transaction():
        assert readers.purge(database)
    assert len(kept(database)) == 10
    purge(database)
    assert kept(database) == []


def test_what_only_a_forgotten_reader_had_not_read_is_purged(database: Database) -> None:
    ids = write(database, "1", "2", "3")
    execute(database, MONTHS_AGO)
    readers.acknowledge(database, "user", KIND, ids[2])
    readers.acknowledge(database, "retired", KIND, 0)
    assert readers.forget(database, "retired", force=False) == []
    purge(database)
    assert kept(database) == ids
    execute(
        database,
        "UPDATE event_readers SET acknowledged_at = now() - interval '6 minutes'"
        " WHERE reader = 'retired'",
    )
    assert readers.forget(database, "retired", force=False) == [KIND]
    purge(database)
    assert kept(database) == [ids[2]]


def test_readers_are_known_with_how_far_they_are_behind(database: Database) -> None:
    ids = write(database, "1", "2")
    execute(database, "UPDATE events SET created_at = created_at - interval '100 seconds'")
    readers.acknowledge(database, "user", KIND, ids[0])
    readers.acknowledge(database, "quiz", KIND, ids[1])
    quiz, user = readers.find_readers(database)
    assert (quiz.reader, quiz.kind, quiz.behind_seconds) == ("quiz", KIND, 0.0)
    assert user.reader == "user"
    assert 100 <= user.behind_seconds < 160
