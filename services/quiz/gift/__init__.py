"""Reading quizzes in GIFT, Moodle's text format for questions.

Source: Moodle documentation, "GIFT format". All kinds are understood that can be graded. Every step
is one pass over its text, so the time grows with the length of the input and with nothing else. All
texts come out as Markdown, but for the short texts that answers are compared with.
"""

from services.quiz.gift.blocks import split
from services.quiz.gift.defects import Defect, Defects, GiftError
from services.quiz.gift.lines import read_lines
from services.quiz.gift.question import read_question
from services.quiz.gift.writing import write
from services.quiz.questions import Question

__all__ = ["MAX_QUESTIONS", "Defect", "GiftError", "parse", "write"]

MAX_QUESTIONS = 200


def parse(text: str) -> list[Question]:
    """Read the questions of a GIFT text. Raises GiftError with all defects (the first 200)."""
    defects = Defects()
    questions: list[Question] = []
    for block in split(read_lines(text, defects), defects):
        question = read_question(block, defects)
        if question:
            questions.append(question)
        if len(questions) > MAX_QUESTIONS:
            defects.add(questions[-1].line, f"more than {MAX_QUESTIONS} questions in one quiz")
            break
    if not questions and not defects:
        defects.add(1, "the quiz has no questions")
    defects.raise_if_any()
    return questions
