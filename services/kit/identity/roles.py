"""The roles of persons, by the names that tokens, tables and JSON have for them."""

from __future__ import annotations

from stellr.options.v1.options_pb2 import Role

PREFIX = "ROLE_"


def role_name(role: Role.ValueType) -> str:
    """The name of a role: "author" for ROLE_AUTHOR."""
    return Role.Name(role).removeprefix(PREFIX).lower()


def role_named(name: str) -> Role.ValueType:
    """The role of a name; ValueError where there is none."""
    return Role.Value(f"{PREFIX}{name.upper()}")


LEARNER = role_name(Role.ROLE_LEARNER)
ADMIN = role_name(Role.ROLE_ADMIN)
