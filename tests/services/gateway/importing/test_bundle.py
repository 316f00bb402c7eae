from pathlib import Path
from time import process_time

import pytest

from services.gateway.importing.bundle import MAX_LESSONS, inspect_bundle
from services.gateway.importing.defects import Defect
from services.gateway.importing.files import MAX_FILE_BYTES
from services.gateway.importing.lessons import MAX_BODY_BYTES
from services.gateway.importing.sources import CourseBundle, QuizSource
from services.quiz import gift
from stellr.quiz.v1 import quiz_pb2
from stellr.quiz.v1.quiz_internal_service_pb2 import QuizSettings

DEMO = Path(__file__).parents[4] / "edge" / "demo" / "the-night-sky"
COURSE = """\
slug: small-course
title: A small course
sections:
- title: Only
  lessons:
  - lessons/a.md
"""


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def bundle(
    root: Path, course: str = COURSE, lesson: str | bytes = "---\ntitle: A\n---\nHello.\n"
) -> Path:
    return write(root, {"course.yaml": course, "lessons/a.md": lesson})


def defects(root: Path) -> list[Defect]:
    found = inspect_bundle(root).defects
    assert found
    return found


def good(root: Path) -> CourseBundle:
    found = inspect_bundle(root)
    assert found.defects == []
    assert found.course is not None
    return found.course


def test_reads_the_demo_course() -> None:
    course = good(DEMO)
    assert (course.slug, course.language) == ("the-night-sky", "en")
    assert course.authors == ("Stellr Academy",)
    assert [len(section.lessons) for section in course.sections] == [2, 2]
    first, *others = course.lessons
    assert first.key == "lessons/01-your-first-evening.md"
    assert first.preview
    assert not any(lesson.preview for lesson in others)
    assert first.body.startswith("You need no telescope")
    assert first.pdfs[0].path.read_bytes().startswith(b"%PDF-")


def test_the_quizzes_of_the_demo_course_are_good() -> None:
    quizzes = [lesson.quiz.text for lesson in good(DEMO).lessons if lesson.quiz]
    kinds = {question.kind for text in quizzes for question in gift.parse(text)}
    assert len(quizzes) == 3
    assert len(kinds) == 3


def test_defaults_and_plain_values(tmp_path: Path) -> None:
    course = good(
        bundle(
            tmp_path,
            COURSE.replace("A small course", "2024") + "tags: [2024-01-02, No, 1.50]\n",
            "\ufeff---\r\ntitle: Yes\r\nvideos:\r\n- https://example.org/v\r\n"
            "- {url: 'https://example.org/w', title: W}\r\n---\r\n\r\nOne\r\ntwo\r\n",
        )
    )
    assert (course.title, course.tags) == ("2024", ("2024-01-02", "No", "1.50"))
    assert (course.language, course.summary) == ("en", "")
    assert (course.pass_percentage, course.capacity) == (None, None)
    (lesson,) = course.lessons
    assert (lesson.title, lesson.minutes, lesson.preview) == ("Yes", 0, False)
    assert lesson.body == "One\ntwo"
    assert [(video.url, video.title) for video in lesson.videos] == [
        ("https://example.org/v", ""),
        ("https://example.org/w", "W"),
    ]
    assert lesson.quiz is None


@pytest.mark.parametrize(
    ("course", "line", "reason"),
    [
        (COURSE.replace("slug: small-course\n", ""), 1, 'the key "slug" is missing'),
        (COURSE.replace("A small course", ""), 2, 'the key "title" has no value'),
        (COURSE.replace("small-course", "Small_Course"), 1, "use small letters"),
        (COURSE.replace("small-course", "a" * 81), 1, "slug: longer than 80 characters"),
        (COURSE.replace("A small course", "t" * 201), 2, "title: longer than 200"),
        (COURSE.replace("A small course", "[a]"), 2, "title: expected a text"),
        (COURSE.replace("A small course", '"a\\0b"'), 2, "control characters"),
        (COURSE + "summary: " + "s" * 2_001, 7, "summary: longer than 2,000"),
        (COURSE + "sumary: x", 7, 'unknown key "sumary": did you mean "summary"?'),
        (COURSE + "qqq: x", 7, 'unknown key "qqq": known are slug'),
        (COURSE + "title: again", 7, 'the key "title" is there twice'),
        (COURSE + "language: English, please", 7, "BCP 47"),
        (COURSE + "pass_percentage: 101", 7, "whole number from 0 to 100"),
        (COURSE + "pass_percentage: '60'", 7, "whole number from 0 to 100"),
        (COURSE + "capacity: -1", 7, "capacity: expected a whole number from 0 to 1,000,000"),
        (COURSE + "pass_percentage: 1:30", 7, "whole number from 0 to 100"),
        (COURSE + "tags: stars", 7, "tags: expected a list"),
        (COURSE + "tags:\n- Stars\n- stars", 9, 'tags: "stars" is there twice'),
        (COURSE + "tags: [" + "a" * 51 + "]", 7, "tags: longer than 50"),
        (COURSE + f"tags: {list(range(21))}", 7, "tags: more than 20 items"),
        (COURSE + "  - lessons/b.md", 7, 'the file "lessons/b.md" is missing'),
        (COURSE + "  - lessons/./a.md", 7, '"lessons/a.md" is there twice'),
        (COURSE + "  - lessons/../../a.md", 7, "leads out of the bundle"),
        (COURSE + "  - /etc/passwd", 7, "leads out of the bundle"),
        (COURSE + "  - course.yaml", 7, "must lie in lessons/ and end in .md"),
        (COURSE + "  - .", 7, "must lie in lessons/"),
        (COURSE + "  - lessons/" + "x" * 190 + ".md", 7, "longer than 200"),
        (COURSE + "  - 'lessons/\u00e9" + "\u00e9" * 150 + ".md'", 7, "cannot be reached"),
        (COURSE[: COURSE.index("  lessons")], 4, 'the key "lessons" is missing'),
        (COURSE[: COURSE.index("- title")] + "  []", 4, "the list is empty"),
        (COURSE + "- Another\n", 7, "sections: expected title and lessons"),
        (COURSE + "authors: &a [x]", 7, "anchors and aliases are not allowed"),
        (COURSE + "authors: *a", 7, "anchors and aliases are not allowed"),
        (COURSE + "tags: " + "[" * 50_000, 7, "nested too deeply"),
        (COURSE + "tags: !!python/object:os.system x", 7, "tags: expected a list"),
        (COURSE + "license: !!python/name:os.system", 7, "license: expected a text"),
        (COURSE + "tags: [", 7, "not valid YAML"),
        (COURSE + "--- \nslug: x", 7, "not valid YAML"),
        (COURSE + "license: a\x01b", 7, "a character that YAML does not allow"),
        (COURSE.replace("A small course", "Learn C #1"), 2, 'title: what follows "#"'),
        (COURSE.replace("A small course", "#1 in C"), 2, 'title: what follows "#"'),
        (COURSE.replace("A small course", "A\n  small #1"), 3, "title: what follows"),
        (COURSE.replace("small-course", "week #2"), 1, 'slug: what follows "#"'),
        (COURSE.replace("Only", "Week #2"), 4, 'title: what follows "#"'),
        (COURSE + "summary: #1 of all", 7, 'summary: what follows "#"'),
        (COURSE + "tags:\n- C\n- C #", 9, 'tags: what follows "#"'),
        (COURSE + "tags: [C #,\n  Go]", 8, "not valid YAML"),
        (COURSE + "tags: [C, #net\n  Go]", 7, 'tags: what follows "#"'),
        (COURSE + "authors: [Ada,\n  Eve, #net\n  Go]", 8, 'authors: what follows "#"'),
        (COURSE.replace("A small course", '"C:\\new\\term"'), 2, "begins an escape"),
        (COURSE + "\tlicense: x", 7, "not valid YAML"),
        ("- a", 1, "expected keys with values"),
        ("", 1, "expected keys with values"),
        ("a" * 300_000, 1, "larger than 262,144 bytes"),
    ],
)
def test_tells_what_is_wrong_with_the_course(
    tmp_path: Path, course: str, line: int, reason: str
) -> None:
    (defect,) = defects(bundle(tmp_path, course))
    assert (defect.file, defect.line) == ("course.yaml", line)
    assert reason in defect.reason


def test_comments_that_take_nothing_away_are_fine(tmp_path: Path) -> None:
    course = """\
# about small things
slug: small-course
title: "C #1" # the first
summary: > # folded
  All of C#, and
  C #1.
language: en # English
tags: [C#, 'C #'] # two
authors: # one
  # the only
- Ada#1
pass_percentage: 50 # half
sections: # all
- title: Only
  lessons:
  - lessons/a.md # the first
"""
    found = good(bundle(tmp_path, course, "---\ntitle: A\npreview: yes # all\n---\n# B"))
    assert (found.title, found.summary, found.tags) == (
        "C #1",
        "All of C#, and C #1.",
        ("C#", "C #"),
    )
    assert (found.authors, found.pass_percentage) == (("Ada#1",), 50)
    (lesson,) = found.lessons
    assert (lesson.preview, lesson.body) == (True, "# B")


def test_an_id_belongs_to_one_lesson(tmp_path: Path) -> None:
    root = bundle(tmp_path, COURSE + "  - lessons/b.md\n", "---\nid: intro\ntitle: A\n---\n")
    write(root, {"lessons/b.md": "---\ntitle: B\nid: intro\n---\n"})
    expected = [Defect("lessons/b.md", 3, 'id: "intro" is that of lessons/a.md')]
    assert defects(root) == expected
    write(root, {"lessons/b.md": "---\ntitle: B\nid: 007\n---\n"})
    assert [lesson.author_id for lesson in good(root).lessons] == ["intro", "007"]


QUIZ = "title: A\nquiz:\n  file: quizzes/a.gift\n"


def quiz_of(root: Path, front: str) -> QuizSource:
    write(bundle(root, lesson=f"---\n{front}---\n"), {"quizzes/a.gift": "q {T}"})
    (lesson,) = good(root).lessons
    assert lesson.quiz is not None
    return lesson.quiz


def test_a_quiz_may_come_with_its_title_and_rules(tmp_path: Path) -> None:
    rules = """\
  title: 'Final #1'
  pass_percentage: 0
  time_limit_seconds: 600
  max_attempts: 2
  wait_seconds: 60
  grading: average # of all
  shuffle: false
  draw_count: 1
  review_policy: after_passing
  partial_credit: true
"""
    quiz = quiz_of(tmp_path, QUIZ + rules)
    assert (quiz.file, quiz.text, quiz.draw_line) == ("quizzes/a.gift", "q {T}", 12)
    assert quiz.settings == QuizSettings(
        title="Final #1",
        pass_percentage=0,
        time_limit_seconds=600,
        max_attempts=2,
        wait_seconds=60,
        grading=quiz_pb2.GRADING_AVERAGE,
        shuffle=False,
        draw_count=1,
        review_policy=quiz_pb2.REVIEW_AFTER_PASSING,
        partial_credit=True,
    )


@pytest.mark.parametrize("front", [QUIZ, f"{QUIZ}  title:\n", "title: A\nquiz: quizzes/a.gift\n"])
def test_what_is_not_written_of_a_quiz_is_not_said(tmp_path: Path, front: str) -> None:
    quiz = quiz_of(tmp_path, front)
    assert (quiz.file, quiz.settings.ListFields()) == ("quizzes/a.gift", [])


def test_the_same_twice_in_a_lesson_is_told_and_taken(tmp_path: Path) -> None:
    front = (
        "title: A\nvideos:\n- https://a.b/c\n- {url: 'https://a.b/c', title: B}\n"
        "pdfs:\n- {title: P, file: files/a.pdf}\n- {title: Q, file: files/a.pdf}\n"
    )
    root = write(bundle(tmp_path, lesson=f"---\n{front}---\n"), {"files/a.pdf": b"%PDF-1.7"})
    found = inspect_bundle(root)
    assert found.defects == []
    assert [(each.line, each.reason) for each in found.warnings] == [
        (5, 'videos: "https://a.b/c" is there twice'),
        (8, 'pdfs: "files/a.pdf" is there twice'),
    ]
    (lesson,) = good(root).lessons
    assert (len(lesson.videos), len(lesson.pdfs)) == (2, 2)


def test_a_video_by_plain_http_is_told_and_taken(tmp_path: Path) -> None:
    front = "title: A\nvideos:\n- http://a.b/c\n- {url: 'HTTPS://a.b/d', title: B}\n"
    found = inspect_bundle(root := bundle(tmp_path, lesson=f"---\n{front}---\n"))
    assert found.defects == []
    assert [(each.line, each.reason) for each in found.warnings] == [
        (4, 'videos: "http://a.b/c" is not https: browsers may not show it in a page'),
    ]
    (lesson,) = good(root).lessons
    assert [video.url for video in lesson.videos] == [
        "http://a.b/c",
        "HTTPS://a.b/d",
    ]


def test_a_bundle_has_as_many_lessons_as_a_course(tmp_path: Path) -> None:
    lessons = [f"lessons/{number}.md" for number in range(MAX_LESSONS)]
    listed = COURSE + "".join(f"  - {lesson}\n" for lesson in lessons[1:])
    root = write(bundle(tmp_path, listed), dict.fromkeys(lessons, "---\ntitle: A\n---\n"))
    assert len(list(good(root).lessons)) == MAX_LESSONS
    write(root, {"course.yaml": f"{listed}- title: Another\n  lessons: [lessons/0.md]\n"})
    (defect,) = defects(root)
    assert defect.reason == f"lessons: more than {MAX_LESSONS} lessons in one course"


@pytest.mark.parametrize(
    ("front", "line", "reason"),
    [
        ("minutes: 5", 2, 'the key "title" is missing'),
        ("title: Exercise #3 - Loops", 2, 'title: what follows "#" is a comment'),
        ("title: A\nvideos:\n- {url: 'http://a.b/c', title: V #1}", 4, "not valid YAML"),
        ("title: A\nvideos:\n- url: https://a.b/c\n  title: V #1", 5, 'title: what follows "#"'),
        ("title: A\nid: a b", 3, "id: use letters"),
        ("title: A\nid: 'a#b'", 3, "id: use letters"),
        ("title: A\nminutes: 10001", 3, "whole number from 0 to 10,000"),
        ("title: A\nminutes: -1", 3, "whole number from 0 to 10,000"),
        ("title: A\nminutes: five", 3, "whole number"),
        ("title: A\npreview: 1", 3, "expected true or false"),
        ("title: A\nvideo: x", 3, 'did you mean "videos"?'),
        ("title: A\nvideos:\n- ftp://example.org", 4, "must be an https:// URL"),
        ("title: A\nvideos:\n- url: https://a:b@c.example", 4, "must hold no name or password"),
        ("title: A\nvideos:\n- javascript:alert(1)", 4, "must be an https:// URL"),
        ("title: A\nvideos:\n- https://[", 4, "is no URL"),
        ("title: A\nvideos:\n- title: x", 4, "expected either url or file"),
        ("title: A\nquiz: quizzes/none.gift", 3, "is missing"),
        ("title: A\nquiz: quizzes/latin.gift", 3, "is not UTF-8 text (line 2)"),
        ("title: A\nquiz: files/a.pdf", 3, "must lie in quizzes/"),
        ("title: A\nquiz:\n  title: Q", 4, 'the key "file" is missing'),
        ("title: A\nquiz: [quizzes/a.gift]", 3, "quiz: expected a text"),
        ("title: A\nquiz:\n  file: quizzes/none.gift", 4, "is missing"),
        (f"{QUIZ}  titel: Q", 5, 'did you mean "title"?'),
        (f"{QUIZ}  title: Q #1", 5, 'title: what follows "#"'),
        (f"{QUIZ}  title: {'t' * 201}", 5, "title: longer than 200"),
        (
            f"{QUIZ}  pass_percentage: 101",
            5,
            "pass_percentage: expected a whole number from 0 to 100",
        ),
        (f"{QUIZ}  time_limit_seconds: 604801", 5, "number from 0 to 604,800"),
        (f"{QUIZ}  max_attempts: -1", 5, "max_attempts: expected a whole number from 0 to 1,000"),
        (f"{QUIZ}  grading: worst", 5, "grading: expected one of best, last, first, average"),
        (f"{QUIZ}  review_policy: 1", 5, "one of after_submit, after_passing, never"),
        (f"{QUIZ}  shuffle: 1", 5, "shuffle: expected true or false"),
        ("title: A\nquiz: quizzes/link.gift", 3, "leads out of the bundle"),
        ("title: A\nquiz: quizzes/circle.gift", 3, "quizzes/circle.gift"),
        ("title: A\npdfs:\n- title: P\n  file: files/none.pdf", 5, "is missing"),
        ("title: A\npdfs:\n- title: P\n  file: files/empty.pdf", 5, "is empty"),
        ("title: A\npdfs:\n- title: P\n  file: files/text.pdf", 5, "is not a PDF"),
        ("title: A\npdfs:\n- title: P\n  file: files/huge.pdf", 5, "larger than 50 MB"),
        ("title: A\npdfs:\n- title: P\n  file: files", 5, "must lie in files/"),
        ("title: A\npdfs:\n- title: P", 4, 'the key "file" is missing'),
        ("title: A\npdfs:\n- files/a.pdf", 4, "expected title and file"),
        ("title: 'A", 2, "not valid YAML"),
    ],
)
def test_tells_what_is_wrong_with_a_lesson(
    tmp_path: Path, front: str, line: int, reason: str
) -> None:
    root = bundle(tmp_path / "bundle", lesson=f"---\n{front}\n---\nbody\n")
    write(root, {"files/empty.pdf": b"", "files/text.pdf": b"hello", "files/huge.pdf": b"%PDF-"})
    write(root, {"quizzes/a.gift": "q {T}"})
    write(root, {"quizzes/latin.gift": b"q\n\xe9 {T}", "../outside.gift": b"q {T}"})
    with (root / "files/huge.pdf").open("r+b") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)
    (root / "quizzes/link.gift").symlink_to(tmp_path / "outside.gift")
    (root / "quizzes/circle.gift").symlink_to(root / "quizzes/circle.gift")
    (defect,) = defects(root)
    assert (defect.file, defect.line) == ("lessons/a.md", line)
    assert reason in defect.reason


@pytest.mark.parametrize(
    ("lesson", "file", "line", "reason"),
    [
        ("no front matter", "lessons/a.md", 1, "the front matter is missing"),
        ("---\ntitle: A\n", "lessons/a.md", 1, "the front matter is missing"),
        ("---\ntitle: A\n---\n\nx\ny\x00", "lessons/a.md", 6, "U+0000"),
        (
            "---\ntitle: A\n---\n" + "x" * (MAX_BODY_BYTES + 1),
            "lessons/a.md",
            4,
            f"{MAX_BODY_BYTES:,}",
        ),
        ("---\ntitle: A\n#" + "x" * 70_000 + "\n---\n", "lessons/a.md", 1, "16,384 bytes"),
        (b"---\ntitle: \xff\n---\n", "course.yaml", 6, "is not UTF-8 text (line 2)"),
    ],
    ids=["none", "open", "nul", "long body", "long front", "latin"],
)
def test_tells_what_is_wrong_with_a_lesson_file(
    tmp_path: Path, lesson: str | bytes, file: str, line: int, reason: str
) -> None:
    (defect,) = defects(bundle(tmp_path, lesson=lesson))
    assert (defect.file, defect.line) == (file, line)
    assert reason in defect.reason


def test_tells_all_defects_at_once(tmp_path: Path) -> None:
    root = bundle(
        tmp_path, COURSE.replace("small-course", "Small") + "tags: 1\n", "---\nminutes: x\n---"
    )
    assert [(each.file, each.line) for each in defects(root)] == [
        ("course.yaml", 1),
        ("course.yaml", 7),
        ("lessons/a.md", 2),
        ("lessons/a.md", 2),
    ]


def test_a_directory_without_course_is_refused(tmp_path: Path) -> None:
    expected = [Defect("course.yaml", 1, 'the file "course.yaml" is missing')]
    assert defects(tmp_path) == expected
    assert defects(tmp_path / "nowhere") == expected


def test_lessons_that_no_section_names_are_ignored(tmp_path: Path) -> None:
    root = write(bundle(tmp_path), {"lessons/draft.md": "not even front matter"})
    assert [lesson.key for lesson in good(root).lessons] == ["lessons/a.md"]


@pytest.mark.parametrize(
    "course",
    [
        "".join(f"k{n}: v\n" for n in range(9_000)),
        "tags: [" + "a," * 60_000 + "]",
        "{" * 120_000,
        "'" * 120_000,
        "? " * 60_000,
    ],
    ids=["keys", "items", "nesting", "quotes", "complex keys"],
)
def test_hostile_yaml_is_refused_in_bounded_time(tmp_path: Path, course: str) -> None:
    start = process_time()
    assert len(defects(bundle(tmp_path, course))) <= 500
    assert process_time() - start < 20


MP4 = b"\0\0\0\x18ftypisom" + bytes(12)
WEBM = b"\x1aE\xdf\xa3\x87\x42\x82\x84webm" + bytes(64)
VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"


def with_videos(root: Path, videos: str, **files: str | bytes) -> Path:
    named = {f"files/{name.replace('_', '.')}": content for name, content in files.items()}
    return write(bundle(root, lesson=f"---\ntitle: A\nvideos:\n{videos}---\n"), named)


def test_films_of_the_bundle_come_with_captions(tmp_path: Path) -> None:
    videos = """\
- file: files/a.mp4 # the first
  title: Film
  duration: 90
  captions:
  - {language: en, file: files/en.vtt, label: English}
  - {language: pt-BR, file: files/pt.vtt}
- file: files/b.webm
- url: https://video.example/1
  duration: 7
  captions: [{language: de, file: files/en.vtt}]
"""
    root = with_videos(tmp_path, videos, a_mp4=MP4, b_webm=WEBM, en_vtt=VTT, pt_vtt="\ufeff" + VTT)
    found = inspect_bundle(root)
    assert (found.defects, found.warnings) == ([], [])
    (lesson,) = good(root).lessons
    first, second, third = lesson.videos
    assert (first.file, first.media_type, first.title, first.duration) == (
        *("files/a.mp4", "video/mp4", "Film"),
        90,
    )
    assert [(each.language, each.label, each.file) for each in first.captions] == [
        ("en", "English", "files/en.vtt"),
        ("pt-BR", "pt-BR", "files/pt.vtt"),
    ]
    assert (second.file, second.media_type, second.duration) == ("files/b.webm", "video/webm", 0)
    assert (third.url, third.duration, third.path) == ("https://video.example/1", 7, None)
    assert third.captions[0].language == "de"


@pytest.mark.parametrize(
    ("videos", "line", "reason"),
    [
        ("- {title: A}\n", 4, "videos: expected either url or file"),
        ("- {url: 'https://a.example', file: files/a.mp4}\n", 4, "either url or file"),
        ("- file: files/none.mp4\n", 4, 'file: the file "files/none.mp4" is missing'),
        ("- file: files/a.mov\n", 4, "must lie in files/ and end in .mp4 or .webm"),
        ("- file: files/../../a.mp4\n", 4, "leads out of the bundle"),
        ("- title: A\n  file: files/b.webm\n", 5, '"files/b.webm" is no video/webm'),
        ("- file: files/a.mp4\n  duration: 1:30\n", 5, "duration: expected a whole number"),
        ("- file: files/a.mp4\n  duration: 999999\n", 5, "whole number from 0 to 360,000"),
        ("- file: files/a.mp4\n  captions: x\n", 5, "captions: expected a list"),
        ("- file: files/a.mp4\n  captions:\n  - {language: en}\n", 6, '"file" is missing'),
        ("- file: files/a.mp4\n  captions:\n  - {file: files/a.vtt}\n", 6, '"language" is missing'),
        (
            "- file: files/a.mp4\n  captions:\n  - {language: E, file: files/a.vtt}\n",
            *(6, "language: expected a language tag"),
        ),
        (
            "- file: files/a.mp4\n  captions:\n  - {language: en, file: files/no.vtt}\n",
            *(6, 'file: the file "files/no.vtt" is no WebVTT'),
        ),
        (
            "- file: files/a.mp4\n  captions:\n  - {language: en, file: files/a.mp4}\n",
            *(6, "must lie in files/ and end in .vtt"),
        ),
        (
            "- file: files/a.mp4\n  captions:\n"
            "  - {language: en, file: files/a.vtt}\n  - {language: EN, file: files/a.vtt}\n",
            *(7, 'captions: "EN" is there twice'),
        ),
        (
            "- file: files/a.mp4\n  captions:\n  - {language: en, file: files/a.vtt, size: 1}\n",
            *(6, 'unknown key "size"'),
        ),
    ],
)
def test_tells_what_is_wrong_with_videos(
    tmp_path: Path, videos: str, line: int, reason: str
) -> None:
    root = with_videos(tmp_path, videos, a_mp4=MP4, b_webm=MP4, a_vtt=VTT, no_vtt="Hello")
    (defect,) = defects(root)
    assert (defect.file, defect.line) == ("lessons/a.md", line)
    assert reason in defect.reason
