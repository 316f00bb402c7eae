"""Looks at the academy: its settings, its state, its databases, its mail server."""

from __future__ import annotations

import os
import smtplib
import ssl
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from edge import registry
from edge.config import checking
from edge.doctor.finding import Finding, bad, ok, warning
from edge.envoy.settings import door_settings
from edge.local.errors import StartError
from edge.local.running import NotRunning, find_running
from edge.local.state import State, is_locked
from services.kit.process.settings import database_setting, told_database_url

CONNECT_SECONDS = 5.0
OTHERS = stat.S_IRWXG | stat.S_IRWXO
SMTP, SMTPS = "smtp://", "smtps://"


def settings(environ: Mapping[str, str]) -> list[Finding]:
    """What is wrong with what is set."""
    wrong = [
        bad("settings", line, "See stellr config and .env.example.") for line in checking.problems()
    ]
    strange = [
        warning("settings", line, "Correct its name, or remove it from .env and the environment.")
        for line in checking.unknown(environ)
    ]
    return [*wrong, *strange] or [ok("settings", "all are valid")]


def state(root: Path) -> list[Finding]:
    """Whether the state is there, ours, and closed to others."""
    found = State(root.absolute())
    # Below a folder that is closed to this user Path.exists() raises.
    if not os.path.exists(found.root):
        parent = next(each for each in found.root.parents if os.path.exists(each))
        if os.access(parent, os.W_OK | os.X_OK):
            return [ok("state", f"{root} is made at the first start")]
        return [bad("state", f"{root} cannot be made", f"Let this user write to {parent}.")]
    if not os.access(found.root, os.W_OK | os.X_OK):
        mend = f"chown -R $USER {root}, or choose another: STELLR_STATE."
        return [bad("state", f"{root} cannot be written", mend)]
    return list(_open_to_others(found)) or [ok("state", f"{root}, closed to others")]


def _open_to_others(found: State) -> Iterator[Finding]:
    files = found.keys.glob("*") if found.keys.is_dir() else []
    private = (found.keys, found.logs, found.root / "outbox", found.root / "media")
    for path in (*private, *files):
        if path.exists() and path.stat().st_mode & OTHERS:
            mend = f"chmod go= {path}"
            yield bad("state", f"{path} is open to other users", mend)


def stack(root: Path) -> Finding:
    """Whether a stack runs on the state, and where."""
    try:
        found = find_running(root)
    except NotRunning as error:
        return ok("stack", str(error))
    return ok("stack", f"runs at {found.url} (pid {found.pid})")


def is_running(root: Path) -> bool:
    """Whether a stack runs on the state, whose ports are therefore taken."""
    with suppress(StartError):  # of another user, which `state` tells
        return is_locked(State(root.absolute()))
    return False


def tls_port() -> int:
    """Where the door is to speak TLS; 0 where it is not, or where that is told as wrong."""
    try:
        door = door_settings()
    except ValueError:
        return 0
    return door.tls_port if door.has_tls else 0


def databases(environ: Mapping[str, str]) -> list[Finding]:
    """Whether the databases that are set can be reached."""
    urls = {name: _database_url(name, environ) for name in map(database_setting, registry.SERVICES)}
    return [_database(name, url) for name, url in sorted(urls.items()) if url]


def _database_url(setting: str, environ: Mapping[str, str]) -> str:
    try:
        return told_database_url(setting, environ)
    except ValueError:
        # A wrong one is told among the settings.
        return ""


def _database(name: str, url: str) -> Finding:
    import psycopg  # noqa: PLC0415  heavy, and seldom needed

    try:
        with psycopg.connect(url, connect_timeout=int(CONNECT_SECONDS)) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        lines = str(error).strip().splitlines()
        return bad("database", f"{name}: {lines[0]}", "Check the URL, the server and its firewall.")
    return ok("database", f"{name}: PostgreSQL {version}")


def mail_server(environ: Mapping[str, str]) -> list[Finding]:
    """Whether the mail server that is set answers; nothing is sent, and nobody signs in."""
    from services.notification.smtp import Security  # noqa: PLC0415  as above
    from services.notification.smtp_url import smtp_mail  # noqa: PLC0415

    url = environ.get("STELLR_SMTP_URL", "")
    if not url:
        return [ok("mails", "go to the outbox: STELLR_SMTP_URL is not set")]
    try:
        server = smtp_mail(url)
    except ValueError:
        # Told among the settings.
        return []
    where = f"{server.host}:{server.port}"
    try:
        _greet(server.host, server.port, server.security is Security.TLS)
    except (OSError, smtplib.SMTPException) as error:
        mend = "Check STELLR_SMTP_URL, and that this machine may connect there."
        return [bad("mails", f"{where} does not answer: {error}", mend)]
    return [ok("mails", f"{where} answers")]


def _greet(host: str, port: int, tls: bool) -> None:
    if tls:
        context = ssl.create_default_context()
        with smtplib.SMTP_SSL(host, port, timeout=CONNECT_SECONDS, context=context) as peer:
            peer.ehlo()
    else:
        with smtplib.SMTP(host, port, timeout=CONNECT_SECONDS) as peer:
            peer.ehlo()
