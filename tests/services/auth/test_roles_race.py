import threading
from collections.abc import Callable

from services.auth import repository
from services.kit.data.database import Database

VALUES = {
    "email": "a@b.example",
    "password_hash": "x",
    "display_name": "A",
    "locale": "en",
    "roles": ["learner"],
}


def test_a_token_is_made_before_a_change_of_roles_or_with_the_new_ones(
    database_of: Callable[[str], Database],
) -> None:
    database = database_of("auth")
    with database.transaction() as unit:
        account = repository.create_account(unit.session, VALUES)
    assert account is not None
    seen: list[list[str]] = []

    def hold() -> None:
        with database.transaction() as unit:
            unit.session.get(type(account), account.account_id)
            held = repository.hold_account(unit.session, account.account_id)
            seen.append(held.roles if held else [])

    with database.transaction() as unit:
        repository.add_role(unit.session, "a@b.example", "author")
        thread = threading.Thread(target=hold)
        thread.start()
        thread.join(0.3)
        assert seen == []
    thread.join(5)
    assert seen == [["author", "learner"]]
