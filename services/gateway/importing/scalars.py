"""Texts in YAML, taken as they were written: what YAML would lose of them is told.

To YAML a space and `#` begin a comment, so `title: Learn C #1` is "Learn C" without a word.
(YAML 1.2.2, 6.6: comments; 7.3.3: plain scalars.)
"""

import re
from collections.abc import Iterator

from yaml.nodes import Node, ScalarNode, SequenceNode

from services.gateway.importing.defects import Report

TAG = "tag:yaml.org,2002:"
NULL = f"{TAG}null"
# A text without quotes stays a text, whatever type YAML sees in it.
TEXT_TAGS = {f"{TAG}{kind}" for kind in ("str", "int", "float", "bool", "timestamp")}
UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
COMMENTED = (
    'what follows "#" is a comment to YAML and would be lost: put the text in quotes,'
    " or the comment on a line of its own"
)
ESCAPED = "a tab or a line break: in double quotes a backslash begins an escape; use single quotes"


def line_of(node: Node) -> int:
    """Return the line of a node, counted from 1."""
    return node.start_mark.line + 1


def scalar_text(
    key: str,
    node: Node,
    maximum: int,
    report: Report,
    *,
    lines: bool = False,
    comment: bool = False,
) -> str:
    """Return the text of a node as it was written, so that `title: 2024` is "2024".

    `lines` keeps its line breaks; with `comment` one may follow it on its line. A text that is
    refused comes back empty, its defect told.
    """
    if not isinstance(node, ScalarNode) or node.tag not in TEXT_TAGS:
        report.add(line_of(node), f"{key}: expected a text")
        return ""
    text = node.value.strip() if lines else " ".join(node.value.split())
    if not text:
        report.add(line_of(node), f"{key}: the text is empty")
    elif len(text) > maximum:
        report.add(line_of(node), f"{key}: longer than {maximum:,} characters")
    elif UNSTORABLE.search(text):
        report.add(line_of(node), f"{key}: control characters are not allowed")
    elif node.style == '"' and not lines and re.search(r"[\t\n\r]", node.value):
        report.add(line_of(node), f"{key}: {ESCAPED}")
    elif not comment and trailing_comment(node):
        report.add(node.end_mark.line + 1, f"{key}: {COMMENTED}")
    else:
        return text
    return ""


def trailing_comment(node: Node) -> bool:
    """Whether a comment follows a scalar without quotes on its line."""
    if not isinstance(node, ScalarNode) or node.style is not None:
        return False
    return re.compile(r"[ \t]*#").match(_text_of(node), node.end_mark.pointer) is not None


def hidden_items(node: Node) -> Iterator[int]:
    """The lines on which a comment takes the place of items: `[C, #net`."""
    if not isinstance(node, SequenceNode) or not node.flow_style:
        return
    text, at = _text_of(node), node.start_mark.pointer
    starts = [item.start_mark.pointer for item in node.value]
    ends = [item.end_mark.pointer for item in node.value]
    for begin, end in zip([at, *ends], [*starts, node.end_mark.pointer], strict=True):
        for found in re.finditer(r"[\[,][ \t]*#", text[begin:end]):
            yield node.start_mark.line + 1 + text.count("\n", at, begin + found.start())


def _text_of(node: Node) -> str:
    """The whole text that the node stands in."""
    return str(node.start_mark.buffer)
