"""What tests see the academy through: a running stack, and people who use it."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import psycopg

from services.kit.identity.roles import role_named
from services.kit.identity.tokens import KeySet, MeshTokens, load_key
from services.kit.rpc.clients import MeshChannel
from stellr.auth.v1.auth_internal_service_pb2 import GrantRoleRequest
from stellr.auth.v1.auth_internal_service_pb2_grpc import AuthInternalServiceStub

ROOT = Path(__file__).resolve().parent.parent
STELLR = Path(sys.executable).with_name("stellr")
DEMO = "the-night-sky"
START_SECONDS = 60
# Below those that systems give to whoever asks for any: what is free stays so until it is used.
PORTS = range(20_000, 32_000)
# All of the suite comes from one address; only the limits per account stay as they are.
GENEROUS = {
    f"STELLR_LIMIT_{name}": "1000000"
    for name in ("REGISTER", "CODE", "READ", "PERSON", "SMS_MINUTE", "MAILS_ADDRESS")
} | {"STELLR_LIMIT_LOGIN_ADDRESS": "1000000"}
# A busy machine is several times as slow; who waits for what comes loses nothing by that.
PATIENCE = 3
Found = TypeVar("Found")


def eventually(check: Callable[[], Found], seconds: float = 5.0) -> Found:
    """What `check` returns once that is truthy; AssertionError when it takes too long."""
    end = time.monotonic() + seconds * PATIENCE
    while not (found := check()):
        assert time.monotonic() < end, f"not within {seconds} s: {check}"
        time.sleep(0.02)
    return found


def free_port() -> int:
    """A port that is free together with the one after it."""
    for _ in range(100):
        port = secrets.choice(PORTS)
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise AssertionError("no two free ports in a row")


@dataclass
class Stack:
    """A stack started by `stellr up` on a state of its own."""

    state: Path
    port: int
    workers: int = 1
    settings: Mapping[str, str] = field(default_factory=lambda: GENEROUS)
    # Where it is started.
    cwd: Path = ROOT
    process: subprocess.Popen[str] | None = None
    # Read once: a mail does not change.
    _mails: dict[str, tuple[int, EmailMessage]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The public door."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def operations_url(self) -> str:
        """The operators' door."""
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def run(self) -> dict[str, Any]:
        """run.json: what runs, and where."""
        running: dict[str, Any] = json.loads((self.state / "run.json").read_text())
        return running

    def start(self) -> Stack:
        """Start it and wait until it says that it is ready. It ends with this process."""
        command = [STELLR, "up", "--state", self.state, "--port", self.port]
        self.process = subprocess.Popen(
            [*map(str, command), "--workers", str(self.workers), "--until-input-ends"],
            cwd=self.cwd,
            env={"STELLR_DEMO_LEARNER": "off", **os.environ, **self.settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        said: list[str] = []
        for line in self.process.stdout:
            said.append(line)
            if line.startswith("Stellr is ready"):
                return self
        raise AssertionError(f"exit {self.process.wait()}: {''.join(said)}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it; the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=40)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `stellr ...` on this stack."""
        own = {"STELLR_STATE": str(self.state), "STELLR_PORT": str(self.port)}
        return subprocess.run(
            [str(STELLR), *arguments],
            cwd=ROOT,
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def part(self, name: str) -> dict[str, Any]:
        """A part as run.json tells it."""
        return next(part for part in self.run["parts"] if part["name"] == name)

    def target(self, service: str) -> str:
        """host:port of the first process of a service."""
        names = (f"{service}-0", f"{service}-1", service)
        return next(str(p["address"]) for p in self.run["parts"] if p["name"] in names)

    def mails(self, to: str) -> list[EmailMessage]:
        """The mails to an address, oldest first."""
        for entry in os.scandir(self.state / "outbox"):
            if entry.name.endswith(".eml") and entry.name not in self._mails:
                self._mails[entry.name] = (entry.stat().st_mtime_ns, read_mail(Path(entry.path)))
        found = [read for read in self._mails.values() if to in str(read[1]["To"])]
        return [mail for _, mail in sorted(found, key=lambda read: read[0])]

    def texts(self, to: str) -> list[dict[str, str]]:
        """The text messages to a number, oldest first."""
        files = sorted(
            (self.state / "outbox").glob("*.sms.json"), key=lambda path: path.stat().st_mtime_ns
        )
        return [read for path in files if (read := json.loads(path.read_text()))["to"] == to]

    def mesh(self, caller: str, target: str, address: str = "") -> MeshChannel:
        """A channel to a service, or its process at an address, with the identity of another (or
        of the operator)."""
        keys = self.state / "keys"
        known = KeySet(lambda: json.loads((keys / "mesh.json").read_text()))
        tokens = MeshTokens(caller, load_key((keys / f"{caller}.pem").read_bytes()), known)
        return MeshChannel(target, address or self.target(target), tokens)


@contextmanager
def standing_still(pids: Iterable[int]) -> Iterator[None]:
    """Processes stand still meanwhile, and answer nobody."""
    processes = [psutil.Process(pid) for pid in pids]
    for process in processes:
        process.suspend()
    try:
        eventually(lambda: all(map(_does_nothing, processes)))
        yield
    finally:
        for process in processes:
            process.resume()


def _does_nothing(process: psutil.Process) -> bool:
    return process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)


@contextmanager
def started(settings: Mapping[str, str] = GENEROUS) -> Iterator[Stack]:
    """The whole academy, on a state of its own."""
    folder = Path(tempfile.mkdtemp(prefix="stellr-test-"))
    running = Stack(folder / "state", free_port(), settings=settings)
    try:
        running.start()
        _spare_the_disk(running)
        yield running
        assert running.stop() == 0
    finally:
        if running.process:
            running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _spare_the_disk(stack: Stack) -> None:
    """Processes are killed in tests, the machine is not switched off: nothing need be on its disk
    for that (PostgreSQL, 19.5)."""
    url = stack.run["databases"]["auth"]
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        connection.execute("SELECT pg_reload_conf()")


def read_mail(path: Path) -> EmailMessage:
    """The mail in a file of the outbox."""
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def body_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def code_in(mail: EmailMessage) -> str:
    """The six digits of a verification mail."""
    found = re.search(r"^\s*(\d{6})\s*$", body_of(mail), re.MULTILINE)
    assert found, body_of(mail)
    return found.group(1)


class Visitor:
    """Somebody with a browser, who is not signed in."""

    def __init__(self, stack: Stack, token: str = "") -> None:
        self.stack = stack
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=stack.url, headers=headers, timeout=20)

    def get(self, path: str, **query: Any) -> httpx.Response:
        """GET with a query."""
        return self.http.get(path, params=query)

    def post(self, path: str, json: Any = None, **headers: str) -> httpx.Response:
        """POST a JSON body; headers by their names with _ for -."""
        return self._send("POST", path, json, headers)

    def patch(self, path: str, json: Any = None, **headers: str) -> httpx.Response:
        """PATCH with a JSON body."""
        return self._send("PATCH", path, json, headers)

    def put(self, path: str, json: Any = None, **headers: str) -> httpx.Response:
        """PUT with a JSON body."""
        return self._send("PUT", path, json, headers)

    def delete(self, path: str, **headers: str) -> httpx.Response:
        """DELETE."""
        names = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.http.delete(path, headers=names)

    def _send(self, verb: str, path: str, body: Any, headers: Mapping[str, str]) -> httpx.Response:
        names = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.http.request(verb, path, json={} if body is None else body, headers=names)


class Learner(Visitor):
    """Somebody who registered, proved the address, and is signed in."""

    def __init__(self, stack: Stack, session: dict[str, Any], password: str) -> None:
        super().__init__(stack, session["accessToken"])
        self.session = session
        self.token: str = session["accessToken"]
        self.refresh_token: str = session["refreshToken"]
        self.user_id: str = session["user"]["userId"]
        self.email: str = session["user"]["email"]
        self.name: str = session["user"]["displayName"]
        self.password = password

    def use(self, session: dict[str, Any]) -> None:
        """Go on with another session."""
        self.session, self.token = session, session["accessToken"]
        self.refresh_token = session["refreshToken"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"


def register(stack: Stack, name: str = "", password: str = "") -> Learner:
    """A new learner, by the way every learner comes."""
    visitor = Visitor(stack)
    address = f"{secrets.token_hex(8)}@learner.example"
    password = password or secrets.token_urlsafe(12)
    body = {"email": address, "password": password, "displayName": name or f"Learner {address[:4]}"}
    answer = visitor.post("/register", body)
    assert answer.status_code == 200, answer.text
    mail = eventually(lambda: stack.mails(address), 10)[0]
    proof = {"verificationId": answer.json()["verificationId"], "code": code_in(mail)}
    session = visitor.post("/verify-email", proof)
    assert session.status_code == 200, session.text
    return Learner(stack, session.json(), password)


def grant(stack: Stack, person: Learner, role: str) -> None:
    """Give a person a role, as an operator does; their token is a new one then."""
    request = GrantRoleRequest(email=person.email, role=role_named(role))
    with stack.mesh("operator", "auth") as channel:
        AuthInternalServiceStub(channel).GrantRole(request)
    body = {"refreshToken": person.session["refreshToken"]}
    person.use(Visitor(stack).post("/token/refresh", body).json())


def author(stack: Stack, **values: str) -> Learner:
    """A new author."""
    person = register(stack, **values)
    grant(stack, person, "author")
    return person


def reason(answer: httpx.Response) -> str:
    """The `reason` of an error."""
    details = answer.json()["details"]
    return next((str(d["reason"]) for d in details if "reason" in d), "")


def violations(answer: httpx.Response) -> dict[str, str]:
    """The field violations of an error, by field."""
    details = answer.json()["details"]
    found: list[dict[str, str]] = next(
        (d["fieldViolations"] for d in details if "fieldViolations" in d), []
    )
    return {violation["field"]: violation["description"] for violation in found}
