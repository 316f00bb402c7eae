"""Contact cards: how persons are reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing

CONTACT_FIELDS = ("email", "phone", "name", "locale", "timezone")


class Card(NamedTuple):
    """How a person is reached; `came`: whether addresses were ever told, be they empty; `active`:
    whether the account is in use, which it is until something else is told."""

    email: str
    phone: str
    name: str
    locale: str
    timezone: str
    came: bool
    active: bool
    switches: dict[str, bool]


_FIELDS = """
    email, phone, name, locale, timezone, greatest(email_revision, phone_revision) > 0, active
"""
_CARD = f"""
    {_FIELDS},
    coalesce((SELECT switches FROM preferences WHERE preferences.user_id = card.user_id), '{{}}')
"""
_LOCK_CARD = Write(
    f"""
    INSERT INTO contacts AS card (user_id) VALUES (:user_id)
    ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id
    RETURNING {_CARD}
    """,
    Card,
)
_SHARE_CARDS = Write(
    f"""
    SELECT user_id, {_FIELDS}, coalesce(switches, '{{}}')
    FROM contacts AS card LEFT JOIN preferences USING (user_id)
    WHERE user_id = ANY (:user_ids) ORDER BY user_id FOR SHARE OF card
    """,
    lambda user_id, *card: (user_id, Card(*card)),
)
# A field that is not told has revision 0, which is never newer.
_SET_CONTACT = Write(
    "INSERT INTO contacts AS card (user_id"
    + "".join(f", {name}, {name}_revision" for name in CONTACT_FIELDS)
    + ") VALUES (:user_id"
    + "".join(
        f", coalesce(CAST(:{name} AS text), ''),"
        f" CASE WHEN CAST(:{name} AS text) IS NULL THEN 0 ELSE CAST(:revision AS bigint) END"
        for name in CONTACT_FIELDS
    )
    + ") ON CONFLICT (user_id) DO UPDATE SET "
    + ", ".join(
        f"{name} = CASE WHEN excluded.{name}_revision > card.{name}_revision"
        f" THEN excluded.{name} ELSE card.{name} END,"
        f" {name}_revision = greatest(excluded.{name}_revision, card.{name}_revision)"
        for name in CONTACT_FIELDS
    )
    + f" RETURNING {_CARD}",
    Card,
)
_SET_ACTIVE = Write(
    """
    INSERT INTO contacts (user_id, active) VALUES (:user_id, :active)
    ON CONFLICT (user_id) DO UPDATE SET active = excluded.active
    """,
    nothing,
)
_FIND_CARD = Statement(f"SELECT {_CARD} FROM contacts AS card WHERE user_id = :user_id", Card)


def lock_card(db: Database, user_id: UUID) -> Card | None:
    """The card of a person, empty where none came yet; None where the person was erased.

    It changes only after us. So of a message and the card it waits for, the later one always sees
    the earlier, and who is erased is erased whole.
    """
    return db.first(_LOCK_CARD, user_id=user_id)


def share_cards(db: Database, user_ids: Sequence[UUID]) -> dict[UUID, Card]:
    """The cards of those of the persons that have one; they change only after us."""
    return dict(db.all(_SHARE_CARDS, user_ids=list(user_ids)))


def set_contact(
    db: Database, user_id: UUID, fields: Mapping[str, str], revision: int
) -> Card | None:
    """Set the fields that are newer than those of the card: the card as it is then, None where the
    person was erased."""
    told = {name: fields.get(name) for name in CONTACT_FIELDS}
    return db.first(_SET_CONTACT, user_id=user_id, revision=revision, **told)


def set_active(db: Database, user_id: UUID, *, active: bool) -> None:
    """Know whether the account of a person is in use; of who was erased nothing is kept."""
    db.run(_SET_ACTIVE, user_id=user_id, active=active)


def find_card(db: Database, user_id: UUID) -> Card | None:
    """The card of a person, or None."""
    return db.first(_FIND_CARD, user_id=user_id)
