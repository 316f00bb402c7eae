"""A service process: from its settings to its last answer."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import grpc
import structlog

from services.kit import tracing
from services.kit.data import idempotency
from services.kit.data.liveness import Liveness
from services.kit.errors import DomainError
from services.kit.events.set_aside import SetAsideEvents
from services.kit.http.server import HttpServer
from services.kit.logs import configure_logs
from services.kit.process.dead_letter_servicer import DeadLetterServicer
from services.kit.process.gauges import measure_caches, measure_pool, measure_server
from services.kit.process.personal_data import KEEPS_NOTHING, forgetting
from services.kit.process.personal_data_servicer import PersonalDataServicer
from services.kit.process.runtime import Runtime
from services.kit.process.runtime_servicer import RuntimeServicer
from services.kit.process.service import Domain, Service
from services.kit.process.settings import Settings, read_settings
from services.kit.rpc.ports import http_address
from services.kit.rpc.server import Registration, Server
from services.kit.work.backlog import LOOK_SECONDS, Backlog
from services.kit.work.periodic import Periodic, start_periodic
from stellr.deadletters.v1.dead_letter_service_pb2_grpc import (
    add_DeadLetterServiceServicer_to_server,
)
from stellr.personaldata.v1.personal_data_service_pb2_grpc import (
    add_PersonalDataServiceServicer_to_server,
)
from stellr.runtime.v1.runtime_service_pb2_grpc import add_RuntimeServiceServicer_to_server

log = structlog.get_logger("stellr.process")

# A process that is told to stop says so and goes on meanwhile: Envoy asks each 3 s how it
# is (edge/envoy/clusters.py), and sends it nothing more after that. A busy machine asks later.
# Where nobody asks, nobody is waited for any longer.
ASKED_SECONDS = 5.0
# What Envoy sent before comes within that time; it has asked in each place, other Envoys too.
NOTICE_SECONDS = 3.5
# Calls under way are finished; one that takes longer than this is cancelled.
GRACE_SECONDS = 7.0
RETRY_SECONDS = 0.2
WATCH_SECONDS = 1.0
# What health checks call background work.
JOBS = "jobs"
# Objects made and not freed, between two looks of the collector; Python's own number is 700.
ALLOCATIONS = 10_000


def run(service: Service, environ: Mapping[str, str]) -> int:
    """Run one process of the service until SIGTERM or SIGINT; the exit status.

    SIGTERM is for good order. After SIGINT nobody needs to notice: a person pressed Ctrl-C, or the
    door is shut already.
    """
    os.environ.update(environ)
    try:
        settings = read_settings(Settings)
    except ValueError as error:
        configure_logs(service.name, "INFO")
        log.error("cannot start", error=str(error))
        return 1
    configure_logs(service.name, settings.log_level, settings.log_format)
    if settings.otlp_endpoint:
        tracing.start(service.name, str(os.getpid()), settings.otlp_endpoint)
    stop, at_once = threading.Event(), threading.Event()

    def hurry(*_: object) -> None:
        at_once.set()
        stop.set()

    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, hurry)
    try:
        return Process(service, settings).run(stop, at_once)
    except (OSError, ValueError, LookupError) as error:
        log.error("cannot start", error=str(error))
        return 1


def make_server(runtime: Runtime, domain: Domain) -> Server:
    """The servers of a process, with what every process answers about itself."""
    # A thread of its own: how busy the others are is asked most where all of them wait.
    asked = {"GetMetrics": ThreadPoolExecutor(1, thread_name_prefix="metrics")}
    servicer = RuntimeServicer(runtime.metrics)
    own = [Registration(add_RuntimeServiceServicer_to_server, servicer, asked)]
    if runtime.has_database:
        own += _with_database(runtime, domain)
    server = Server(
        [*domain.servicers, *own, *runtime.events.registrations()],
        runtime.chain(),
        runtime.supervisor.submit,
        threads=runtime.settings.threads,
        waiting_calls=runtime.settings.waiting_calls,
        tls=runtime.mesh_tls,
        background=runtime.background.names,
    )
    runtime.background.heard_by(server.set_background)
    measure_server(runtime.metrics, server)
    return server


def make_http_server(runtime: Runtime, domain: Domain) -> HttpServer:
    """What serves HTTP in a process."""
    submit, tls = runtime.supervisor.submit, runtime.mesh_tls
    return HttpServer(domain.http, runtime.chain(), submit, GRACE_SECONDS, tls)


def make_health_server(runtime: Runtime) -> HttpServer:
    """What tells an orchestrator how a process is, which has no certificate of the mesh."""
    return HttpServer([], runtime.chain(), runtime.supervisor.submit, GRACE_SECONDS)


def _with_database(runtime: Runtime, domain: Domain) -> list[Registration]:
    """What a process answers about what its service keeps."""
    given_up = DeadLetterServicer(jobs=runtime.jobs.table, events=SetAsideEvents(runtime.database))
    personal = PersonalDataServicer(domain.personal or KEEPS_NOTHING)
    return [
        Registration(add_DeadLetterServiceServicer_to_server, given_up),
        Registration(add_PersonalDataServiceServicer_to_server, personal),
    ]


class Process:
    """The parts of a service process in the order in which they start and stop."""

    def __init__(self, service: Service, settings: Settings) -> None:
        service.require(settings)
        self._runtime = service.runtime(settings)
        self._runtime.mesh_keys.load()
        self._identity = self._runtime.hear_who_is_revoked()
        self._domain = service.build(self._runtime)
        self._runtime.events.consume(self._domain.consumers)
        if self._runtime.has_database:
            forget = forgetting(self._runtime.database, self._domain.personal or KEEPS_NOTHING)
            self._runtime.events.consume([forget])
        self._liveness: Liveness | None = None
        self._backlog: Backlog | None = None
        if self._runtime.has_database:
            self._know_the_database()
        self._server = make_server(self._runtime, self._domain)
        self._http = make_http_server(self._runtime, self._domain) if service.http else None
        self._health = make_health_server(self._runtime) if settings.health_listen else None
        measure_caches(self._runtime.metrics, self._runtime.events)

    def _know_the_database(self) -> None:
        runtime = self._runtime
        # Who listens past a pooler does not hear that the pooler is away.
        heard_at = None if runtime.database.is_pooled else runtime.events.heard_at
        self._liveness = Liveness(runtime.database, heard_at)
        tell = runtime.background.add(JOBS)
        self._backlog = Backlog(runtime.jobs.table, runtime.metrics, tell)
        measure_pool(runtime.metrics, runtime.database)

    def run(self, stop: threading.Event, at_once: threading.Event) -> int:
        """Serve until told to stop, and until that was noticed, unless it is to be at once; 0."""
        _settle_memory()
        self._runtime.supervisor.start()
        port = self._server.start(self._runtime.settings.listen)
        if self._http:
            self._http.start(http_address(self._at(port)))
        if self._health:
            self._health.start(self._runtime.settings.health_listen)
        self._runtime.events.start(self._runtime.supervisor)
        threading.Thread(target=self._open, args=(stop,), name="opening", daemon=True).start()
        stop.wait()
        for server in self._http_servers():
            server.leave()
        if self._server.leave():
            self._be_noticed(at_once)
        self._stop()
        return 0

    def _be_noticed(self, at_once: threading.Event) -> None:
        deadline = time.monotonic() + ASKED_SECONDS
        while not at_once.is_set() and time.monotonic() < deadline:
            if self._server.is_noticed(RETRY_SECONDS):
                break
        at_once.wait(NOTICE_SECONDS)

    def _open(self, stop: threading.Event) -> None:
        """Serve once the database answers, who is revoked is known, and the keys of tokens are."""
        while not self._is_ready():
            if stop.wait(RETRY_SECONDS):
                return
        if self._runtime.has_database:
            self._runtime.supervisor.add("jobs", self._runtime.jobs.work)
        self._start_periodic()
        self._server.open()
        self._set_serving_http(True)
        log.info("serving", address=self._runtime.settings.listen)
        self._watch_database(stop)

    def _is_ready(self) -> bool:
        is_told = self._identity.caught_up.is_set()
        return self._database_answers() and is_told and self._keys_are_known()

    def _keys_are_known(self) -> bool:
        try:
            self._runtime.access_keys.load()
        except (DomainError, grpc.RpcError):
            return False
        return True

    def _start_periodic(self) -> None:
        runtime, work = self._runtime, list(self._domain.periodic)
        if runtime.has_database:
            work.append(Periodic("forget_idempotency_keys", 600.0, self._forget_keys))
        if self._backlog:
            look = self._backlog.look
            work.append(Periodic("look_at_jobs", LOOK_SECONDS, look, everywhere=True))
        database = runtime.database if runtime.has_database else None
        start_periodic(runtime.supervisor, database, runtime.metrics, work)

    def _forget_keys(self) -> bool:
        return idempotency.purge(self._runtime.database)

    def _watch_database(self, stop: threading.Event) -> None:
        """Tell health checks when the database goes away, and when it is back."""
        answers = True
        while not stop.wait(WATCH_SECONDS):
            before, answers = answers, self._database_answers()
            if answers != before and not stop.is_set():
                self._server.set_serving(answers)
                self._set_serving_http(answers)
                log.warning("database", answers=answers)

    def _set_serving_http(self, serving: bool) -> None:
        for server in self._http_servers():
            server.set_serving(serving)

    def _http_servers(self) -> list[HttpServer]:
        return [server for server in (self._http, self._health) if server]

    def _at(self, port: int) -> str:
        """Where calls are served, whatever port that was to be."""
        host, _, _ = self._runtime.settings.listen.rpartition(":")
        return f"{host}:{port}"

    def _database_answers(self) -> bool:
        return self._liveness is None or self._liveness.answers()

    def _stop(self) -> None:
        self._runtime.stopping.set()
        self._runtime.events.stop()
        unfinished = [server.stop() for server in self._http_servers()]
        self._server.stop(GRACE_SECONDS)
        for each in unfinished:
            each.result()
        self._runtime.supervisor.stop(GRACE_SECONDS)
        self._runtime.close()
        tracing.stop()
        log.info("stopped")


def _settle_memory() -> None:
    """Spare the collector what lives as long as the process, and have it look less often.

    A call leaves hardly any circle behind; looking for them took a twentieth of all time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, 20, 20)
