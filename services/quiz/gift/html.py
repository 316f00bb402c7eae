"""Turning HTML into Markdown that is safe to show.

Source: OWASP, "Cross Site Scripting Prevention": a parser of HTML and a list of what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import nh3

from services.quiz.gift.escapes import unescape
from services.quiz.gift.html_writer import BLOCKS, MarkdownWriter, names
from services.quiz.gift.lines import MOODLE_FILE
from services.quiz.gift.markdown import keep_gaps

ALLOWED = nh3.ALLOWED_TAGS | BLOCKS
DROPPED = names("noscript script style template title")
EMBEDDED = names("applet audio canvas embed frame iframe math object svg video")
# Names that stand for a tag, and not for themselves, after a `<`.
OTHER_TAGS = names(
    "base basefont big blink body button datalist dialog font frameset head html input keygen"
    " label link marquee menu meta meter nobr noframes optgroup option output param picture"
    " progress select slot source textarea track xml"
)
TAGS = ALLOWED | DROPPED | EMBEDDED | OTHER_TAGS

TAG = re.compile(r"</?([A-Za-z][\w:-]*)")
LINK_OR_MEDIA = re.compile(rf"<(a(?=\s)|img\b|(?:{'|'.join(EMBEDDED)})\b)[^>]*", re.IGNORECASE)
ADDRESS = re.compile(r"""\s(?:src|href)\s*=\s*["']?\s*([^"'\s>]*)""", re.IGNORECASE)
# Scripts are dropped; they are no loss to learners.
TAKEN_OR_SCRIPT = re.compile(r"(?:https?|mailto|javascript|vbscript|data):|#|$", re.IGNORECASE)

CLEANER = nh3.Cleaner(
    tags=set(ALLOWED),
    clean_content_tags=set(DROPPED),
    attributes={"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}, "td": {"colspan"}},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)


def to_markdown(html: str) -> str:
    """Return Markdown without any HTML; ValueError for tags nested too deeply."""
    clean = CLEANER.clean(_keep_comparisons(html))
    try:
        first, line_end, rest = MarkdownWriter().convert(clean).strip().partition("\n")
        return keep_gaps(first) + line_end + rest
    except RecursionError:
        raise ValueError("the tags are nested too deeply") from None


def find_losses(written: str) -> Iterator[tuple[int, str]]:
    """What learners would miss without a word: where it stands in the GIFT text, and why."""
    for match in LINK_OR_MEDIA.finditer(written):
        reason = _loss(match[1].lower(), unescape(match[0]))
        if reason:
            yield match.start(), reason


def _loss(tag: str, written: str) -> str:
    found = ADDRESS.search(written)
    address = found[1] if found else ""
    if tag in EMBEDDED:
        return f"<{tag}> cannot be shown in a quiz: write text, LaTeX or a link instead"
    if MOODLE_FILE in address:
        return ""  # told for every format
    if tag == "img" and not re.match("https?:", address, re.IGNORECASE):
        return f'the picture "{address[:60]}" does not come with the quiz: give its https address'
    if tag == "a" and not TAKEN_OR_SCRIPT.match(address):
        return f'the link "{address[:60]}" leads nowhere from a quiz: give its https address'
    return ""


def _keep_comparisons(html: str) -> str:
    """Escape each `<` that begins no tag, as in `List<String>` or `a <b`."""
    html = TAG.sub(lambda match: match[0] if _is_tag(match[1]) else f"&lt;{match[0][1:]}", html)
    last = html.rfind("<")
    # A parser of HTML takes all that follows for the tag's attributes.
    return html if last <= html.rfind(">") else f"{html[:last]}&lt;{html[last + 1 :]}"


def _is_tag(name: str) -> bool:
    # Word and web components make names of their own, with a colon or a dash.
    return name.lower() in TAGS or ":" in name or "-" in name
