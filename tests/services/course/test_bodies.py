from __future__ import annotations

from time import thread_time

import pytest

from services.course.bodies import Link, carry_over


def linked(*written: str) -> tuple[str, list[Link]]:
    """A text with these addresses, and its links."""
    text, links = "", []
    for number, address in enumerate(written):
        start = len(text) + len("[a](")
        text += f"[a]({address}) "
        links.append(Link(start, start + len(address), f"/lessons/{number}", signed=False))
    return text, links


@pytest.mark.parametrize(
    ("address", "new"),
    [
        ("02.md", "See [two](02.md)."),
        ("02.md", '<a href="02.md">two</a>'),
        ("x_(1).png", "![a](x_(1).png)"),
        ("<my x.png>", "![a](<my x.png>)"),
        ("02.md#b", "[a](02.md#b 'title')"),
    ],
)
def test_an_address_that_is_still_there_leads_to_the_same(address: str, new: str) -> None:
    old, links = linked("02.md", address)
    (carried,) = carry_over(old, links, new)
    assert new[carried.start : carried.end] == address


@pytest.mark.parametrize("new", ["02.mdx (02.mdx)", "a02.md (a02.md)", "", "02.md"])
def test_what_is_no_address_is_no_link(new: str) -> None:
    assert carry_over(*linked("02.md"), new) == []


def test_many_addresses_take_no_time() -> None:
    """They had been tried one after the other at every place of the text."""
    old, links = linked(*(f"{'./' * (number % 2)}02.md#{number}" for number in range(10_000)))
    start = thread_time()
    assert len(carry_over(old, links, old)) == 10_000
    assert carry_over(old, links, " ." * 260_000) == []
    assert thread_time() - start < 2
