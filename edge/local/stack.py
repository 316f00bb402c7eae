"""The local stack, from nothing to serving and back: the story of `stellr up`."""

import contextlib
import gc
import http.client
import os
import secrets
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setproctitle import setproctitle

from edge import demo_learner, registry
from edge.local import binaries, database_server, postgres, processes, signals
from edge.local.connections import ConnectionPlan, plan_connections
from edge.local.environment import Settings, has_openid, service_environ
from edge.local.errors import StartError, StopRequested
from edge.local.openid.client import Client
from edge.local.parts import Part, finish, kill_and_reap, reap, stop
from edge.local.ports import HOST, Reservation, free_pair, listens, local_host, public_url
from edge.local.running import RunningPart, RunningStack, find_running
from edge.local.state import State, lock, open_state, write_private
from edge.local.supervisor import POLL_SECONDS, Supervisor
from edge.local.terminal import doing, say
from edge.local.welcome import Welcome, welcome
from services.kit.process.service import Service
from services.kit.rpc.ports import http_address
from services.kit.urls import LOOPBACK

if TYPE_CHECKING:
    from edge.local.certificate import Certificate

SERVICE_GRACE = 10.0
DRAIN_SECONDS = 3.0
HTTP_OK = 200
OPENID = "openid"
# Imported while initdb works, and before the fork: a second import where they are used is free.
HEAVY = (
    "edge.config.checking",
    "edge.envoy.admin",
    "edge.envoy.render",
    "edge.envoy.settings",
    "edge.local.databases",
    "edge.local.keys",
    "edge.local.openid.server",
)
DEMO_COURSE = "edge.demo_course"


def up(root: Path, port: int, workers: int, host: str = HOST) -> None:
    """Run a stack until SIGINT, SIGTERM or SIGHUP; then everything it started is gone.

    Raises StartError, with nothing left running, if it does not come up. The caller holds those
    signals back (`signals.blocked`).
    """
    state = open_state(root)
    # Before all else: what runs on a state that is not ours must not be touched.
    stack = Stack(state, port, workers, Supervisor(state, held=[lock(state)]), host)
    setproctitle(f"stellr: up ({state.root})")
    try:
        stack.start()
        stack.supervise()
    except StopRequested:
        signals.swallow_echo()
        say("stopping")
    finally:
        stack.stop()


@dataclass
class Stack:
    """One run of the stack on a state directory whose lock its supervisor holds."""

    state: State
    port: int
    workers: int
    supervisor: Supervisor
    # What the public door is bound to.
    host: str = HOST
    services: dict[str, Service] = field(default_factory=dict)
    server: postgres.Postgres | None = None
    admin_port: int = 0
    # 0 and None: TLS is not spoken.
    tls_port: int = 0
    certificate: "Certificate | None" = None
    # Whether the run file says who runs.
    told: bool = False
    # Whether this is the first start on the state.
    first: bool = False

    # Up

    def start(self) -> None:
        """Start every part in order and wait until the public door says it is ready."""
        self._reserve_door()
        self._read_door()
        binaries.check()
        server = self._start_database()
        self._import_services()
        from edge.local.keys import make_keys  # noqa: PLC0415  see HEAVY

        plan = plan_connections(self.workers, len(self._with_database()))
        make_keys(self.state, self.services)
        self._finish_database(server, plan)
        self._migrate(server)
        settings = self._start_services(server, plan)
        self._start_envoy(settings)
        self._write_run_file()
        self.supervisor.wait_for("ready", self._is_ready)
        self._load_demo()
        self._make_demo_learner()
        self._welcome()

    def _reserve_door(self) -> None:
        try:
            self.supervisor.reserve(self.port, self.host)
            self.supervisor.reserve(self.port + 1)
        except StartError as error:
            free = free_pair(self.port)
            hint = f" Choose another, as by STELLR_PORT={free}." if free else ""
            raise StartError(f"{error}{hint}") from error

    def _read_door(self) -> None:
        from edge.envoy.settings import door_settings  # noqa: PLC0415  see HEAVY

        try:
            door = door_settings()
        except ValueError as error:
            raise StartError(str(error)) from error
        if door.has_tls:
            try:
                self.supervisor.reserve(door.tls_port, self.host)
            except StartError as error:
                raise StartError(f"{error} Choose another by STELLR_TLS_PORT.") from error
            self.tls_port = door.tls_port
            from edge.local.certificate import Certificate  # noqa: PLC0415  see HEAVY

            self.certificate = Certificate(door, self.state.envoy)

    def _url_of_door(self) -> str:
        chosen = os.environ.get("STELLR_PUBLIC_URL", "").rstrip("/")
        return chosen or public_url(self.host, self.port, self.tls_port)

    def _start_database(self) -> postgres.Postgres:
        # Started first: initdb works while this process imports the services.
        server = postgres.make_postgres(self.state)
        self.server = server
        postgres.clear_leftovers(server)
        self.first = postgres.needs_initdb(server)
        if self.first:
            main = partial(postgres.initdb, server)
            self.supervisor.start("initdb", "postgres", str(server.data), main)
        return server

    def _import_services(self) -> None:
        # Imported once and forked: the processes share these pages, which the collector must
        # therefore never touch again.
        doing("services")
        for module in HEAVY:
            import_module(module)
        self.services = registry.load_all()
        self._warn_of_unknown_settings()
        gc.collect()
        gc.freeze()
        self.supervisor.tell("services")

    @staticmethod
    def _warn_of_unknown_settings() -> None:
        from edge.config import checking  # noqa: PLC0415  see HEAVY

        for line in checking.unknown(os.environ):
            say(f"  {line}")

    def _finish_database(self, server: postgres.Postgres, plan: ConnectionPlan) -> None:
        for part in self.supervisor.parts:
            if part.pid and finish(part.pid):
                raise self.supervisor.failure(part.name, "could not make the database directory")
        if self.supervisor.parts:
            postgres.finish_initdb(server)
        self.supervisor.parts.clear()
        database_server.start(self.supervisor, server, plan.max_connections)

    def _migrate(self, server: postgres.Postgres) -> None:
        from edge.local import databases  # noqa: PLC0415  see HEAVY

        doing("databases")
        began = time.monotonic()
        maintenance = server.url("postgres")
        children = {
            name: self.supervisor.fork(
                f"migrate-{name}",
                partial(databases.prepare, service, maintenance, self._url(server, name)),
            )
            for name, service in self._with_database().items()
        }
        self._finish_migrations(children)
        say(f"  {'databases':<16} {time.monotonic() - began:5.2f} s")

    def _finish_migrations(self, children: dict[str, int]) -> None:
        left = dict(children)
        try:
            for name, pid in children.items():
                code = finish(pid)
                left.pop(name)
                if code:
                    raise self.supervisor.failure(
                        f"migrate-{name}", f"could not prepare {name}'s database"
                    )
        finally:
            for pid in left.values():
                if reap(pid) is None:
                    kill_and_reap(pid)

    def _start_services(self, server: postgres.Postgres, plan: ConnectionPlan) -> Settings:
        addresses = {
            name: self.supervisor.reserve_addresses(self.workers) for name in self.services
        }
        self.admin_port = self.supervisor.reserve().port
        settings = Settings(
            state=self.state,
            public_url=self._url_of_door(),
            envoy_admin=f"http://{HOST}:{self.admin_port}",
            targets=addresses,
            databases={name: self._url(server, name) for name in self._with_database()},
            plan=plan,
            openid=self._start_openid(),
        )
        for name in self.services:
            for number, address in enumerate(addresses[name]):
                self._start_service(settings, name, number, address)
        self._await_services()
        return settings

    def _start_openid(self) -> Client | None:
        if has_openid(os.environ):
            return None
        from edge.local.openid.server import serve  # noqa: PLC0415  see HEAVY

        reserved = self._reserve_openid()
        client = Client(
            issuer=f"http://{reserved.address}",
            client_id="stellr-academy",
            client_secret=secrets.token_urlsafe(),
            login_key=self.state.openid_login_key.read_text(),
        )
        self.supervisor.start(
            OPENID, OPENID, reserved.address, partial(serve, HOST, reserved.port, client)
        )
        return client

    def _reserve_openid(self) -> Reservation:
        """The port of the first run, if nobody else has it: accounts are linked to the issuer."""
        kept = self.state.openid_port
        wanted = int(kept.read_text()) if kept.exists() else 0
        reserved = self.supervisor.reserve_first_free(wanted)
        if not wanted:
            write_private(kept, str(reserved.port).encode())
        return reserved

    def _start_service(self, settings: Settings, name: str, number: int, address: str) -> None:
        environ = service_environ(settings, name, address, os.environ)
        main = partial(_serve, self.services[name], environ)
        # At once: it is told to stop when the door is shut, so that nobody needs to notice.
        self.supervisor.start(f"{name}-{number}", name, address, main, signal.SIGINT)

    def _await_services(self) -> None:
        for part in self.supervisor.parts:
            if part.service in self.services or part.service == OPENID:
                self.supervisor.wait_for(part.name, partial(listens, part.address))

    def _start_envoy(self, settings: Settings) -> None:
        from edge.envoy import render  # noqa: PLC0415  see HEAVY

        ports = render.Ports(self.port, self.port + 1, self.admin_port, self.host)
        render.write(self.state.envoy, ports, settings.targets)
        main = partial(_run_envoy, self.state.envoy)
        part = self.supervisor.start("envoy", "envoy", f"{self.local_host}:{self.port}", main)
        self.supervisor.wait_for("envoy", partial(listens, part.address))

    def _is_ready(self) -> bool:
        return _status("GET", self.local_host, self.port, "/readyz") == HTTP_OK

    def _load_demo(self) -> None:
        if self.state.demo_loaded.exists() or not find_spec(DEMO_COURSE):
            return
        doing("demo course")
        began = time.monotonic()
        if finish(self.supervisor.fork("demo-course", partial(_load_demo, self.state))):
            say(f"  the demo course could not be loaded: see {self.state.log('demo-course')}")
            return
        say(f"  {'demo course':<16} {time.monotonic() - began:5.2f} s")

    def _make_demo_learner(self) -> None:
        # At the first start alone: an academy that has been in use gets no account by itself.
        if not self.first or not demo_learner.is_wanted(os.environ):
            return
        doing("demo learner")
        began = time.monotonic()
        make = partial(_make_demo_learner, self.state, self.url)
        if finish(self.supervisor.fork("demo-learner", make)):
            say(f"  there is no demo learner: see {self.state.log('demo-learner')}")
            return
        say(f"  {'demo learner':<16} {time.monotonic() - began:5.2f} s")

    def _welcome(self) -> None:
        url = self._url_of_door()
        welcome(
            Welcome(
                url=url,
                operations_url=f"http://{HOST}:{self.port + 1}",
                state=self.state,
                has_outbox=demo_learner.has_outbox(os.environ),
                is_alone=urlsplit(url).hostname in LOOPBACK,
                login=demo_learner.known(self.state),
            )
        )

    @property
    def local_host(self) -> str:
        """Where this machine reaches the public door."""
        return local_host(self.host)

    @property
    def url(self) -> str:
        """The public door as this machine reaches it, without TLS."""
        return f"http://{self.local_host}:{self.port}"

    # While it runs

    def supervise(self) -> None:
        """Restart what dies, until somebody asks to stop (StopRequested).

        Raises StartError when the state directory is taken away.
        """
        while True:
            if self.supervisor.tend():
                self.told = False
            if self.certificate:
                # As below, where the disk is full.
                with contextlib.suppress(OSError):
                    self.certificate.look()
            if not self.told:
                # On a full disk it is told later: those who run are not stopped for that.
                with contextlib.suppress(OSError):
                    self._write_run_file()

    # Down

    def stop(self) -> None:
        """Stop what runs: the door, then the services from callers to called, then the data."""
        # A disk that cannot be written keeps nobody from an orderly end.
        with contextlib.suppress(OSError):
            self.state.run_file.unlink(missing_ok=True)
        hurried = self._stop_envoy()
        for batch in self._stop_batches():
            hurried |= stop(batch, 0.0 if hurried else SERVICE_GRACE)
        # The database gets its time even in a hurry: it writes what it acknowledged.
        stop(self.supervisor.parts, SERVICE_GRACE)
        if self.server:
            postgres.remove_socket_dir(self.server)
        self.supervisor.close_ports()

    def _stop_envoy(self) -> bool:
        envoy = [part for part in self.supervisor.parts if part.service == "envoy"]
        hurried = False
        if (
            envoy
            and envoy[0].pid
            and _status("POST", HOST, self.admin_port, "/drain_listeners?graceful")
        ):
            hurried = self._drain()
        return stop(envoy, SERVICE_GRACE) or hurried

    def _drain(self) -> bool:
        from edge.envoy import admin  # noqa: PLC0415  see HEAVY

        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline and admin.active_requests(self.admin_port):
            if signals.wait(POLL_SECONDS):
                return True
        return False

    def _stop_batches(self) -> Iterator[list[Part]]:
        calls = {name: service.calls for name, service in self.services.items()}
        for names in registry.stop_order(calls):
            yield [part for part in self.supervisor.parts if part.service in names]

    # Helpers

    def _with_database(self) -> dict[str, Service]:
        return {name: service for name, service in self.services.items() if service.database}

    @staticmethod
    def _url(server: postgres.Postgres, service: str) -> str:
        return server.url(postgres.database_name(service))

    def _http_address(self, part: Part) -> str:
        service = self.services.get(part.service)
        return http_address(part.address) if service and service.http else ""

    def _write_run_file(self) -> None:
        server = self.server
        assert server is not None
        RunningStack(
            state=str(self.state.root),
            pid=os.getpid(),
            port=self.port,
            operations_port=self.port + 1,
            admin_port=self.admin_port,
            socket_dir=str(server.socket_dir),
            host=self.local_host,
            databases={name: self._url(server, name) for name in self._with_database()},
            parts=[
                RunningPart(
                    part.name, part.service, part.pid or 0, part.address, self._http_address(part)
                )
                for part in self.supervisor.parts
            ],
        ).write(self.state)
        self.told = True


def _serve(service: Service, environ: dict[str, str]) -> int:
    from services.kit.process.main import run  # noqa: PLC0415  only a service process needs it

    return run(service, environ)


def _run_envoy(folder: Path) -> int:
    os.chdir(folder)
    # Hot restart would make stacks side by side fight for one shared memory region.
    options = ["--disable-hot-restart", "--log-level", "warn", "--drain-time-s", "3"]
    # Who looks into its log wants to see what came just now; by itself it waits for 10 s.
    options += ["--file-flush-interval-msec", "1000"]
    argv = [str(binaries.envoy()), "-c", "envoy.yaml", *options]
    processes.execute(argv, os.environ)


def _load_demo(state: State) -> int:
    # Once in the life of a state.
    import_module(DEMO_COURSE).load(state.root, find_running(state.root))
    return 0


def _make_demo_learner(state: State, url: str) -> int:
    demo_learner.make(state.root, url)
    return 0


def _status(method: str, host: str, port: int, path: str) -> int:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
