"""Learners and administrators who use notification through the public door."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support import Learner, Stack, Visitor, grant, register

People = Callable[[], Learner]


@pytest.fixture(scope="module")
def admin(stack: Stack) -> Iterator[Learner]:
    person = register(stack, name="Ada Admin")
    grant(stack, person, "admin")
    yield person


@pytest.fixture(scope="module")
def ann(stack: Stack) -> Iterator[Learner]:
    yield register(stack, name="Ann Learner")


@pytest.fixture(scope="module")
def ben(stack: Stack) -> Iterator[Learner]:
    yield register(stack, name="Ben Learner")


@pytest.fixture
def nobody(stack: Stack) -> Visitor:
    return Visitor(stack)
