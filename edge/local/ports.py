"""Ports that nobody else can take between choosing them and the server's listening on them."""

import ipaddress
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from edge.local.errors import StartError

HOST = "127.0.0.1"
# The public port, unless another is chosen.
DEFAULT_PORT = 8080
EVERYWHERE = "0.0.0.0"  # noqa: S104  only where the user says so
ROW_TRIES = 100
PAIR_TRIES, PAIR_STEP, LAST_PORT = 100, 10, 65535
ANSWER_SECONDS = 1.0


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
        """Host and port, as a server on the loopback address takes them."""
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


def reserve(port: int = 0, *, unreserved: bool = False, host: str = HOST) -> Reservation:
    """Reserve a port of an address, any free one of the loopback address by default.

    Raises StartError naming the port when somebody listens on it or it may not be bound; with
    `unreserved` also when somebody reserved it, or connections to it were closed a moment ago.
    """
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, not unreserved)
        reserved.bind((host, port))
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    except OSError as error:
        reserved.close()
        where = f"Port {port}" if host == HOST else f"Port {port} of {host}"
        raise StartError(f"{where} cannot be used: {str(error.strerror).lower()}.") from error
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


def free_pair(after: int) -> int | None:
    """A port above `after` that is free together with the next one, for somebody to choose."""
    last = min(after + PAIR_TRIES * PAIR_STEP, LAST_PORT)
    for port in range(after + PAIR_STEP, last, PAIR_STEP):
        with suppress(StartError), reserve(port, unreserved=True), reserve(port + 1):
            return port
    return None


def read_host(text: str) -> str:
    """The IPv4 address in a text, "localhost" being one; ValueError where it is none."""
    try:
        return str(ipaddress.IPv4Address(HOST if text == "localhost" else text))
    except ValueError:
        raise ValueError(f"{text} is no IPv4 address, such as 0.0.0.0") from None


def local_host(host: str) -> str:
    """Where this machine reaches what is bound to an address."""
    return HOST if host == EVERYWHERE else host


def public_host(host: str) -> str:
    """Where others reach what is bound to an address: of all addresses, that of the way out."""
    if host != EVERYWHERE:
        return host
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            # Nothing is sent: the kernel chooses a route (RFC 5737: an address that nobody has).
            asked.connect(("192.0.2.1", 9))
            return str(asked.getsockname()[0])
    except OSError:
        return HOST


def public_url(host: str, port: int, tls_port: int = 0) -> str:
    """The URL of a door on this machine, for whoever may reach it; without TLS, `tls_port` is 0."""
    host = public_host(host)
    return f"https://{host}:{tls_port}" if tls_port else f"http://{host}:{port}"


def listens(address: str) -> bool:
    """Whether a server accepts connections at `host:port`."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def answers_http(address: str) -> bool:
    """Whether an HTTP server at `host:port` says anything within a second."""
    host, _, port = address.rpartition(":")
    return _says(socket.AF_INET, (host, int(port)), b"HEAD /healthz HTTP/1.0\r\n\r\n")


def answers_postgres(folder: str) -> bool:
    """Whether PostgreSQL says anything within a second, at its socket in a folder.

    It is asked whether it speaks TLS, which takes no password (PostgreSQL's protocol, SSLRequest).
    """
    return _says(socket.AF_UNIX, f"{folder}/.s.PGSQL.5432", struct.pack("!ii", 8, 80877103))


def _says(family: socket.AddressFamily, address: Any, question: bytes) -> bool:
    # The kernel accepts connections of a process that stands still, too.
    try:
        with socket.socket(family) as asked:
            asked.settimeout(ANSWER_SECONDS)
            asked.connect(address)
            asked.sendall(question)
            return bool(asked.recv(1))
    except OSError:
        return False
