"""The demo course, which the launcher loads on the first start of a stack."""

from __future__ import annotations

from pathlib import Path

from edge.cli.import_course import show
from edge.cli.operator import connect
from edge.local.running import RunningStack
from edge.local.state import State
from services.gateway.importing.sender import send_bundle

BUNDLE = Path(__file__).parent / "demo" / "the-night-sky"


def load(state: Path, stack: RunningStack) -> None:
    """Import the demo course into a stack, and note in `state` that it was done.

    Raises RuntimeError where the bundle is refused, and what stands in the way otherwise
    (DomainError).
    """
    with connect(stack, "gateway") as channel:
        if show(send_bundle(channel, BUNDLE)):
            raise RuntimeError("the demo course was refused")
    State(state).demo_loaded.touch()
