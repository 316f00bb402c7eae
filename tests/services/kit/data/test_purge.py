from collections.abc import Callable

import sqlalchemy as sa

from services.kit.data import idempotency
from services.kit.data.database import Database

Databases = Callable[[str], Database]
FILL = sa.text(
    "INSERT INTO idempotency_keys (caller, method, key, fingerprint, created_at)"
    " SELECT :caller, 'm', number::text, '', now() - make_interval(hours => :hours)"
    " FROM generate_series(1, :count) AS number"
)
LEFT = sa.text("SELECT caller, count(*) FROM idempotency_keys GROUP BY caller ORDER BY caller")


def fill(database: Database, caller: str, *, hours: int, count: int) -> None:
    with database.transaction() as unit:
        unit.session.execute(FILL, {"caller": caller, "hours": hours, "count": count})


def left(database: Database) -> dict[str, int]:
    with database.transaction() as unit:
        return dict(tuple(row) for row in unit.session.execute(LEFT))


def purge(database: Database) -> bool:
    with database.transaction():
        return idempotency.purge(database)


def test_old_keys_go_in_batches_and_new_ones_stay(database_of: Databases) -> None:
    database = database_of("user")
    fill(database, "old", hours=25, count=2500)
    fill(database, "new", hours=23, count=10)
    assert purge(database)
    assert left(database) == {"new": 10, "old": 1500}
    assert [purge(database), purge(database)] == [True, False]
    assert left(database) == {"new": 10}


def test_a_purge_waits_for_nobody(database_of: Databases) -> None:
    database = database_of("user")
    fill(database, "old", hours=25, count=3)
    with database.transaction() as unit:
        unit.session.execute(sa.text("SELECT 1 FROM idempotency_keys WHERE key = '2' FOR UPDATE"))
        assert not purge(database)
        assert left(database) == {"old": 1}
