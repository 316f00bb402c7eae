"""Writing a tree of clean HTML as Markdown."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from bs4.element import NavigableString, Tag
from markdownify import ATX, MarkdownConverter

from services.quiz.gift.markdown import escape, escape_line_starts


def names(text: str) -> frozenset[str]:
    """The names of tags in a text, which has a space between them."""
    return frozenset(text.split())


URL_CHARS = ":/?#[]@!$&'*+,;=%~"
SUPERSCRIPTS = dict(zip("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", strict=True))
SUBSCRIPTS = dict(zip("0123456789+-=()aeox", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓ", strict=True))
INLINE = names(
    "a abbr b bdi bdo cite code data del dfn em i ins kbd mark q s samp small span strike strong"
    " sub sup time tt u var"
)
# Blocks that Markdown does not know: each is a paragraph.
BLOCKS = names(
    "address aside center details dl dt dd fieldset figcaption figure footer form header hgroup"
    " legend main nav section summary"
)
LISTS = names("ol ul")
FLOW = BLOCKS | LISTS | names("[document] article blockquote div li")


class MarkdownWriter(MarkdownConverter):
    """markdownify with nothing left that could be taken for HTML or for other markup."""

    # The stubs of markdownify leave out what is there to be overridden: hence ignore[misc].

    def __init__(self) -> None:
        super().__init__(
            autolinks=False, bullets="-", heading_style=ATX, sub_symbol="", sup_symbol=""
        )

    def get_conv_fn(self, tag_name: str) -> Any:
        """What writes a tag."""
        name = "div" if tag_name in BLOCKS else {"tt": "code", "strike": "s"}.get(tag_name)
        return super().get_conv_fn(name or tag_name)  # type: ignore[misc]

    def process_text(self, el: NavigableString, parent_tags: set[str] | None = None) -> str:
        """A text on one line; only <pre> keeps its lines."""
        text: str = super().process_text(el, parent_tags)  # type: ignore[misc]
        tags = parent_tags or set()
        if "pre" in tags:
            return text
        text = re.sub(r"\s*\n\s*", " ", text)
        return escape_line_starts(text) if _begins_line(el) and "_noformat" not in tags else text

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """Escape what would be markup; in a link's text its end, too."""
        text = escape(text)
        return re.sub(r"(?<!\\)[\[\]]", r"\\\g<0>", text) if "a" in parent_tags else text

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A link whose address cannot end it."""
        el["href"] = _quoted(el.get("href"))
        return str(super().convert_a(el, text, parent_tags))  # type: ignore[misc]

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A picture, in tables and headings too."""
        alt = self.escape(" ".join(str(el.get("alt") or "").split()), {"a"})
        return f"![{alt}]({_quoted(el.get('src'))})"

    def convert_code(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Code on one line: a blank line would end it."""
        text = text if "_noformat" in parent_tags else " ".join(text.split())
        return str(super().convert_code(el, text, parent_tags))  # type: ignore[misc]

    convert_kbd = convert_samp = convert_code

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A block of code in a fence that is longer than any in it."""
        if not _keeps_lines(el):
            return self.convert_code(el, text, parent_tags)
        longest = max(map(len, re.findall(r"`{3,}", text)), default=2)
        fence, code = "`" * (longest + 1), text.strip("\r\n")
        return f"\n\n{fence}\n{code}\n{fence}\n\n" if code.strip() else ""

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A cell of a table that no text in it can end."""
        text = text.replace("|", r"\|")
        return str(super().convert_td(el, text, parent_tags))  # type: ignore[misc]

    convert_th = convert_td

    def convert_sup(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Raised text: x², or x^(text) where Unicode has no sign for it."""
        return _shifted(text, SUPERSCRIPTS, "^")

    def convert_sub(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Lowered text: H₂O, or a_(text) where Unicode has no sign for it."""
        return _shifted(text, SUBSCRIPTS, "_")


def _keeps_lines(el: Tag) -> bool:
    """Whether a text of several lines can stand there: in a list, say, but not in a link."""
    within = [parent.name for parent in el.parents]
    lists = [item.parent for item in el.parents if item.name == "li"]
    return FLOW.issuperset(within) and all(each and each.name in LISTS for each in lists)


def _begins_line(el: NavigableString) -> bool:
    before = el.previous_sibling
    if before is None:
        return el.parent is not None and el.parent.name not in INLINE
    return isinstance(before, Tag) and before.name not in INLINE and before.name != "img"


def _quoted(address: Any) -> str:
    return quote(str(address or ""), safe=URL_CHARS)


def _shifted(text: str, signs: dict[str, str], mark: str) -> str:
    inner = text.strip()
    if set(inner) <= signs.keys():
        return "".join(map(signs.__getitem__, inner))
    return f"{mark}({inner})"
