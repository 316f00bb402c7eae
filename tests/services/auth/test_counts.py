"""Counts that hold against many at once: guesses at a code, what an address may cost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.auth import codes, verifying
from services.auth.audit import Audit
from services.auth.budgets import Budget, Budgets
from services.auth.errors import CodeInvalid
from services.auth.failures import Failures
from services.auth.models import Budget as BudgetRow
from services.auth.models import Purpose, Verification
from services.auth.repository.verifications import Hashes, create_verification, void_registrations
from services.auth.verifying import Verifying
from services.kit.data.database import Database
from services.kit.errors import RateLimited
from services.kit.identity.secrets import Signer

EMAIL, CODE = "ann@learner.example", "123456"
SIGNER = Signer(b"s" * 32, "auth:code")
MAILS = Budget("mails", 10, timedelta(hours=1))
MANY = 100


@pytest.fixture
def database(database_of: Callable[[str], Database]) -> Database:
    return database_of("auth")


def pending(database: Database) -> UUID:
    """A code that is on its way to EMAIL."""
    verification_id = uuid4()
    with database.transaction():
        create_verification(
            database,
            verification_id,
            Purpose.REGISTER,
            EMAIL,
            Hashes(
                codes.hash_code(SIGNER, verification_id, CODE),
                str(verification_id),
                datetime.now(UTC) + codes.LIFETIME,
            ),
            account_id=None,
            payload={"password_hash": "x", "display_name": "Ann", "locale": "en"},
        )
    return verification_id


def checking(database: Database) -> Verifying:
    budgets = counting(database)
    return Verifying(database, SIGNER, budgets, Failures(budgets, Audit(database)))


def verified(rules: Verifying, verification_id: UUID, code: str) -> object:
    found = rules.check(verification_id, code, [Purpose.REGISTER])
    rules.use(found)
    return found


def counting(database: Database) -> Budgets:
    return Budgets(database, lambda _, default: default)


def at_once(work: Callable[[], Any]) -> list[Any]:
    """What MANY at once end in: their results, or what they were refused with."""

    def ended(_: int) -> Any:
        try:
            return work()
        except Exception as error:
            return error

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(ended, range(MANY)))


def test_of_a_hundred_guesses_at_once_five_are_looked_at(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []
    monkeypatch.setattr(codes, "is_code", lambda *given: looked_at.append(given[2]))
    verification_id, rules = pending(database), checking(database)
    ended = at_once(lambda: verified(rules, verification_id, "654321"))
    assert len(looked_at) == codes.GUESSES
    assert {type(error) for error in ended} == {CodeInvalid}


def test_a_guess_is_counted_also_when_the_process_dies_at_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> bool:
        raise SystemExit

    monkeypatch.setattr(codes, "is_code", die)
    verification_id, rules = pending(database), checking(database)
    for _ in range(codes.GUESSES):
        with pytest.raises(SystemExit), database.transaction():
            verified(rules, verification_id, CODE)
    with pytest.raises(CodeInvalid), database.transaction():
        verified(rules, verification_id, CODE)


def test_a_code_that_was_replaced_between_the_guess_and_its_use_is_no_good(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    verification_id, rules = pending(database), checking(database)
    is_code = codes.is_code

    def resent(signer: Signer, *given: Any) -> bool:
        with database.transaction():
            rules.renew(verification_id, [Purpose.REGISTER])
        return is_code(signer, *given)

    monkeypatch.setattr(codes, "is_code", resent)
    with pytest.raises(CodeInvalid), database.transaction():
        verified(rules, verification_id, CODE)


def test_of_a_day_so_many_guesses_are_looked_at_until_one_is_right(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "GUESSES", Budget("guesses", 1000))
    monkeypatch.setattr(verifying, "GUESSES_DAY", Budget("guesses_day", 4, timedelta(days=1)))
    rules = checking(database)

    def guess(code: str = "654321", verification_id: UUID | None = None) -> str:
        try:
            with database.transaction():
                verified(rules, verification_id or pending(database), code)
        except (CodeInvalid, RateLimited) as error:
            return type(error).__name__
        return "right"

    assert [guess() for _ in range(3)] == ["CodeInvalid"] * 3
    assert guess(CODE) == "right"
    assert [guess() for _ in range(5)] == ["CodeInvalid"] * 4 + ["RateLimited"]
    assert guess(CODE) == "RateLimited"
    with database.transaction() as unit:
        unit.session.execute(sa.update(BudgetRow).values(since=sa.func.now() - timedelta(days=1)))
    assert guess(CODE) == "right"


def test_a_right_code_and_many_wrong_ones_at_once_do_not_wait_for_each_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GUESSES", "GUESSES_DAY"):
        monkeypatch.setattr(verifying, name, Budget(name, 100_000))
    rules = checking(database)
    ids = [pending(database) for _ in range(20)]
    guesses = iter([(ids[0], CODE), *((each, "654321") for each in ids * 5)])

    def guess() -> str:
        verification_id, code = next(guesses)
        with database.transaction():
            found = rules.check(verification_id, code, [Purpose.REGISTER])
            rules.use(found)
            void_registrations(database, found.address)
        return "right"

    ended = at_once(guess)
    assert {str(error) for error in ended if error != "right"} <= {str(CodeInvalid())}
    assert ended.count("right") == 1


def test_many_at_once_spend_no_more_than_there_is(database: Database) -> None:
    def spend() -> str:
        with database.transaction():
            counting(database).spend(MAILS, EMAIL)
        return "spent"

    ended = at_once(spend)
    assert ended.count("spent") == MAILS.most
    refused = [error for error in ended if error != "spent"]
    assert {type(error) for error in refused} == {RateLimited}
    assert all(3300 < error.retry_after <= 3600 for error in refused)


def test_budgets_are_by_name_and_address_and_begin_anew_after_their_window(
    database: Database,
) -> None:
    once = Budget("mails", 1, timedelta(hours=1))
    with database.transaction() as unit:
        counting(database).spend(once, EMAIL)
        counting(database).spend(once, "bob@learner.example")
        counting(database).spend(Budget("guesses", 1, once.window), EMAIL)
        with pytest.raises(RateLimited):
            counting(database).spend(once, EMAIL)
        before = sa.func.now() - once.window
        unit.session.execute(sa.update(BudgetRow).values(since=before))
        counting(database).spend(once, EMAIL)
        with pytest.raises(RateLimited):
            counting(database).spend(once, EMAIL)


def test_a_refused_spender_spends_nothing_and_his_verification_keeps_its_guesses(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "GUESSES", Budget("guesses", 1, timedelta(hours=1)))
    verification_id, rules = pending(database), checking(database)
    with pytest.raises(CodeInvalid), database.transaction():
        verified(rules, verification_id, "654321")
    for _ in range(10):
        with pytest.raises(RateLimited), database.transaction():
            verified(rules, verification_id, CODE)
    with database.transaction() as unit:
        found = unit.session.get_one(Verification, verification_id)
    assert found.guesses == 1
