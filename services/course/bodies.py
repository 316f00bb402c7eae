"""The texts of lessons as learners get them: what authors linked to is put in."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from stellr.course.v1 import course_internal_service_pb2 as pb

# What stands before an address, and after it: of the nearest ends the last counts where an address
# is known. So the time grows with the text alone, and not with how many are known.
_BEFORE, _AFTER = re.compile(r"[(<\"'=\s]"), re.compile(r"[)>\"'\s]")
MOST_ENDS = 16


class Link(NamedTuple):
    """A path in the place of `start` to before `end` of a text; `signed` if learners get it so."""

    start: int
    end: int
    path: str
    signed: bool


def links_of(links: Iterable[pb.BodyLink]) -> list[Link]:
    """The links of the contract, in the shape they are kept in."""
    return [Link(link.start, link.end, link.path, link.signed) for link in links]


def resolve(body: str, links: Sequence[Link], sign: Callable[[str], str]) -> str:
    """The text with its links; `sign` makes an address of a path that is to be signed."""
    return "".join(_pieces(body, links, sign)) if links else body


def _pieces(body: str, links: Sequence[Link], sign: Callable[[str], str]) -> Iterator[str]:
    at = 0
    for link in links:
        yield body[at : link.start]
        yield sign(link.path) if link.signed else link.path
        at = link.end
    yield body[at:]


def carry_over(old: str, links: Sequence[Link], new: str) -> list[Link]:
    """The links of a text that was rewritten: what they stood for in the old one leads to the same
    wherever it is written as an address in the new one."""
    known = {old[link.start : link.end]: link for link in links}
    lengths = {len(text) for text in known}
    ends = [found.start() for found in _AFTER.finditer(new)]
    carried: list[Link] = []
    for before in _BEFORE.finditer(new):
        start = before.end()
        if carried and start < carried[-1].end:
            continue
        first = bisect_right(ends, start)
        for end in reversed(ends[first : first + MOST_ENDS]):
            if end - start in lengths and new[start:end] in known:
                carried.append(known[new[start:end]]._replace(start=start, end=end))
                break
    return carried
