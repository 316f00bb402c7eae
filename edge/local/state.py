"""The state directory: everything that one stack keeps."""

import contextlib
import fcntl
import os
import pwd
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.local.errors import StartError

# Below the working directory.
DEFAULT_STATE = ".stellr"
# What a state is held for.
UP, BACKUP, RESTORE = "up", "backup", "restore"
LOCK_TRIES, LOCK_SECONDS = 6, 0.01


@dataclass(frozen=True)
class State:
    """The paths below one state directory."""

    root: Path

    @property
    def logs(self) -> Path:
        """One log for each part."""
        return self.root / "logs"

    @property
    def keys(self) -> Path:
        """Private keys, readable by their owner only."""
        return self.root / "keys"

    @property
    def openid_login_key(self) -> Path:
        """By which people sign in at the local OpenID provider."""
        return self.keys / "openid-login"

    @property
    def openid_port(self) -> Path:
        """Where the local OpenID provider first listened."""
        return self.root / "openid-port"

    @property
    def database(self) -> Path:
        """PostgreSQL's data directory."""
        return self.root / "pg"

    @property
    def socket(self) -> Path:
        """The directory of PostgreSQL's socket."""
        return self.root / "socket"

    @property
    def envoy(self) -> Path:
        """What Envoy reads."""
        return self.root / "envoy"

    @property
    def run_file(self) -> Path:
        """The parts of the running stack."""
        return self.root / "run.json"

    @property
    def demo_loaded(self) -> Path:
        """Exists once the demo course was loaded."""
        return self.root / "demo-loaded"

    @property
    def demo_login(self) -> Path:
        """What the demo learner signs in with, once there is one."""
        return self.root / "demo-login"

    @property
    def lock(self) -> Path:
        """Held by the launcher as long as it lives."""
        return self.root / "lock"

    def log(self, part: str) -> Path:
        """The log of one part."""
        return self.logs / f"{part}.log"


def open_state(root: Path) -> State:
    """Make the directory and what stands in it.

    Raises StartError if it cannot be written, or is another user's.
    """
    state = State(root.absolute())
    check_owner(state)
    try:
        state.root.mkdir(mode=0o711, parents=True, exist_ok=True)
        for private in (state.logs, state.keys, state.envoy):
            private.mkdir(mode=0o700, exist_ok=True)
        if not os.access(state.root, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StartError(f"The state directory {root} cannot be written: {reason}.") from error
    return state


def check_owner(state: State) -> None:
    """StartError where a state is another user's.

    What root writes there its owner could not even read any more.
    """
    try:
        # Made by whoever was the first; the directory itself may be made by others, as a volume is.
        owner = state.keys.stat().st_uid
    except OSError:
        # None is there, or nobody but its owner sees it: then it cannot be written either.
        return
    if owner != os.geteuid():
        name = _user_name(owner)
        raise StartError(f"The state {state.root} is {name}'s: run this as {name}.")


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def lock(state: State, work: str = UP) -> int:
    """Take the state for this process and its work; return the descriptor that holds it.

    What a killed launcher told of itself is removed. Raises StartError with the work and the pid of
    the holder where the state is taken, or if it is another user's.
    """
    check_owner(state)
    try:
        descriptor = os.open(state.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StartError(f"{state.lock} cannot be opened: {error.strerror}.") from error
    if not _take(descriptor):
        os.close(descriptor)
        raise StartError(f"{busy(state)}.")
    state.run_file.unlink(missing_ok=True)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()} {work}".encode(), 0)
    return descriptor


def _take(descriptor: int) -> bool:
    # Whoever looks (`is_locked`) has it for an instant.
    for _ in range(LOCK_TRIES):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(LOCK_SECONDS)
    return False


@contextlib.contextmanager
def locked(state: State, work: str) -> Iterator[int]:
    """As `lock`, for as long as the context lasts."""
    descriptor = lock(state, work)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Holder:
    """Who holds a state: its pid, 0 where nobody has written it there, and its work."""

    pid: int = 0
    work: str = UP


def holder(state: State) -> Holder:
    """Who holds the lock, or held it last."""
    try:
        pid, _, work = state.lock.read_text().partition(" ")
        return Holder(int(pid), work or UP)
    except (OSError, ValueError):
        return Holder()


def busy(state: State) -> str:
    """What the holder of a state does, without a full stop."""
    found = holder(state)
    pid = f"(pid {found.pid or 'unknown'})"
    if found.work == UP:
        return f"Stellr is already running on {state.root} {pid}"
    return f"A {found.work} of {state.root} is under way {pid}"


def is_locked(state: State) -> bool:
    """Whether anybody holds this state now. Raises StartError where that cannot be seen."""
    try:
        descriptor = os.open(state.lock, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise StartError(
            f"Whether Stellr runs on {state.root} cannot be seen: {error.strerror}."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def write_private(path: Path, content: bytes) -> None:
    """Put a file readable by its owner only under its name, whole or not at all.

    It is on the disk before it has its name, and its name is before this returns: a machine that
    loses power finds no empty key.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the disk know the names in a folder (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
