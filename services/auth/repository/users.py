"""Accounts as administrators find them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from services.auth.repository.accounts import COLUMNS, AccountRow
from services.kit.data.database import Database
from services.kit.data.statements import Statement
from services.kit.data.tables import as_uuid

# Roles that few accounts have.
FEW = frozenset({"author", "admin"})
_WORD = re.compile(r"\w+")
_LIKE = re.compile(r"[\\%_]")


class Search(NamedTuple):
    """What accounts are looked for; empty: any. Ids grow with the time at which accounts began."""

    q: str
    role: str
    state: str
    newest_first: bool


@lru_cache
def _statement(
    conditions: tuple[str, ...], match: str, *, newest_first: bool
) -> Statement[AccountRow]:
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    order = "DESC" if newest_first else "ASC"
    # Apart: PostgreSQL thinks that many match a word, and would look through all by their ids.
    found = f"WITH found AS MATERIALIZED (SELECT * FROM accounts WHERE {match})" if match else ""
    source = "found AS accounts" if match else "accounts"
    return Statement(
        f"{found} SELECT {COLUMNS} FROM {source} {where} ORDER BY account_id {order} LIMIT :most",
        AccountRow,
    )


def list_users(db: Database, search: Search, after: UUID | None, most: int) -> list[AccountRow]:
    """At most so many accounts after one, in the order of the search."""
    conditions, values = _conditions(search)
    match = _match(search.q, values) if search.q else ""
    if after is not None:
        conditions.append(f"account_id {'<' if search.newest_first else '>'} :after")
        values["after"] = after
    statement = _statement(tuple(conditions), match, newest_first=search.newest_first)
    return db.all(statement, most=most, **values)


def _conditions(search: Search) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if search.role in FEW:
        # Written out, for the index of that role.
        conditions.append(f"roles @> ARRAY['{search.role}'::text]")
    elif search.role:
        conditions.append("roles @> ARRAY[CAST(:role AS text)]")
        values["role"] = search.role
    if search.state:
        conditions.append("state = :state")
        values["state"] = search.state
    return conditions, values


def _match(q: str, values: dict[str, Any]) -> str:
    """The condition for what somebody typed: an id, or the beginning of an address or of names."""
    account_id = as_uuid(q)
    if account_id is not None:
        values["account_id"] = account_id
        return "account_id = :account_id"
    values["prefix"] = _LIKE.sub(r"\\\g<0>", q.lower()) + "%"
    found = ["email LIKE :prefix", "phone LIKE :prefix"]
    words = _WORD.findall(q)
    if words:
        values["words"] = " & ".join(f"'{word}':*" for word in words)
        found.append("to_tsvector('simple', display_name) @@ to_tsquery('simple', :words)")
    return f"({' OR '.join(found)})"
