"""The files of a bundle: found below its root only, and never larger than they may be."""

import stat
from pathlib import Path, PurePosixPath

from services.kit.data.file_types import FILMS, HEAD_BYTES, PDF, type_of

COURSE_FILE = "course.yaml"
LESSONS, QUIZZES, FILES = "lessons", "quizzes", "files"
# All texts of a bundle are in memory at once.
MAX_TEXT_BYTES = 32_000_000
MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_FILM_BYTES = 500 * 1024 * 1024


class FileError(Exception):
    """A file cannot be used; the message says why."""


class BundleFiles:
    """Reads the files of the bundle at `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._text_bytes = 0

    def locate(self, file: str) -> Path:
        """The regular file that `file` names inside the bundle, links followed; FileError."""
        try:
            path = (self._root / file).resolve()
            if not path.is_relative_to(self._root):
                raise FileError(f'"{file}" leads out of the bundle')
            # is_file() hides what else went wrong, from Python 3.14 on.
            if not stat.S_ISREG(path.stat().st_mode):
                raise FileError(f'the file "{file}" is missing')
        except (FileNotFoundError, NotADirectoryError) as error:
            raise FileError(f'the file "{file}" is missing') from error
        # RuntimeError: links in a circle. ValueError: a NUL character.
        except (OSError, RuntimeError, ValueError) as error:
            raise FileError(f'the file "{file}" cannot be reached') from error
        return path

    def text(self, file: str, max_bytes: int) -> str:
        """The UTF-8 text of a file, without byte order mark, its lines ended by LF; FileError."""
        content = _head(file, self.locate(file), max_bytes + 1)
        if len(content) > max_bytes:
            raise FileError(f'the file "{file}" is larger than {max_bytes:,} bytes')
        self._text_bytes += len(content)
        if self._text_bytes > MAX_TEXT_BYTES:
            raise FileError(f"the texts of the course are larger than {MAX_TEXT_BYTES:,} bytes")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise FileError(f'the file "{file}" is not UTF-8 text (line {line})') from error
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def has(self, file: str) -> bool:
        """Whether there is such a file in the bundle."""
        try:
            return self.locate(file).is_file()
        except FileError:
            return False

    def media_type(self, file: str) -> str:
        """What a file of the bundle is, by its first bytes; FileError where it cannot be used."""
        path = self.locate(file)
        head = _head(file, path, HEAD_BYTES)
        if not head:
            raise FileError(f'the file "{file}" is empty')
        found = type_of(head)
        most = MAX_FILM_BYTES if found in FILMS else MAX_FILE_BYTES
        if path.stat().st_size > most:
            raise FileError(f'the file "{file}" is larger than {most // 1024**2} MB')
        return found

    def pdf(self, file: str) -> Path:
        """A PDF of the bundle; FileError."""
        if self.media_type(file) != PDF:
            raise FileError(f'the file "{file}" is not a PDF: it does not begin with %PDF-')
        return self.locate(file)

    def film(self, file: str, media_type: str) -> Path:
        """A film of the bundle, of this type; FileError."""
        if self.media_type(file) != media_type:
            raise FileError(f'the file "{file}" is no {media_type}, by its first bytes')
        return self.locate(file)


def in_folder(written: str, folder: str, *endings: str) -> str:
    """The path that an author wrote, normal; FileError unless it lies in `folder`."""
    path = PurePosixPath(written)
    if path.is_absolute() or ".." in path.parts or "\\" in written:
        raise FileError(f'"{path}" leads out of the bundle')
    if path.parts[:1] != (folder,) or path.suffix.lower() not in endings:
        raise FileError(f'"{path}" must lie in {folder}/ and end in {" or ".join(endings)}')
    return str(path)


def _head(file: str, path: Path, size: int) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except OSError as error:
        raise FileError(f'the file "{file}" cannot be read') from error
