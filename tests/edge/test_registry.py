from graphlib import CycleError

import pytest

from edge.registry import stop_order


def test_callers_stop_before_the_called() -> None:
    calls = {"gateway": ("auth", "quiz"), "quiz": ("course",), "auth": (), "course": ()}
    assert stop_order(calls) == [["gateway"], ["auth", "quiz"], ["course"]]


def test_a_circle_is_an_error() -> None:
    with pytest.raises(CycleError):
        stop_order({"quiz": ("course",), "course": ("quiz",)})
