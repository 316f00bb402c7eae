"""The lines of a GIFT text: any line ends, no comments, nothing invisible."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.quiz.gift.defects import Defects

MAX_TEXT = 1_000_000

# Byte order marks, zero-width spaces and word joiners come along when text is copied. Joiners
# (U+200C, U+200D) and direction marks stay: words of many scripts are wrong without them.
INVISIBLE = str.maketrans(dict.fromkeys("\u200b\u2060\ufeff"))
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# GIFT itself knows no points; Moodle writes tags and ids of questions into comments like this.
POINTS = re.compile(r"\s*//\s*\[points:(\d{1,4})\]\s*$")
# Moodle writes this for a file of its own, which GIFT does not bring along.
MOODLE_FILE = "@@PLUGINFILE@@"


def read_lines(text: str, defects: Defects) -> Iterator[tuple[int, str]]:
    """Number the lines that are not comments, from 1; a comment that gives points is no comment."""
    if len(text) > MAX_TEXT:
        defects.add(1, f"the quiz is longer than {MAX_TEXT:,} characters")
        return
    text = text.translate(INVISIBLE).replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), start=1):
        _check_control(line, number, defects)
        if POINTS.match(line) or not line.lstrip().startswith("//"):
            _check_files(line, number, defects)
            yield number, line
        if defects.full:
            return


def _check_control(line: str, number: int, defects: Defects) -> None:
    if control := CONTROL.search(line):
        code = f"U+{ord(control[0]):04X}"
        defects.add(number, f"the control character {code} is not allowed")


def _check_files(line: str, number: int, defects: Defects) -> None:
    if MOODLE_FILE in line:
        reason = f"{MOODLE_FILE} stands for a file that stayed in Moodle: use its https address"
        defects.add(number, reason)
