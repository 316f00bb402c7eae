"""What is counted apart for the networks that an account was used from before.

Else strangers could use up what its owner needs to sign in.
"""

from __future__ import annotations

from uuid import UUID

from services.auth.repository.devices import knows_network
from services.kit import call
from services.kit.data.database import Database
from services.kit.rpc.limits import address_key


def network() -> str:
    """The network that this call comes from."""
    this = call.current()
    return address_key(this.address if this else "")


def subject_here(db: Database, address: str, account_id: UUID | None = None) -> str:
    """What a budget of an address is counted by for this call: the address alone, or with the
    network where the account `account_id`, or without one that of the address, was used from
    there."""
    here = network()
    return f"{address} {here}" if knows_network(db, here, address, account_id) else address
