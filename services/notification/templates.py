"""The words of every notification: a template and its data become subject, text and HTML.

Each language is a folder of templates/ with the same files; a missing one falls back to English. A
mail is written once, in paragraphs that blank lines separate, and becomes plain text and HTML.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from services.kit.pages import look
from services.notification.moments import moment
from services.notification.switches import CATEGORY
from stellr.notification.v1.notification_internal_service_pb2 import SendNotificationRequest

TEMPLATES: Mapping[str, type[Message]] = {
    field.name: GetMessageClass(field.message_type)
    for field in SendNotificationRequest.DESCRIPTOR.oneofs_by_name["template"].fields
    if field.message_type
}
"""What there are words for: the kinds of message by their names, which their files have too."""

CODE_MINUTES = 10
"""How long a verification code is said to be valid."""

_MAX_NAME = 120
_MAX_SUBJECT = 150
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_MAX_BRIEF = 300
# Letters of some scripts look otherwise without them.
_JOINERS = "\u200c\u200d"
_MAIL = ".j2"
_TEXT = ".sms.txt"
DIGEST = "digest"
"""The mail that holds several; nobody but notification sends it."""


class Rendered(NamedTuple):
    """A notification in words; the subject is one line."""

    subject: str
    text: str
    html: str
    language: str = "en"


class Brief(NamedTuple):
    """What a list or a device shows of a notification; `path` is where it leads in the academy.

    A list has room for the `whole`: paragraphs.
    """

    title: str
    body: str
    path: str
    whole: str = ""
    language: str = "en"


def to_json(template: Message) -> dict[str, Any]:
    """What a template was given, to be kept."""
    return MessageToDict(template)


def from_json(name: str, kept: dict[str, Any]) -> Message:
    """The template that was kept."""
    return ParseDict(kept, TEMPLATES[name](), ignore_unknown_fields=True)


def render(
    template: Message, *, name: str, locale: str, public_url: str, unsubscribe_url: str = ""
) -> Rendered:
    """The notification for a person called name, in the language of the locale or in English.

    public_url is the academy's address without a slash at its end.
    """
    kind = name_of(template)
    values = _values(template, _language(f"{kind}{_MAIL}", locale))
    values |= {"category": CATEGORY[kind], "unsubscribe_url": unsubscribe_url}
    return _render(kind, values, name=name, public_url=public_url)


def render_digest(
    items: Sequence[Brief],
    *,
    weekly: bool,
    name: str,
    locale: str,
    public_url: str,
    unsubscribe_url: str = "",
) -> Rendered:
    """Several notifications in one mail."""
    values: dict[str, Any] = {"language": _language(f"{DIGEST}{_MAIL}", locale), "weekly": weekly}
    values["items"] = [
        {"title": each.title, "words": each.body, "address": public_url + each.path}
        for each in items
    ]
    values |= {"category": DIGEST, "unsubscribe_url": unsubscribe_url}
    return _render(DIGEST, values, name=name, public_url=public_url)


def render_brief(template: Message, *, locale: str) -> Brief:
    """What a list or a device shows of a notification; LookupError for what neither ever does."""
    kind = name_of(template)
    language = _language(f"{kind}{_MAIL}", locale)
    found = _TEXT_WORDS.get_template(f"{language}/{kind}{_MAIL}")
    values = _values(template, language)
    if not has_brief(kind):
        raise LookupError(f"{kind} has no words for a list")
    body = _one_line(_block(found, "brief", values))
    whole = "\n\n".join(paragraphs(_block(found, "whole", values))) if _has_whole(found) else body
    return Brief(_subject(found, values), body[:_MAX_BRIEF], _path(values), whole, language)


def render_page(state: str, *, kind: str, token: str, locale: str) -> str:
    """The page that ends mails of a kind, as HTML: "ask", "done" or "unknown"."""
    language = _language(f"unsubscribe{_MAIL}", locale)
    page = _pages().get_template("unsubscribe.html")
    return page.render(state=state, kind=kind, token=token, language=language)


@cache
def _pages() -> Environment:
    return look.templates(Path(__file__).parent / "templates")


def _render(kind: str, values: dict[str, Any], *, name: str, public_url: str) -> Rendered:
    language = values["language"]
    values |= {"name": _one_line(name)[:_MAX_NAME], "public_url": public_url}
    text = _TEXT_WORDS.get_template(f"{language}/{kind}{_MAIL}")
    html = _HTML_WORDS.get_template(f"{language}/{kind}{_MAIL}")
    base = _TEXT_WORDS.get_template(f"{language}/base{_MAIL}")
    values["subject"] = _subject(text, values)
    values["unsubscribe"] = _block(base, "unsubscribe", values)
    plain = _TEXT_WORDS.get_template("layout.txt")
    page = _HTML_WORDS.get_template("layout.html")
    return Rendered(
        values["subject"],
        plain.render(values, parts=paragraphs(text.render(values))),
        page.render(values, parts=map(Markup, paragraphs(html.render(values)))),
        language,
    )


def _subject(template: Template, values: Mapping[str, Any]) -> str:
    return _one_line(_block(template, "subject", values))[:_MAX_SUBJECT]


def _block(template: Template, name: str, values: Mapping[str, Any]) -> str:
    return "".join(template.blocks[name](template.new_context(dict(values))))


def _has_whole(template: Template) -> bool:
    return "whole" in template.blocks


def _path(values: Mapping[str, Any]) -> str:
    return f"/verify/{quote(values['serial'], safe='')}" if "serial" in values else "/"


def has_text(template: str) -> bool:
    """Whether there are words for an SMS that says what the template does."""
    return template in _IN_TEXTS


def has_brief(template: str) -> bool:
    """Whether there are words for a list or a device that say what the template does."""
    return "brief" in _TEXT_WORDS.get_template(f"en/{template}{_MAIL}").blocks


def render_text(template: Message, *, locale: str) -> str:
    """What an SMS says, in one line, in the language of the locale or in English.

    In the alphabet of GSM 03.38 where the language allows it: 160 characters are one message then.
    """
    kind = name_of(template)
    language = _language(f"{kind}{_TEXT}", locale)
    words = _TEXT_WORDS.get_template(f"{language}/{kind}{_TEXT}")
    return _one_line(words.render(_values(template, language)))


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, which blank lines separate."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def name_of(template: Message) -> str:
    """The name of a template."""
    return next(name for name, kind in TEMPLATES.items() if isinstance(template, kind))


def _values(template: Message, language: str) -> dict[str, Any]:
    fields = template.DESCRIPTOR.fields_by_name
    given = {name: _plain(name, getattr(template, name), language) for name in fields}
    return given | {"language": language, "minutes": CODE_MINUTES}


def _plain(name: str, value: Any, language: str) -> str:
    if not isinstance(value, str):
        return moment(value.ToDatetime(tzinfo=UTC), language)
    if name != "body":
        return _one_line(value)
    return "\n".join(_one_line(line) for line in value.splitlines())


def is_blank(text: str) -> bool:
    """Whether nothing of it would be seen."""
    return not _one_line(text).strip(_JOINERS)


def _one_line(text: str) -> str:
    """No line ends (RFC 5322, 2.2: they would begin a header), no controls, no bidi overrides."""
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown = (
        " " if unicodedata.category(char) in hidden and char not in _JOINERS else char
        for char in text
    )
    return " ".join("".join(shown).split())


def _language(file: str, locale: str) -> str:
    """The language of the locale, if there are words in it; else English."""
    asked = _LANGUAGE.match(locale.lower())
    found = asked.group() if asked else ""
    return found if f"{found}/{file}" in _FILES else "en"


def _environment(*, html: bool) -> Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=PackageLoader("services.notification"),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["paragraphs"] = paragraphs
    # Each source becomes both: what differs are the macros.
    environment.globals["macros"] = "macros.html" if html else "macros.txt"
    if html:
        look.add_mails(environment)
    return environment


_TEXT_WORDS = _environment(html=False)
_HTML_WORDS = _environment(html=True)
_FILES = frozenset(_TEXT_WORDS.list_templates())
_IN_TEXTS = frozenset(name for name in TEMPLATES if f"en/{name}{_TEXT}" in _FILES)
