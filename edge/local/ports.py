"""Ports that nobody else can take between choosing them and the server's listening on them."""

import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from edge.local.errors import StartError

HOST = "127.0.0.1"
# The public port, unless another is chosen.
DEFAULT_PORT = 8080
ROW_TRIES = 100


@dataclass(frozen=True)
class Reservation:
    """A bound TCP socket that does not listen.

    With SO_REUSEADDR on both sides Linux lets a server bind and listen on the same port, while
    the kernel gives it to nobody who asks for any free port. As it never listens, no connection
    ends up here (socket(7)).
    """

    socket: socket.socket

    @property
    def port(self) -> int:
        """The reserved port."""
        return int(self.socket.getsockname()[1])

    @property
    def address(self) -> str:
        """Host and port, as a server takes them."""
        return f"{HOST}:{self.port}"

    def fileno(self) -> int:
        """The descriptor, to be closed in children."""
        return self.socket.fileno()

    def close(self) -> None:
        """Give the port back."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def reserve(port: int = 0, *, unreserved: bool = False) -> Reservation:
    """Reserve a port of the loopback address, any free one by default.

    Raises StartError naming the port when somebody listens on it or it may not be bound; with
    `unreserved` also when somebody reserved it, or connections to it were closed a moment ago.
    """
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, not unreserved)
        reserved.bind((HOST, port))
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    except OSError as error:
        reserved.close()
        raise StartError(f"Port {port} cannot be used: {str(error.strerror).lower()}.") from error
    return Reservation(reserved)


def reserve_row(count: int) -> list[Reservation]:
    """Reserve as many ports of the loopback address, one after the other.

    Raises StartError when there are no such free ports.
    """
    for _ in range(ROW_TRIES):
        row = [reserve()]
        try:
            while len(row) < count:
                row.append(reserve(row[-1].port + 1, unreserved=True))
        except (StartError, OverflowError):
            for reserved in row:
                reserved.close()
        else:
            return row
    raise StartError(f"There are no {count} free ports in a row.")


def listens(address: str) -> bool:
    """Whether a server accepts connections at `host:port`."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True
