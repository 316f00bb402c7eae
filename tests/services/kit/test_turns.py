from contextlib import ExitStack

import pytest

from services.kit.errors import RateLimited
from services.kit.turns import Turns


def test_each_has_so_many_at_once_and_others_are_not_held_up() -> None:
    turns = Turns("files at once", 3)
    with ExitStack() as under_way:
        for _ in range(3):
            under_way.enter_context(turns.of("ann"))
        with pytest.raises(RateLimited) as refused, turns.of("ann"):
            pass
        assert refused.value.retry_after > 0
        with turns.of("bob"):
            pass
    with turns.of("ann"):
        pass


def test_what_fails_is_over() -> None:
    turns = Turns("files at once", 1)
    for _ in range(3):
        with pytest.raises(ConnectionError), turns.of("ann"):
            raise ConnectionError
