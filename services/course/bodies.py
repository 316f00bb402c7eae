"""The texts of lessons as learners get them: what authors linked to is put in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from stellr.course.v1 import course_internal_service_pb2 as pb


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
    if not known:
        return []
    written = "|".join(re.escape(text) for text in sorted(known, key=len, reverse=True))
    found = re.finditer(rf"(?<=[(<\"'=\s])(?:{written})(?=[)>\"'\s])", new)
    return [known[each[0]]._replace(start=each.start(), end=each.end()) for each in found]
