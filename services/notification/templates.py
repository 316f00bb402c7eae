"""The words of every notification: a template and its data become subject, text and HTML.

Each language is a folder of templates/ with the same files; a missing one falls back to English.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

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
_TEXT = ".sms.txt"
_BRIEF = ".brief.txt"


@dataclass(frozen=True)
class Rendered:
    """A notification in words; the subject is one line."""

    subject: str
    text: str
    html: str


def to_json(template: Message) -> dict[str, Any]:
    """What a template was given, to be kept."""
    return MessageToDict(template)


def from_json(name: str, kept: dict[str, Any]) -> Message:
    """The template that was kept."""
    return ParseDict(kept, TEMPLATES[name](), ignore_unknown_fields=True)


def render(template: Message, *, name: str, locale: str, public_url: str) -> Rendered:
    """The notification for a person called name, in the language of the locale or in English.

    public_url is the academy's address without a slash at its end.
    """
    values = _values(template)
    values |= {"name": _one_line(name)[:_MAX_NAME], "public_url": public_url.rstrip("/")}
    values |= {"minutes": CODE_MINUTES}
    text, html = (_find(f"{_name(template)}.{kind}", locale) for kind in ("txt", "html"))
    subject = _one_line("".join(text.blocks["subject"](text.new_context(values))))
    values |= {"subject": subject, "language": str(text.name).split("/")[0]}
    return Rendered(subject[:_MAX_SUBJECT], text.render(values), html.render(values))


def has_text(template: str) -> bool:
    """Whether there are words for an SMS that says what the template does."""
    return template in _IN_TEXTS


def render_text(template: Message, *, locale: str) -> str:
    """What an SMS says, in one line, in the language of the locale or in English.

    In the alphabet of GSM 03.38 where the language allows it: 160 characters are one message then.
    """
    words = _find(f"{_name(template)}{_TEXT}", locale)
    return _one_line(words.render(_values(template) | {"minutes": CODE_MINUTES}))


def has_brief(template: str) -> bool:
    """Whether there are few words that say what the template does."""
    return template in _IN_BRIEF


def brief_words(template: Message, *, locale: str, public_url: str) -> tuple[str, str, str, str]:
    """Title, text, link and language of a message in few words: the title is that of the mail.

    public_url is the academy's address without a slash at its end.
    """
    values = _values(template) | {"public_url": public_url}
    brief, mail = (_find(f"{_name(template)}{kind}", locale) for kind in (_BRIEF, ".txt"))
    title, text, link = (
        "".join(words.blocks[block](words.new_context(values)))
        for words, block in ((mail, "subject"), (brief, "text"), (brief, "link"))
    )
    shown = "\n\n".join(paragraphs(text))
    return _one_line(title)[:_MAX_SUBJECT], shown, link.strip(), str(brief.name).split("/")[0]


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, which blank lines separate."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def _name(template: Message) -> str:
    return next(name for name, kind in TEMPLATES.items() if isinstance(template, kind))


def _values(template: Message) -> dict[str, object]:
    fields = template.DESCRIPTOR.fields_by_name
    return {name: _plain(name, getattr(template, name)) for name in fields}


def _plain(name: str, value: Any) -> str:
    if not isinstance(value, str):
        return _moment(value.ToDatetime(tzinfo=UTC))
    if name != "body":
        return _one_line(value)
    return "\n".join(_one_line(line) for line in value.splitlines())


def _moment(time: datetime) -> str:
    return f"{time.day} {time:%B %Y, %H:%M} UTC"


def _one_line(text: str) -> str:
    """No line ends (RFC 5322, 2.2: they would begin a header), no controls, no bidi overrides."""
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown = (
        " " if unicodedata.category(char) in hidden and char not in "\u200c\u200d" else char
        for char in text
    )
    return " ".join("".join(shown).split())


def _find(file: str, locale: str) -> Template:
    language = _LANGUAGE.match(locale.lower())
    folders = [language.group()] if language else []
    return _ENVIRONMENT.select_template([f"{folder}/{file}" for folder in (*folders, "en")])


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("services.notification"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["paragraphs"] = paragraphs
    return environment


_ENVIRONMENT = _environment()
_IN_BRIEF = frozenset(
    name for name in TEMPLATES if f"en/{name}{_BRIEF}" in _ENVIRONMENT.list_templates()
)
_IN_TEXTS = frozenset(
    name for name in TEMPLATES if f"en/{name}{_TEXT}" in _ENVIRONMENT.list_templates()
)
