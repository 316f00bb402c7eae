"""The catalogue of reasons, for whoever writes or shows documentation."""

from edge.envoy.replies import REPLIES
from edge.openapi.reasons import reasons
from services.kit.errors import DomainError, reason_name
from stellr.errors.v1.reason_pb2 import Reason


def errors(kind: type[DomainError]) -> set[type[DomainError]]:
    return {kind}.union(*map(errors, kind.__subclasses__()))


def test_every_reason_is_there_with_a_sentence() -> None:
    names = [reason_name(number) for number in Reason.values() if number]
    assert [each.reason for each in reasons()] == names
    for each in reasons():
        assert each.description[0].isupper()
        assert each.description.endswith(".")
        assert 400 <= each.http_status <= 504


def test_a_reason_has_the_code_that_its_error_is_told_with() -> None:
    from edge.registry import load_all  # noqa: PLC0415  brings the errors of all domains

    load_all()
    codes = {each.reason: each.code for each in reasons()}
    for kind in errors(DomainError):
        # Those of tests are none of ours.
        if hasattr(kind, "reason") and kind.__module__.startswith("services."):
            assert codes[reason_name(kind.reason)] == kind.code.name, kind


def test_what_envoy_itself_answers_has_the_status_of_its_reason() -> None:
    known = {each.reason: each for each in reasons()}
    for reply in REPLIES:
        entry = known[reason_name(reply.reason)]
        if reply.status not in (403, 501):
            assert entry.http_status == (reply.told or reply.status), entry.reason
            assert entry.code_number == reply.code, entry.reason


def test_it_names_the_methods_that_say_it() -> None:
    known = {each.reason: each for each in reasons()}
    assert "stellr.quiz.v1.QuizService/SubmitQuiz" in known["ATTEMPTS_USED_UP"].methods
    assert "stellr.quiz.v1.QuizService/GetQuiz" in known["QUIZ_NOT_FOUND"].methods
    assert not [each for entry in reasons() for each in entry.methods if "Internal" in each]
