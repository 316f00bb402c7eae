"""What `stellr up` tells the other commands about the stack it runs (`<state>/run.json`)."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from edge.local.errors import StartError
from edge.local.ports import HOST
from edge.local.state import UP, State, busy, holder, is_locked, write_private


class NotRunning(LookupError):
    """No stack answers to this state and port; the text is one sentence."""


@dataclass(frozen=True)
class RunningPart:
    """One process: `address` is host:port, or the socket directory of PostgreSQL.

    `pid` is 0 while the process is down. `http` is where it serves HTTP too, if it does.
    """

    name: str
    service: str
    pid: int
    address: str
    http: str = ""


@dataclass(frozen=True)
class RunningStack:
    """A running stack: its launcher, its doors and its parts."""

    state: str
    pid: int
    port: int
    operations_port: int
    admin_port: int
    socket_dir: str
    # Where this machine reaches the public door.
    host: str = HOST
    databases: dict[str, str] = field(default_factory=dict)
    parts: list[RunningPart] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The public door."""
        return f"http://{self.host}:{self.port}"

    @property
    def operations_url(self) -> str:
        """The operators' door, on this machine alone."""
        return f"http://{HOST}:{self.operations_port}"

    def targets(self, service: str) -> list[str]:
        """The host:port of every process of a service."""
        return [part.address for part in self.parts if part.service == service]

    def write(self, state: State) -> None:
        """Put the file in place, whole or not at all; it holds addresses, so it is private."""
        write_private(state.run_file, json.dumps(asdict(self), indent=1).encode())

    @classmethod
    def read(cls, state: State) -> Self:
        """Read the file. Raises OSError, ValueError or TypeError where it is not one of ours."""
        values = json.loads(state.run_file.read_bytes())
        parts = [RunningPart(**part) for part in values.pop("parts")]
        return cls(parts=parts, **values)


def find_running(root: Path, port: int | None = None) -> RunningStack:
    """The stack that runs on the state directory `root`, and on `port` if one is given.

    Raises NotRunning if there is none.
    """
    state = State(root.absolute())
    try:
        if not is_locked(state):
            raise NotRunning(f"Stellr is not running on {root}.")
    except StartError as error:
        raise NotRunning(str(error)) from error
    if holder(state).work != UP:
        raise NotRunning(f"Stellr is not running on {root}. {busy(state)}.")
    try:
        stack = RunningStack.read(state)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise NotRunning(f"Stellr is still starting on {root}.") from error
    if port not in (None, stack.port):
        raise NotRunning(f"The stack on {root} runs on port {stack.port}, not {port}.")
    return stack
