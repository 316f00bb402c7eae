"""An academy whose parts run apart, as the settings name them: STELLR_TARGET_AUTH and so on."""

from __future__ import annotations

from collections.abc import Mapping

from edge import registry
from edge.local.running import RunningPart, RunningStack

OPERATIONS_PORT, PUBLIC_PORT = 8081, 8080


def remote_stack(environ: Mapping[str, str]) -> RunningStack | None:
    """What the settings say of every service; None where they do not name all of them.

    A part has no process id here, and its address may stand for any number of processes.
    """
    targets = {name: environ.get(f"STELLR_TARGET_{name.upper()}", "") for name in registry.SERVICES}
    if not all(targets.values()):
        return None
    return RunningStack(
        state=environ.get("STELLR_STATE", ""),
        pid=0,
        port=PUBLIC_PORT,
        operations_port=OPERATIONS_PORT,
        admin_port=0,
        socket_dir="",
        databases={name: "" for name in targets if registry.has_database(name)},
        parts=[RunningPart(name, name, 0, target) for name, target in targets.items()],
    )
