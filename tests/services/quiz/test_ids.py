from itertools import islice
from uuid import RFC_4122, UUID

import pytest

from services.kit.data.database import Database
from services.kit.events.events import Events
from services.quiz.ids import blind_ids
from services.quiz.questions import QuestionKind
from tests.services.quiz.classroom import Classroom

ORDER = "::Order::Put them in order. {>\n" + "\n".join("abcdefghijkl") + "\n}"
CHOICE = "::Several::Which? {~%50%one ~%50%two ~%-50%three ~%-50%four}"
CORRECTED = "::Several::Which? {~%33%one ~%33%two ~%34%three ~%-50%four}"


def test_ids_have_the_time_of_their_quiz_and_no_order() -> None:
    quiz_id = UUID("01a223af-fb17-7235-b31c-b5b01d9a7e24")
    made = list(islice(blind_ids(quiz_id), 200))
    assert len(set(made)) == 200
    assert {(each.version, each.variant) for each in made} == {(7, RFC_4122)}
    assert {each.int >> 80 for each in made} == {quiz_id.int >> 80}
    assert made != sorted(made)


@pytest.fixture
def classroom(database: Database, events: Events) -> Classroom:
    return Classroom(database, events)


def test_ids_do_not_tell_what_is_to_be_put_in_order(classroom: Classroom) -> None:
    classroom.bring(ORDER)
    (question,) = classroom.read().quiz.questions
    assert question.kind is QuestionKind.ORDERING
    by_id = sorted(question.options, key=lambda option: option.option_id)
    assert [option.text for option in by_id] != list("abcdefghijkl")


def test_ids_do_not_tell_when_an_option_was_corrected(classroom: Classroom) -> None:
    classroom.bring(CHOICE)
    before = classroom.read().quiz
    classroom.bring(CORRECTED)
    after = classroom.read().quiz
    assert after.ids != before.ids
    times = {named[:13] for named in after.ids}
    assert times == {str(after.quiz_id)[:13]}
