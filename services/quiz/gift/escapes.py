"""What a backslash means in GIFT, and where a sign stands that has none before it."""

from __future__ import annotations

import re

from services.quiz.gift.formulas import find_formulas

BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
TITLE_END = re.compile(r"\\.|(::)", re.DOTALL)
GENERAL_FEEDBACK = re.compile(r"\\.|(####)", re.DOTALL)
HASH = re.compile(r"\\.|(#)", re.DOTALL)
MARK = re.compile(r"\\.|([=~])", re.DOTALL)
ARROW = re.compile(r"\\.|(->)", re.DOTALL)

# `\n` is a line break, but not at the head of a command of LaTeX. Commands whose rest is a word
# (`\ni`, `\nmid`) are commands in formulas only.
COMMANDS = (
    "abla|atural|cong|earrow|eg|eq|ewcommand|ewline|geqq?|geqslant|gtr|[lL]eftarrow"
    "|[lL]eftrightarrow|leqq?|leqslant|obreak|oindent|olimits|olinebreak|onumber|opagebreak"
    "|ormalsize|ot|otin|preceq|[rR]ightarrow|shortmid|shortparallel|subseteqq?|succeq|supseteqq?"
    "|triangleleft|trianglelefteq|triangleright|trianglerighteq|[vV][dD]ash|warrow"
)
COMMANDS_IN_FORMULAS = "e|exists|i|less|mid|parallel|prec|sim|succ|u"


def _escape(commands: str) -> re.Pattern[str]:
    return re.compile(rf"\\([:{{}}=~#\\]|n(?!(?:{commands})(?![A-Za-z])))")


ESCAPE = _escape(COMMANDS)
ESCAPE_IN_FORMULA = _escape(f"{COMMANDS}|{COMMANDS_IN_FORMULAS}")


def find(sign: re.Pattern[str], text: str, begin: int = 0) -> int | None:
    """Return where group 1 of `sign` first stands unescaped, or None."""
    return next(iter(find_all(sign, text, begin)), None)


def find_all(sign: re.Pattern[str], text: str, begin: int = 0) -> list[int]:
    """Return where group 1 of `sign` stands unescaped."""
    positions = (match.start(1) for match in sign.finditer(text, begin))
    return [at for at in positions if at >= 0]


def unescape(text: str) -> str:
    """Undo the escapes; any other backslash stays."""
    parts, end = [], 0
    for begin, stop in find_formulas(text):
        parts += [_undo(ESCAPE, text[end:begin]), _undo(ESCAPE_IN_FORMULA, text[begin:stop])]
        end = stop
    return "".join([*parts, _undo(ESCAPE, text[end:])])


def _undo(escape: re.Pattern[str], text: str) -> str:
    return escape.sub(lambda match: "\n" if match[1] == "n" else match[1], text)
