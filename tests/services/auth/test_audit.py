from collections.abc import Callable
from uuid import uuid4

from services.auth.audit import Audit
from services.kit.data.database import Database
from stellr.auth.v1.audit_pb2 import AuditEventType

SIGNED_IN = AuditEventType.AUDIT_EVENT_TYPE_SIGNED_IN


def test_what_is_kept_is_counted_and_what_is_rolled_back_is_not(
    database_of: Callable[[str], Database],
) -> None:
    database, counted = database_of("auth"), list[tuple[str, str]]()
    audit = Audit(database, lambda event, method: counted.append((event, method)))
    with database.transaction() as unit:
        audit.record(uuid4(), SIGNED_IN, method="password")
        unit.close()
    assert counted == []
    with database.transaction():
        audit.record(uuid4(), SIGNED_IN, method="openid")
        assert counted == []
    assert counted == [("signed_in", "openid")]
