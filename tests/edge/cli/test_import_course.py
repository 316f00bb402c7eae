import pytest

from edge.cli.import_course import show
from stellr.gateway.v1 import gateway_internal_service_pb2 as pb

DEFECT = pb.Defect(file="lessons/a.md", line=3, reason="picture \x1b[2J: is missing")
UNUSED = pb.Defect(file="files/x.png", reason="no lesson uses it")
SUMMARY = pb.ImportSummary(lesson_count=1, question_count=2, changed=True, attachment_count=1)


def test_steps_and_the_summary_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    events = [
        pb.ImportEvent(warnings=pb.ImportWarnings(warnings=[UNUSED])),
        pb.ImportEvent(step=pb.ImportStep(text="stored 1 file", done=1, total=5)),
        pb.ImportEvent(summary=SUMMARY),
    ]
    assert show(events) == 0
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "[1/5] stored 1 file",
        "1 lesson, 2 questions, 0 PDFs, 1 attachment; imported",
    ]
    assert told.err.splitlines() == ["files/x.png: warning: no lesson uses it"]


def test_defects_are_told_with_file_and_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert show([pb.ImportEvent(refusal=pb.ImportRefusal(defects=[DEFECT]))]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "lessons/a.md:3: picture \N{REPLACEMENT CHARACTER}[2J: is missing",
        "The bundle has defects: nothing was changed.",
    ]


def test_lessons_that_would_be_lost_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    missed = [pb.MissedLesson(title=name, file=f"lessons/{name}.md") for name in "ab"]
    refusal = pb.ImportRefusal(missed_lessons=missed)
    assert show([pb.ImportEvent(refusal=refusal)]) == 1
    first, second, *advice = capsys.readouterr().err.splitlines()
    assert first == 'lessons/a.md: "a" is not in the bundle (0 completions)'
    assert second == 'lessons/b.md: "b" is not in the bundle (0 completions)'
    assert "2 lessons" in advice[0]
    assert "--remove" in advice[1]
