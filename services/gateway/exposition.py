"""Several Prometheus expositions made one (text format 0.0.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Family:
    """A metric family: its HELP and TYPE lines by keyword, and its samples."""

    comments: dict[str, str] = field(default_factory=dict)
    # As keys, so that the same line twice is there once.
    samples: dict[str, None] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """The family as it is written."""
        yield from (self.comments[word] for word in ("HELP", "TYPE") if word in self.comments)
        yield from self.samples


def merge(expositions: Iterable[str]) -> str:
    """All samples, each family in one piece with one HELP and one TYPE, as the format demands.

    A family that has no samples yet is told too: what it is called is known from the start.
    """
    families: dict[str, Family] = {}
    for exposition in expositions:
        _add(families, exposition)
    lines = [line for family in families.values() for line in family.lines()]
    return "".join(f"{line}\n" for line in lines)


def _add(families: dict[str, Family], exposition: str) -> None:
    # Samples follow the comments of their family; only these name it, as a sample may end in
    # _bucket, _sum or _count.
    family = Family()
    for line in exposition.splitlines():
        if line.startswith(("# HELP ", "# TYPE ")):
            _, word, name, *_ = line.split(" ", 3)
            family = families.setdefault(name, Family())
            family.comments.setdefault(word, line)
        elif line and not line.startswith("#"):
            family.samples[line] = None


def up(answered: Mapping[str, Sequence[bool]]) -> str:
    """Which parts answered, and how many processes of each, by those that were asked."""
    gauges: dict[tuple[str, str], Callable[[Sequence[bool]], int]] = {
        ("stellr_up", "Whether the part answered."): any,
        ("stellr_processes", "Processes that were asked."): len,
        ("stellr_processes_up", "Processes that answered."): sum,
    }
    lines = []
    for (name, text), value in gauges.items():
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
        for part, answers in answered.items():
            lines.append(f'{name}{{service="{part}"}} {int(value(answers))}')
    return "".join(f"{line}\n" for line in lines)
