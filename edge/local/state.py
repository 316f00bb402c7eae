"""The state directory: everything that one stack keeps."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from edge.local.errors import StartError

# Below the working directory.
DEFAULT_STATE = ".stellr"


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
    """Make the directory and what stands in it. Raises StartError if it cannot be written."""
    state = State(root.absolute())
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


def lock(state: State) -> int:
    """Take the state for this process; return the descriptor that holds it.

    Raises StartError with the pid of the holder if another stack runs on the same state.
    """
    try:
        descriptor = os.open(state.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StartError(f"{state.lock} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 20, 0).decode().strip() or "unknown"
        os.close(descriptor)
        raise StartError(f"Stellr is already running on {state.root} (pid {holder}).") from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def holder(state: State) -> int:
    """The pid of who holds the lock; 0 where nobody has written it there."""
    try:
        return int(state.lock.read_text().strip() or 0)
    except (OSError, ValueError):
        return 0


def is_locked(state: State) -> bool:
    """Whether a launcher holds this state now."""
    try:
        descriptor = os.open(state.lock, os.O_RDONLY)
    except OSError:
        return False
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
