"""The embedded PostgreSQL: one data directory, one private socket directory, no TCP."""

import contextlib
import hashlib
import os
import pwd
import re
import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from edge.local import binaries
from edge.local.errors import StartError
from edge.local.processes import Owner, execute
from edge.local.state import State

SUPERUSER = "stellr"
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
# sockaddr_un holds 108 bytes with the closing zero (unix(7)); the file is .s.PGSQL.5432.
LONGEST_SOCKET_DIR = 107 - len("/.s.PGSQL.5432")
STATUS_LINE = 7
# Fixed by PostgreSQL, whatever the platform (PG_CONTROL_FILE_SIZE).
CONTROL_BYTES = 8192
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Postgres:
    """Where one server keeps its data and its socket, and as whom it runs (None: as we do)."""

    data: Path
    socket_dir: Path
    owner: Owner | None

    def url(self, database: str) -> str:
        """The address of a database, for libpq and SQLAlchemy's psycopg driver."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_dir), safe='')}"


def database_name(service: str) -> str:
    """The name of a service's database."""
    return f"stellr_{service}"


def make_postgres(state: State) -> Postgres:
    """Make the socket directory; as root, choose the user that PostgreSQL insists on.

    Raises StartError where no socket directory can be made, or the user has no account.
    """
    _user_name()
    owner = _unprivileged() if os.geteuid() == 0 else None
    server = Postgres(state.database, _socket_dir(state, owner), owner)
    if owner:
        _open_way(state.root)
        _open_way(binaries.postgres())
    return server


def needs_initdb(server: Postgres) -> bool:
    """Whether the data directory is still to be made.

    Raises StartError where something else stands in its place, or another version's data.
    """
    try:
        if not os.path.lexists(server.data) or not os.listdir(server.data):
            return True
        version = (server.data / "PG_VERSION").read_text(errors="replace").strip()
        if version != binaries.POSTGRES_MAJOR:
            raise StartError(
                f"The database directory {server.data} is of PostgreSQL {version[:20]!r}, "
                f"this is PostgreSQL {binaries.POSTGRES_MAJOR}."
            )
        whole = (server.data / "global" / "pg_control").stat().st_size == CONTROL_BYTES
    except OSError as error:
        reason = f"{error.filename}: {str(error.strerror).lower()}"
        raise StartError(f"The database directory {server.data} is broken: {reason}.") from error
    if not whole:
        raise StartError(f"The database directory {server.data} is broken: cut off pg_control.")
    return False


def initdb(server: Postgres) -> int:
    """Become initdb, which fills a directory beside the real one. Only inside a fork."""
    staging = _staging(server)
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    if server.owner:
        os.chown(staging, server.owner.uid, server.owner.gid)
    program = binaries.postgres("initdb")
    # Nothing to lose yet, so no sync; who may connect is decided in `grant_access`.
    options = "--no-sync --no-instructions --auth=reject --encoding=UTF8 --locale=C.UTF-8"
    options += f" --locale-provider=builtin --builtin-locale=C.UTF-8 --username={SUPERUSER}"
    argv = [str(program), "-D", str(staging), *options.split()]
    # SIGTERM lets it end the servers that it runs itself.
    execute(argv, _environ(), server.owner, signal.SIGTERM)


def finish_initdb(server: Postgres) -> None:
    """Move the new data directory into place, so that a killed first start leaves no broken one."""
    _staging(server).replace(server.data)


def grant_access(server: Postgres) -> None:
    """Let exactly the system user who started the stack in, as superuser, over the socket.

    The kernel vouches for the peer (peer authentication), so there is no password to keep.
    """
    user = _user_name()
    files = {"pg_hba.conf": "local all all peer map=stellr\n", "pg_ident.conf": ""}
    files["pg_ident.conf"] = f'stellr "{user}" {SUPERUSER}\n'
    for name, content in files.items():
        path = server.data / name
        path.write_text(content)
        if server.owner:
            os.chown(path, server.owner.uid, server.owner.gid)


def serve(server: Postgres, max_connections: int) -> int:
    """Become the server, in the foreground. Only inside a fork."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(server.socket_dir),
        "unix_socket_permissions": "0700",
        "max_connections": str(max_connections),
        "shared_buffers": "128MB",
        # Embedded: nobody replicates from here, so the log carries only what recovery needs.
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "512MB",
        "log_line_prefix": "%m [%p] %d ",
        # Details of an error quote rows: addresses, and what people wrote.
        "log_error_verbosity": "terse",
        "jit": "off",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    argv = [str(binaries.postgres()), "-D", str(server.data), *options]
    # SIGINT is PostgreSQL's fast shutdown: clients are cut off, nothing committed is lost.
    execute(argv, _environ(), server.owner, signal.SIGINT)


def is_ready(server: Postgres, pid: int) -> bool:
    """Whether the server with this pid accepts connections, by its own account."""
    lines = _pid_file(server)
    return len(lines) > STATUS_LINE and lines[0] == str(pid) and lines[STATUS_LINE] == "ready"


def clear_leftovers(server: Postgres) -> None:
    """Stop a server that a killed launcher left on this data, and remove a stale pid file.

    Only for the holder of the state's lock. Raises StartError if the old server does not stop.
    """
    lines = _pid_file(server)
    if not lines:
        return
    old = _old_server(server, lines[0])
    if old:
        _stop(old)
    # The pid may belong to another program by now, and PostgreSQL would then refuse to start.
    (server.data / "postmaster.pid").unlink(missing_ok=True)


def remove_socket_dir(server: Postgres) -> None:
    """Remove the socket directory once the server is gone."""
    shutil.rmtree(server.socket_dir, ignore_errors=True)


def _stop(old: psutil.Process) -> None:
    for number in (signal.SIGINT, signal.SIGQUIT):
        with contextlib.suppress(psutil.NoSuchProcess):
            old.send_signal(number)
        gone, _ = psutil.wait_procs([old], timeout=STOP_SECONDS)
        if gone:
            return
    raise StartError(f"An old PostgreSQL (pid {old.pid}) on this state does not stop.")


def _old_server(server: Postgres, pid: str) -> psutil.Process | None:
    try:
        process = psutil.Process(int(pid))
        mine = process.name() == "postgres" and str(server.data) in process.cmdline()
    except (ValueError, psutil.Error):
        return None
    return process if mine else None


def _pid_file(server: Postgres) -> list[str]:
    try:
        text = (server.data / "postmaster.pid").read_text()
    except (OSError, UnicodeDecodeError):
        return []
    return [line.strip() for line in text.splitlines()]


def _staging(server: Postgres) -> Path:
    return server.data.with_name(server.data.name + ".new")


def _environ() -> dict[str, str]:
    # PG* variables of the user's shell would change what the server does.
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError as error:
        raise StartError(
            f"PostgreSQL needs a user with a name: uid {os.geteuid()} has no account here."
        ) from error


def _unprivileged() -> Owner:
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise StartError("PostgreSQL does not run as root, and there is no user nobody.") from error
    return Owner(nobody.pw_uid, nobody.pw_gid)


def _socket_dir(state: State, owner: Owner | None) -> Path:
    # Not in XDG_RUNTIME_DIR, which goes away when its user logs out.
    name = "stellr-" + hashlib.sha256(str(state.root.resolve()).encode()).hexdigest()[:12]
    for path in (state.socket, Path(tempfile.gettempdir(), name), Path("/tmp", name)):  # noqa: S108  made 0700
        if takes_a_socket(path) and os.access(path.parent, os.W_OK):
            return _fresh(path, owner)
    raise StartError("No directory is short enough for PostgreSQL's socket: set TMPDIR to one.")


def takes_a_socket(path: Path) -> bool:
    """Whether a directory of this name may have PostgreSQL's socket."""
    # Commas would be several places to libpq and to PostgreSQL, and quotes have a meaning there.
    plain = PLAIN_PATH.fullmatch(str(path))
    return plain is not None and len(str(path)) <= LONGEST_SOCKET_DIR


def _fresh(path: Path, owner: Owner | None) -> Path:
    # Made anew: what stands there may be another user's trap.
    try:
        if path.exists():
            shutil.rmtree(path)
        path.mkdir(mode=0o700)
        if owner:
            os.chown(path, owner.uid, owner.gid)
    except OSError as error:
        raise StartError(
            f"The socket directory {path} cannot be made: {error.strerror}."
        ) from error
    return path


def _open_way(path: Path) -> None:
    # Only the right to pass through, which lists and reads nothing.
    for folder in path.resolve().parents:
        _allow(folder, 0o001)
    if path.is_dir():
        _allow(path, 0o001)


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)
