"""Who asks: nobody, whoever an access token is of, or the learner who signed in on this machine.

An access token is good for some 15 minutes, an assistant's session lasts for hours. So signing in
keeps the refresh token in a file of the learner's own, one for each academy. Each use changes it,
and a second use of the same one ends the session; so who uses it holds a lock on the file, and all
assistants of a learner go by what it says.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from edge.assistants.door import Door
from edge.assistants.errors import AcademyError
from edge.local.state import write_private

# A token is not used within its last seconds: it could expire on the way.
MARGIN_SECONDS = 30
UNAUTHENTICATED = 401
VARIABLE = "STELLR_TOKEN"


class Session(Protocol):
    """Who asks."""

    def token(self) -> str:
        """An access token; empty where nobody is signed in."""

    def renew(self, refused: str) -> str:
        """Another one in the place of one that was refused; empty where there is none."""

    def advice(self) -> str:
        """What the person can do where signing in is asked for: a sentence."""


@dataclass(frozen=True)
class GivenToken:
    """An access token from the environment, which nothing here can renew."""

    value: str = field(repr=False)

    def token(self) -> str:
        """As given."""
        return self.value

    def renew(self, refused: str) -> str:
        """None."""
        return ""

    def advice(self) -> str:
        """Where it came from."""
        return f"The access token in {VARIABLE} is not good, or not any more. Set another one."


@dataclass(frozen=True)
class Tokens:
    """What is kept of a session. `expire_time` is the access token's, in seconds of Unix time."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expire_time: float
    name: str

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Tokens:
        """Those of a session as the academy answers with. AcademyError where it is none."""
        try:
            return cls(
                access_token=answer["accessToken"],
                refresh_token=answer["refreshToken"],
                expire_time=time.time() + answer["expiresIn"],
                name=answer["user"]["displayName"],
            )
        except (KeyError, TypeError) as error:
            raise AcademyError("The answer is no session. Is an academy there?") from error

    @property
    def fresh(self) -> bool:
        """Whether the access token is good for a while."""
        return time.time() < self.expire_time - MARGIN_SECONDS


class KeptSession:
    """The session of the learner who signed in at an academy on this machine, if anybody did."""

    def __init__(self, door: Door, folder: Path) -> None:
        """`folder` is the learner's own; the file in it has the name of the academy."""
        self._door = door
        self._path = folder / f"{quote(door.url, safe='')}.json"

    def read(self) -> Tokens | None:
        """What is kept; None where nobody is signed in. AcademyError where it cannot be read."""
        try:
            return Tokens(**json.loads(self._path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise AcademyError(f"{self._path} cannot be read. {self.advice()}") from error

    def keep(self, session: Mapping[str, Any]) -> Tokens:
        """Keep a session that the academy answered with, in the place of any before."""
        with self._locked():
            return self._write(session)

    def token(self) -> str:
        """An access token that is good for a while, renewed where need be; or empty."""
        kept = self.read()
        if kept is None or kept.fresh:
            return kept.access_token if kept else ""
        return self.renew(kept.access_token)

    def renew(self, refused: str) -> str:
        """Another access token, unless somebody else has renewed it meanwhile; or empty.

        AcademyError where the session has ended, which is then forgotten.
        """
        with self._locked():
            kept = self.read()
            if kept is None or kept.access_token != refused:
                return kept.access_token if kept else ""
            return self._refresh(kept).access_token

    def end(self) -> bool:
        """Sign out, and forget the session whatever becomes of that; whether there was one.

        AcademyError where the academy does not say that it ended.
        """
        with self._locked():
            kept = self.read()
            if kept is None:
                return False
            try:
                current = kept if kept.fresh else self._refresh(kept)
                answer = self._door.send("POST", "/logout", token=current.access_token, body={})
            finally:
                self._path.unlink(missing_ok=True)
        if not answer.ok and answer.status != UNAUTHENTICATED:
            raise AcademyError(answer.refusal)
        return True

    def advice(self) -> str:
        """How to sign in."""
        return f"To sign in, run: stellr mcp login --url {self._door.url}"

    def _refresh(self, kept: Tokens) -> Tokens:
        body = {"refreshToken": kept.refresh_token}
        answer = self._door.send("POST", "/token/refresh", body=body)
        if answer.ok:
            return self._write(answer.json)
        if answer.status == UNAUTHENTICATED:
            self._path.unlink(missing_ok=True)
            raise AcademyError(f"The session has ended. {self.advice()}")
        raise AcademyError(answer.refusal)

    def _write(self, session: Mapping[str, Any]) -> Tokens:
        tokens = Tokens.of(session)
        write_private(self._path, json.dumps(asdict(tokens)).encode())
        return tokens

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the file, against other threads and other processes."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
            finally:
                os.close(lock)
        except OSError as error:
            raise AcademyError(f"{error.filename or self._path}: {error.strerror}.") from error


def given_token() -> GivenToken | None:
    """The access token of the environment, if there is one. AcademyError where it can be none."""
    value = os.environ.get(VARIABLE, "").strip()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise AcademyError(f"{VARIABLE} is no access token.")
    return GivenToken(value) if value else None


def folder() -> Path:
    """Where sessions are kept. Not by XDG_CONFIG_HOME: assistants hand on HOME and little else."""
    return Path.home() / ".config" / "stellr" / "sessions"
