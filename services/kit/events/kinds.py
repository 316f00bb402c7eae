"""Kinds of events: the full name of a message, whose package names the service that tells it."""

from __future__ import annotations

from google.protobuf.message import Message


def kind_of(event: type[Message] | Message) -> str:
    """The kind: stellr.auth.v1.PersonErased."""
    return event.DESCRIPTOR.full_name


def service_of(event: type[Message] | Message) -> str:
    """The service that tells it: auth."""
    return kind_of(event).split(".")[1]
