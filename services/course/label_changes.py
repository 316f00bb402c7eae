"""Categories and tags, changed."""

from __future__ import annotations

from uuid import UUID

from services.course import names
from services.course.errors import LabelInUse, LabelNotFound, NameTaken
from services.course.repository.label_lists import LabelRow, Labels
from services.kit.data.database import Database
from services.kit.events.events import Events
from stellr.course.v1.events_pb2 import LabelsChanged, OutlineChanged


class LabelChanges:
    """Changes the labels of one kind."""

    def __init__(self, database: Database, events: Events, labels: Labels) -> None:
        self._database = database
        self._events = events
        self._labels = labels

    def create(self, name: str) -> LabelRow:
        """A new label; NameTaken."""
        clean = names.clean(name)
        for spell in names.SPELLINGS:
            made = self._labels.create(self._database, clean, spell(clean))
            if made:
                self._tell()
                return made
        raise NameTaken

    def rename(self, reference: str, name: str) -> LabelRow:
        """The label under another name; LabelNotFound, NameTaken."""
        known = self._labels.find(self._database, reference)
        if known is None:
            raise LabelNotFound
        renamed = self._labels.rename(self._database, reference, names.clean(name))
        if renamed is None:
            raise NameTaken
        self._tell()
        self._tell_courses(renamed.label_id)
        return renamed

    def delete(self, reference: str) -> None:
        """Delete a label that no course has; LabelNotFound, LabelInUse."""
        label_id = self._labels.hold(self._database, reference)
        if label_id is None:
            raise LabelNotFound
        if not self._labels.delete(self._database, label_id):
            raise LabelInUse
        self._tell()

    def _tell(self) -> None:
        self._events.append(LabelsChanged(), awaited=True)

    def _tell_courses(self, label_id: UUID) -> None:
        """All courses that have the label are to be read anew."""
        for course_id in self._labels.courses(self._database, label_id):
            self._events.append(OutlineChanged(course_id=str(course_id)), awaited=True)
