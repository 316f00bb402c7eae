from graphlib import CycleError

import pytest

from edge import registry
from edge.envoy import render
from edge.registry import stop_order


def test_callers_stop_before_the_called() -> None:
    calls = {"gateway": ("auth", "quiz"), "quiz": ("course",), "auth": (), "course": ()}
    assert stop_order(calls) == [["gateway"], ["auth", "quiz"], ["course"]]


def test_a_circle_is_an_error() -> None:
    with pytest.raises(CycleError):
        stop_order({"quiz": ("course",), "course": ("quiz",)})


def test_who_answers_over_http_has_a_port_for_it() -> None:
    serving = {name for name, service in registry.load_all().items() if service.http}
    assert serving == render.over_http()
