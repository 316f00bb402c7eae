from time import process_time, thread_time

import pytest

from services.gateway.importing.markdown import TooInvolved
from services.gateway.importing.references import Reference, references


def found(body: str) -> list[tuple[int, str, bool, str]]:
    """Of each reference the line, the target, whether it is a picture, and what stands there."""
    return [
        (each.line, each.target, each.is_picture, body[each.start : each.end])
        for each in references(body)
    ]


@pytest.mark.parametrize(
    ("body", "target", "written"),
    [
        ("![a](x.png)", "x.png", "x.png"),
        ('![a]( x.png "A title" )', "x.png", "x.png"),
        ("![a](<my x.png> 'title')", "my x.png", "<my x.png>"),
        ("![a](my%20x.png)", "my%20x.png", "my%20x.png"),
        (r"![a](x\_\(1\).png)", "x_(1).png", r"x\_\(1\).png"),
        ("![a](x_(1).png)", "x_(1).png", "x_(1).png"),
        ("![a](a&amp;b.png)", "a&b.png", "a&amp;b.png"),
        ("![a\nb](\nx.png)", "x.png", "x.png"),
        ("# A ![a](x.png) #", "x.png", "x.png"),
        ("A ![a](x.png)\n===", "x.png", "x.png"),
        ("> > ![a](x.png)\nlazy", "x.png", "x.png"),
        ("- a\n\n  1. ![a](x.png)", "x.png", "x.png"),
        ("-\ta\n\n\tb ![a](x.png)", "x.png", "x.png"),
        ("**b *![a](x.png)* b**", "x.png", "x.png"),
        ("![星空](星.png)", "星.png", "星.png"),
        ("![a](x.png){width=50%}", "x.png", "x.png"),
        ("![a][b]\n\n[b]: x.png", "x.png", "x.png"),
        ('![a][B]\n\n> [b]:\n> <x y.png>\n> "t"', "x y.png", "<x y.png>"),
        ("![b]\n\n[b]: x.png 'title'", "x.png", "x.png"),
        ('<img alt="a" src="x.png">', "x.png", "x.png"),
        ("a <IMG\nSRC = 'a&amp;b.png' /> b", "a&b.png", "a&amp;b.png"),
        ('<p>\n  <img\n    src="x.png">\n</p>', "x.png", "x.png"),
        ('> <div><img src="x.png"></div>', "x.png", "x.png"),
        ('<video poster="x.png"></video>', "x.png", "x.png"),
    ],
)
def test_a_picture_is_found_where_it_stands(body: str, target: str, written: str) -> None:
    ((_, *rest),) = found(body)
    assert rest == [target, True, written]


@pytest.mark.parametrize(
    ("body", "target", "written"),
    [
        ("[a](02.md#two)", "02.md#two", "02.md#two"),
        ("[a][b]\n\n[b]: 02.md", "02.md", "02.md"),
        ("[unused]: 02.md", "02.md", "02.md"),
        ('<a href="02.md">a</a>', "02.md", "02.md"),
        ('<audio src="a.mp3"></audio>', "a.mp3", "a.mp3"),
        ('<object data="a.bin"></object>', "a.bin", "a.bin"),
    ],
)
def test_a_link_is_found_where_it_stands(body: str, target: str, written: str) -> None:
    ((_, *rest),) = found(body)
    assert rest == [target, False, written]


@pytest.mark.parametrize(
    "body",
    [
        "`![a](x.png)`",
        "```\n![a](x.png)\n```",
        "    ![a](x.png)",
        r"\![a]\(x.png)",
        '<!-- <img src="x.png"> -->',
        '<!--\n<img src="x.png">\n-->',
        "&lt;img src='x.png'&gt;",
        "![a] (x.png)",
        "[a]()",
        "[^1]",
        "a](b.png)",
    ],
)
def test_what_markdown_does_not_take_for_one_is_none(body: str) -> None:
    assert [target for _, target, _, _ in found(body) if target] == []


def test_all_are_told_in_order_with_their_lines() -> None:
    body = """\
# One ![a](x.png) and ![a](x.png)

> quoted [n ![in](i.png) ner](o.md)
> - item `![no](c.png)` <img src='h.png'>

[d]: d.png
"""
    places = found(body)
    assert [(line, target) for line, target, _, _ in places] == [
        (1, "x.png"),
        (1, "x.png"),
        (3, "i.png"),
        (3, "o.md"),
        (4, "h.png"),
        (6, "d.png"),
    ]
    assert all(written == target for _, target, _, written in places)
    assert len({each.start for each in references(body)}) == len(places)


@pytest.mark.parametrize(
    ("body", "target", "reason"),
    [
        ("see ![a](my x.png) there", "my x.png", "a space ends an address"),
        ("[a](my notes.md)", "my notes.md", "a space ends an address"),
        ("<img src=x.png>", "x.png", "in quotes"),
        ('<img srcset="x.png 1x, y.png 2x">', "x.png 1x, y.png 2x", "srcset"),
    ],
)
def test_what_cannot_be_replaced_says_why(body: str, target: str, reason: str) -> None:
    (reference,) = references(body)
    assert reference.target == target
    assert reason in reference.defect


def test_a_text_without_any_has_none() -> None:
    assert references("") == []
    assert references("Just words, [brackets] and (parentheses).") == []


@pytest.mark.parametrize(
    "piece",
    ["[", "![a](", "[a](b", "<img ", "*a ", "`", "> ", "[a](x.png)\n", "<a href=", "[a]: x\n"],
)
def test_hostile_texts_take_bounded_time(piece: str) -> None:
    start = process_time()
    found_: list[Reference] = references(piece * (100_000 // len(piece)))
    assert len(found_) <= 100_000
    assert process_time() - start < 20


@pytest.mark.parametrize("body", ["a <a {}>", "<div {}>\n", "<div>\n<a {}>\n"])
def test_a_long_name_of_an_attribute_takes_no_time(body: str) -> None:
    start = process_time()
    assert references(body.format("x" * 300_000)) == []
    assert process_time() - start < 1


@pytest.mark.parametrize("piece", ["[", "![", "*_", "[*a](b", "[a]: b\n", "> a\n\n"])
def test_no_text_is_read_for_longer_than_it_may(piece: str) -> None:
    start = thread_time()
    with pytest.raises(TooInvolved):
        references(piece * (1_000_000 // len(piece)), 0.3)
    assert thread_time() - start < 1.5
