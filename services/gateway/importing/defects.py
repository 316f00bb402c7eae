"""What is wrong with a course bundle, told with file and line."""

from collections.abc import Sequence
from dataclasses import dataclass, field

# Beyond this nobody reads on, and a hostile bundle must not grow an answer without end.
MAX_DEFECTS = 500


@dataclass(frozen=True, slots=True, order=True)
class Defect:
    """What is wrong in a bundle: `file` is a path in it, `line` counts from 1, or is 0 for all."""

    file: str
    line: int
    reason: str


class BundleError(ValueError):
    """The bundle cannot be used; `defects` holds every reason."""

    def __init__(self, defects: Sequence[Defect]) -> None:
        super().__init__("; ".join(f"{each.file}:{each.line}: {each.reason}" for each in defects))
        self.defects = list(defects)


@dataclass(slots=True)
class Report:
    """Collects what is wrong in one file; `offset` is the number of lines before what is read.

    A bundle with `defects` is refused; `warnings` are told and hold nothing up.
    """

    file: str
    defects: list[Defect] = field(default_factory=list)
    warnings: list[Defect] = field(default_factory=list)
    offset: int = 0

    def add(self, line: int, reason: str) -> None:
        """Note that `line` (counted from 1 inside the part that is read) is wrong."""
        if len(self.defects) < MAX_DEFECTS:
            self.defects.append(Defect(self.file, self.offset + line, reason))

    def warn(self, line: int, reason: str) -> None:
        """Note that an author should look at `line`, counted as by `add`; 0 for the whole file."""
        if len(self.warnings) < MAX_DEFECTS:
            self.warnings.append(Defect(self.file, self.offset + line, reason))

    def on(self, file: str, offset: int = 0) -> "Report":
        """Return a report on another file, or part of one, that adds to the same list."""
        return Report(file, self.defects, self.warnings, offset)
