"""Reading the quiz of a lesson: a GIFT file by its name, or with its title and rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from yaml.nodes import MappingNode

from services.gateway.importing.fields import Fields
from services.gateway.importing.files import QUIZZES, BundleFiles, FileError, in_folder
from services.gateway.importing.sources import QuizSource
from services.kit.rpc.bounds import largest, longest, most
from stellr.quiz.v1.quiz_internal_service_pb2 import ImportQuiz, QuizSettings

MAX_QUIZ_BYTES = largest(ImportQuiz, "gift")
SETTINGS = QuizSettings.DESCRIPTOR.fields_by_name
KEYS = ("file", *SETTINGS)


def read_quiz(fields: Fields, files: BundleFiles) -> QuizSource | None:
    """The quiz of a lesson's front matter, None where it has none or a defect is told."""
    node = fields.nodes.get("quiz")
    if not isinstance(node, MappingNode):
        written = fields.text("quiz", 200, comment=True)
        return _source(fields, "quiz", written, QuizSettings(), files)
    entry = Fields(node, KEYS, fields.report)
    settings = _settings(entry)
    written = entry.text("file", 200, required=True, comment=True)
    return _source(entry, "file", written, settings, files)


def settings_facts(settings: QuizSettings) -> Iterator[tuple[str, Any]]:
    """What settings say, as `read_quiz` reads it."""
    for field, value in settings.ListFields():
        words = _words(field.enum_type) if field.enum_type else {}
        yield field.name, next((word for word, each in words.items() if each == value), value)


def _source(
    fields: Fields, key: str, written: str, settings: QuizSettings, files: BundleFiles
) -> QuizSource | None:
    if not written:
        return None
    try:
        file = in_folder(written, QUIZZES, ".gift")
        text = files.text(file, MAX_QUIZ_BYTES)
    except FileError as error:
        fields.add(key, str(error))
        return None
    line = fields.report.offset + fields.line_at("draw_count")
    return QuizSource(file, text, settings, line)


def _settings(entry: Fields) -> QuizSettings:
    """What is written; the keys are those of the contract, and so are their bounds."""
    settings = QuizSettings()
    for name, field in SETTINGS.items():
        value = _value(entry, name, field)
        if value is not None:
            setattr(settings, name, value)
    return settings


def _value(entry: Fields, name: str, field: FieldDescriptor) -> Any:
    """The value of a key, None where there is none."""
    if field.enum_type:
        words = _words(field.enum_type)
        return words.get(entry.word(name, list(words)))
    if field.type == FieldDescriptor.TYPE_STRING:
        return entry.text(name, longest(QuizSettings, name)) or None
    if field.type == FieldDescriptor.TYPE_BOOL:
        flag = entry.flag(name)
        return flag if entry.has(name) else None
    return entry.number(name, most(QuizSettings, name))


def _words(enum: EnumDescriptor) -> dict[str, int]:
    """The values of an enum by their words: GRADING_BEST is "best", UNSPECIFIED none."""
    prefix = f"{enum.name.upper()}_"
    return {
        value.name.removeprefix(prefix).lower(): value.number
        for value in enum.values
        if value.number
    }
