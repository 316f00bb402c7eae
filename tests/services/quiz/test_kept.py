import json
from uuid import UUID

from services.quiz import gift
from services.quiz.kept import QuizVersion
from services.quiz.matching import with_ids
from services.quiz.questions import WrittenQuiz


def test_a_version_is_the_same_when_it_is_read_again() -> None:
    questions = gift.parse("::T::Q {=a#yes ~%-50%b ####gen}\n\nR {T}")
    new_ids = (UUID(int=number) for number in range(100, 200))
    version = QuizVersion(UUID(int=1), UUID(int=2), "Quiz", 60, with_ids(questions, (), new_ids))
    document = json.loads(json.dumps(version.document()))
    assert QuizVersion.of(UUID(int=1), UUID(int=2), document) == version
    assert version.ids == {str(UUID(int=number)) for number in range(100, 106)}


def test_the_digest_is_of_the_content_and_not_of_the_lines() -> None:
    def digest(text: str, title: str = "T", pass_percentage: int = 60) -> str:
        return WrittenQuiz(title, pass_percentage, gift.parse(text)).digest

    same = digest("Q {=a ~b}")
    assert digest("// a comment\n\nQ {\n  =a\n  ~b\n}\n") == same
    others = {
        digest("Q {=a ~c}"),
        digest("Q {=a#why ~b}"),
        digest("Q {~a =b}"),
        digest("Q {=a ~b}", title="U"),
        digest("Q {=a ~b}", pass_percentage=61),
    }
    assert len(others) == 5
    assert same not in others
