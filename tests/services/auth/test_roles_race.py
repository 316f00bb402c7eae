import threading
from collections.abc import Callable
from uuid import uuid4

from services.auth.repository.accounts import NewAccount, create_account, hold_account
from services.auth.repository.standing import set_roles
from services.kit.data.database import Database

EMAIL = "a@b.example"


def test_a_token_is_made_before_a_change_of_roles_or_with_the_new_ones(
    database_of: Callable[[str], Database],
) -> None:
    database = database_of("auth")
    with database.transaction():
        account = create_account(database, NewAccount(EMAIL, None, "A", "en"), ["learner"])
    assert account is not None
    seen: list[tuple[list[str], int]] = []

    def hold() -> None:
        with database.transaction():
            held = hold_account(database, account.account_id)
            assert held is not None
            seen.append((held.roles, held.version))

    with database.transaction():
        set_roles(database, account.account_id, ["learner", "author"])
        thread = threading.Thread(target=hold)
        thread.start()
        thread.join(0.3)
        assert seen == []
    thread.join(5)
    assert seen == [(["author", "learner"], 2)]


def test_a_role_is_given_once(database_of: Callable[[str], Database]) -> None:
    database = database_of("auth")
    with database.transaction():
        account = create_account(database, NewAccount(EMAIL, None, "A", "en"), ["learner"])
        assert account is not None
        sets = (["learner", "author"], ["author", "learner"], ["learner", "author", "admin"])
        given = [set_roles(database, account.account_id, roles) for roles in sets]
        unknown = set_roles(database, uuid4(), ["author"])
    changed = [(row.roles, row.version) for row in given if row is not None]
    assert changed == [(["author", "learner"], 2), (["admin", "author", "learner"], 3)]
    assert given[1] is None
    assert unknown is None
