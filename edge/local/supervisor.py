"""The processes of a stack: started, waited for, and started again when they die."""

import contextlib
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from edge.local import processes, signals
from edge.local.errors import StartError
from edge.local.parts import Part, pause
from edge.local.ports import HOST, Reservation, reserve, reserve_row
from edge.local.state import State
from edge.local.terminal import doing, say
from services.kit.rpc.ports import PORTS

START_SECONDS = 60.0
POLL_SECONDS = 0.05
SUPERVISE_SECONDS = 1.0


@dataclass
class Supervisor:
    """Keeps the parts of a stack and its ports. `held` are descriptors that no child may have."""

    state: State
    held: list[int]
    ports: list[Reservation] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    # Where in its log each part began, as a log goes on from start to start.
    log_starts: dict[str, int] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def reserve(self, port: int = 0, host: str = HOST) -> Reservation:
        """Reserve a port, any free one by default. StartError if it cannot be had."""
        return self._hold(reserve(port, host=host))

    def reserve_first_free(self, wanted: int) -> Reservation:
        """Reserve this port if nobody has it, or else any free one."""
        try:
            return self._hold(reserve(wanted, unreserved=True))
        except (StartError, OverflowError):
            return self.reserve()

    def reserve_addresses(self, count: int) -> list[str]:
        """Where each process of a service listens; the ports after it are for streams and HTTP."""
        return [self._hold_row(reserve_row(PORTS)) for _ in range(count)]

    def close_ports(self) -> None:
        """Give all ports back."""
        for reserved in self.ports:
            reserved.close()

    def start(
        self,
        name: str,
        service: str,
        address: str,
        main: Callable[[], int],
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> Part:
        """Start a part that runs `main`; it belongs to the stack from now on."""
        spawn = partial(self.fork, name, main)
        part = Part(name, service, address, self.state.log(name), spawn, stop_signal)
        self.parts.append(part)
        part.start()
        return part

    def fork(self, name: str, main: Callable[[], int]) -> int:
        """Run `main` in a child that writes to the log of that name; its pid."""
        log = self.state.log(name)
        processes.rotate(log)
        self.log_starts[name] = processes.size(log)
        title = f"stellr: {name} ({self.state.root})"
        return processes.fork(main, log, close=self.held, title=title)

    def wait_for(self, name: str, ready: Callable[[], bool]) -> None:
        """Wait until it is ready; StartError if it is not in time, or if any part ends."""
        doing(name)
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            self._check_alive()
            if time.monotonic() > deadline:
                raise self.failure(name, f"did not come up within {START_SECONDS:.0f} s")
            pause(POLL_SECONDS)
        self.tell(name)

    def failure(self, name: str, what: str) -> StartError:
        """What went wrong with a part, with the end of its log."""
        log = self.state.log(name)
        said = processes.tail(log, start=self.log_starts.get(name, 0))
        return StartError(f"{name} {what}. Its log ({log}) ends:\n{said}")

    def tell(self, what: str) -> None:
        """Say what is there, and how long after the beginning."""
        say(f"  {what:<16} {time.monotonic() - self.began:5.2f} s")

    def tend(self) -> bool:
        """Wait a moment, and start again what died; whether anything was started."""
        waiting = [part.retry_at for part in self.parts if part.pid is None]
        wake = min(waiting, default=time.monotonic() + SUPERVISE_SECONDS)
        pause(min(SUPERVISE_SECONDS, signals.until(wake)))
        if not self.state.lock.exists():
            raise StartError(f"{self.state.root} was removed while Stellr was running on it.")
        self._keep_logs_short()
        started = [part for part in self.parts if _tend(part)]
        return bool(started)

    def _keep_logs_short(self) -> None:
        for part in self.parts:
            # On a full disk nothing is written to them either.
            with contextlib.suppress(OSError):
                if processes.keep_short(part.log):
                    self.log_starts[part.name] = 0

    def _hold(self, reserved: Reservation) -> Reservation:
        self.ports.append(reserved)
        self.held.append(reserved.fileno())
        return reserved

    def _hold_row(self, row: list[Reservation]) -> str:
        for reserved in row:
            self._hold(reserved)
        return row[0].address

    def _check_alive(self) -> None:
        for part in self.parts:
            if part.ended():
                pause(0.0)
                raise self.failure(part.name, f"{part.ending} while starting")


def _tend(part: Part) -> bool:
    if part.ended():
        delay = part.schedule_restart()
        say(f"{part.name} {part.ending}; starting it again in {delay:.1f} s")
    if part.pid is None and time.monotonic() >= part.retry_at:
        return _start_again(part)
    return False


def _start_again(part: Part) -> bool:
    try:
        part.start()
    except OSError as error:
        # No process to be had, or a disk that cannot be written: that may pass.
        delay = part.schedule_restart()
        say(f"{part.name} cannot be started: {error}; trying again in {delay:.1f} s")
        return False
    return True
