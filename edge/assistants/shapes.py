"""What tools take and answer: the part of the REST API's messages that an assistant can use.

Names are those of the REST API, so that its errors name the same fields. What the academy answers
beside that is left out.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from pydantic.alias_generators import to_camel

Reference = Annotated[str, Field(pattern="^[0-9A-Za-z-]{1,80}$")]


class Shape(BaseModel):
    """Its fields are camelCase in JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class CourseSummary(Shape):
    """A course as the catalogue shows it."""

    course_id: str
    slug: str = Field(description="Its name in addresses.")
    title: str
    summary: str
    category: str
    tags: list[str]
    language: str = Field(description="BCP 47.")
    lesson_count: int
    duration_minutes: int


class Courses(Shape):
    """A page of the catalogue."""

    courses: list[CourseSummary]
    next_page_token: str = Field(description="Empty on the last page.")
    total_size: int = Field(description="Of all pages.")


class LessonSummary(Shape):
    """A lesson as the outline shows it."""

    lesson_id: str
    title: str
    position: int = Field(description="Within the course, from 1.")
    minutes: int
    has_quiz: bool
    preview: bool = Field(description="May be read by anyone.")


class Section(Shape):
    """A part of a course."""

    title: str
    lessons: list[LessonSummary]


class Course(CourseSummary):
    """A course with its outline."""

    authors: list[str]
    license: str
    sections: list[Section]


class Lesson(Shape):
    """A lesson as the academy answers with."""

    lesson_id: str
    course_id: str
    title: str
    position: int = Field(description="Within the course, from 1.")
    minutes: int
    has_quiz: bool = Field(description="get_quiz shows it.")
    previous_lesson_id: str = Field(description="Empty for the first.")
    next_lesson_id: str = Field(description="Empty for the last.")
    body: str = Field(description="Markdown, of this part. Links to files do not open here.")


class Captions(Shape):
    """Captions of a video."""

    language: str = Field(description="BCP 47.")


class Video(Shape):
    """A video of a lesson."""

    title: str
    mime_type: str
    duration_seconds: int = Field(description="0 where it is not known.")
    captions: list[Captions]


class Pdf(Shape):
    """A document of a lesson."""

    title: str
    size_bytes: int


class Media(Shape):
    """What belongs to a lesson beside its text."""

    videos: list[Video]
    pdfs: list[Pdf]


class LessonPart(Lesson):
    """A lesson to read, or a part of it."""

    part: int = Field(description="Which part of the text this is, from 1.")
    parts: int = Field(description="How many parts the text has.")
    media: Media | None = Field(
        description="To be opened on the page. Null where that could not be asked just now."
    )
    page: str = Field(description="Where a person who is signed in there sees the lesson.")


class LessonProgress(Shape):
    """How far the learner is in a lesson."""

    lesson_id: str
    complete_time: str | None = Field(None, description="Null while it is not completed.")
    quiz_passed: bool


class CourseProgress(Shape):
    """How far the learner is in a course."""

    course_id: str = Field(description="get_course tells its title.")
    completed_lessons: int
    total_lessons: int
    quizzes_passed: int
    quizzes_total: int
    percentage: int = Field(description="Of lessons and quizzes together, 0 to 100.")
    completed: bool
    enroll_time: str | None = None
    complete_time: str | None = Field(None, description="Null while it is not completed.")
    last_lesson_id: str = Field(description="Where to continue; empty before the first lesson.")


class ProgressInCourse(CourseProgress):
    """The same with each lesson of the course, in order."""

    lessons: list[LessonProgress]


class Progress(Shape):
    """A page of the learner's courses."""

    courses: list[CourseProgress]
    next_page_token: str = Field(description="Empty on the last page.")


class Enrollment(Shape):
    """The learner's place in a course."""

    course_id: str
    create_time: str
    state: str


class Option(Shape):
    """An answer that is offered."""

    option_id: str
    text: str


class Question(Shape):
    """A question to be answered. Texts are Markdown."""

    question_id: str
    text: str
    type: str = Field(
        description=(
            "Says which field of an answer is filled in. QUESTION_TYPE_SINGLE_CHOICE and"
            " QUESTION_TYPE_TRUE_FALSE: one of optionIds. QUESTION_TYPE_MULTIPLE_CHOICE: any of"
            " them. QUESTION_TYPE_ORDERING: all of them, in order. QUESTION_TYPE_SHORT_TEXT: text."
            " QUESTION_TYPE_NUMERIC: number. QUESTION_TYPE_MATCHING: pairs."
        )
    )
    points: int
    options: list[Option]
    lefts: list[str] = Field(description="What is to be matched.")
    rights: list[str] = Field(description="What may be matched with it.")


class Quiz(Shape):
    """A quiz, without a hint at the answers."""

    quiz_id: str
    lesson_id: str
    title: str
    pass_percentage: int
    time_limit_seconds: int = Field(description="0: no limit.")
    max_attempts: int = Field(description="0: no limit.")
    attempts_used: int
    wait_seconds: int = Field(description="How long to wait between two attempts.")
    best_percentage: float | None = Field(None, description="Null before the first result.")
    passed: bool
    attempt_id: str = Field(description="The attempt that is open; empty where none is.")
    questions: list[Question] = Field(description="Empty where an attempt draws its own.")


class Attempt(Shape):
    """An attempt that is open."""

    attempt_id: str = Field(description="submit_quiz asks for it.")
    expire_time: str | None = Field(None, description="When it ends by itself; null if never.")
    questions: list[Question]


class Pair(Shape):
    """What is matched, both as they are written in the question."""

    left: str = Field(max_length=1000)
    right: str = Field(max_length=1000)


class GivenAnswer(Shape):
    """The learner's answer to one question, in the field that its type says."""

    model_config = ConfigDict(extra="forbid")

    question_id: Reference
    option_ids: list[Reference] = Field(default=[], max_length=100)
    text: str = Field(default="", max_length=1000)
    number: FiniteFloat | None = None
    pairs: list[Pair] = Field(default=[], max_length=100)


class QuestionResult(Shape):
    """A question, graded. What the author says and what is right is empty where it is not shown."""

    question_id: str
    text: str
    answers: list[str] = Field(description="What the learner answered, in words.")
    correct: bool
    points: float
    feedback: str
    correct_answers: list[str] = Field(description="What is right, in words.")


class Result(Shape):
    """An attempt, graded."""

    result_id: str
    attempt_id: str
    score: float
    max_score: int
    percentage: float
    passed: bool
    submit_time: str
    question_results: list[QuestionResult]


class Results(Shape):
    """A page of results, the newest first."""

    results: list[Result]
    next_page_token: str = Field(description="Empty on the last page.")
