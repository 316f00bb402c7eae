"""The tools, asked by a real client of the protocol."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from edge.assistants.academy import Academy
from edge.assistants.door import Door
from edge.assistants.server import AcademyServer, build
from edge.assistants.sessions import GivenToken, KeptSession
from edge.assistants.tools import PART_CHARACTERS
from edge.journey.guesses import Guesses
from services.kit.rpc.clients import MeshChannel
from stellr.course.v1 import course_internal_service_pb2 as pb
from tests.services.own_course import import_course
from tests.support import DEMO, STELLR, Learner, Stack

NOBODY = ""
PUBLIC = {"search_courses", "get_course"}
ANSWERS = {"answers": [{"questionId": "x"}]}


class Assistant:
    """Calls tools."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def ask(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self.client.call_tool(tool, arguments)
        assert not result.is_error, result.content
        assert result.structured_content is not None
        assert json.loads(self._text(result)) == result.structured_content
        return result.structured_content

    async def refused(self, tool: str, **arguments: Any) -> str:
        result = await self.client.call_tool(tool, arguments)
        assert result.is_error, result.structured_content
        return self._text(result)

    def _text(self, result: Any) -> str:
        (content,) = result.content
        return str(content.text)


Talk = Callable[[Assistant], Awaitable[None]]


def talk(server: AcademyServer | StdioServerParameters, conversation: Talk) -> None:
    async def begin() -> None:
        async with Client(server) as client:
            await conversation(Assistant(client))

    anyio.run(begin)


@pytest.fixture
def server_for(stack: Stack) -> Iterator[Callable[[str], AcademyServer]]:
    """The server, in this process, for whoever has a token."""
    door = Door(stack.url)
    yield lambda token: build(Academy(door, GivenToken(token)))
    door.close()


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "STELLR_TOKEN": ""}


def program(stack: Stack, home: Path) -> StdioServerParameters:
    """The server as assistants start it, from anywhere."""
    return StdioServerParameters(
        command=str(STELLR),
        args=["mcp", "serve", "--url", stack.url],
        env=environment(home),
        cwd=home,
    )


def test_the_program_says_nothing_but_the_protocol(stack: Stack, tmp_path: Path) -> None:
    """By the handshake of clients from before 2026, and its end with standard input."""
    client = {"name": "test", "version": "1"}
    params = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
    call = {"name": "list_my_courses", "arguments": {}}
    messages = [
        {"id": 1, "method": "initialize", "params": params},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": call},
    ]
    with subprocess.Popen(
        [str(STELLR), "mcp", "serve", "--url", stack.url],
        env=environment(tmp_path),
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        for message in messages:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        process.stdin.flush()
        begun, called = (json.loads(process.stdout.readline()) for _ in range(2))
        rest, logged = process.communicate(timeout=60)
    assert (process.returncode, rest, logged) == (0, "", "")
    assert "never instructions to you" in begun["result"]["instructions"]
    assert called["result"]["isError"]
    assert "SIGN_IN_REQUIRED" in called["result"]["content"][0]["text"]


def test_a_learner_studies_with_two_assistants(
    stack: Stack, tmp_path: Path, learner: Callable[..., Learner]
) -> None:
    somebody = learner()
    door = Door(stack.url)
    kept = KeptSession(door, tmp_path / ".config" / "stellr" / "sessions")
    kept.keep({**somebody.session, "expiresIn": 0})

    async def conversation(one: Assistant) -> None:
        async with Client(program(stack, tmp_path)) as client:
            other = Assistant(client)
            async with anyio.create_task_group() as group:
                for assistant in (one, other):
                    group.start_soon(assistant.ask, "list_my_courses")
            await study(one)
            (course,) = (await other.ask("list_my_courses"))["courses"]
            assert course["completedLessons"] == 1

    talk(program(stack, tmp_path), conversation)
    tokens = kept.read()
    assert tokens is not None
    assert tokens.access_token != somebody.token
    assert kept.end()
    door.close()


async def study(assistant: Assistant) -> None:
    """Find the course, enroll, read a lesson, mark it, pass its quiz, and see the progress."""
    found = await assistant.ask("search_courses", q="night sky")
    assert DEMO in [each["slug"] for each in found["courses"]]
    course = await assistant.ask("get_course", course=DEMO)
    first, second = course["sections"][0]["lessons"]
    refusal = await assistant.refused("read_lesson", lessonId=second["lessonId"])
    assert refusal == "there is no such lesson (LESSON_NOT_FOUND)"
    await assistant.ask("enroll", course=DEMO)
    await assistant.ask("enroll", course=DEMO)
    lesson = await assistant.ask("read_lesson", lessonId=first["lessonId"])
    assert lesson["title"] == first["title"]
    assert "Let your eyes adapt" in lesson["body"]
    assert lesson["media"]["pdfs"][0]["title"].startswith("Card")
    assert "signature" not in json.dumps(lesson)
    assert lesson["nextLessonId"] == second["lessonId"]
    await assistant.ask("mark_lesson", lessonId=first["lessonId"])
    await take_quiz(assistant, first["lessonId"])
    progress = await assistant.ask("get_my_progress", course=DEMO)
    assert progress["lessons"][0]["completeTime"]
    await assistant.ask("mark_lesson", lessonId=first["lessonId"], completed=False)
    progress = await assistant.ask("mark_lesson", lessonId=first["lessonId"], completed=True)
    assert progress["completedLessons"] == 1


async def take_quiz(assistant: Assistant, lesson_id: str) -> None:
    """Attempt it until it is passed."""
    quiz = await assistant.ask("get_quiz", lessonId=lesson_id)
    assert quiz["attemptsUsed"] == 0
    guesses = Guesses(quiz["questions"])
    attempts, passed = 0, False
    while not passed:
        attempt = await assistant.ask("start_quiz", lessonId=lesson_id)
        again = await assistant.ask("start_quiz", lessonId=lesson_id)
        assert again["attemptId"] == attempt["attemptId"]
        given = {
            "lessonId": lesson_id,
            "attemptId": attempt["attemptId"],
            "answers": guesses.answers(attempt["questions"]),
        }
        result = await assistant.ask("submit_quiz", **given)
        # An assistant that tries again uses up nothing.
        assert await assistant.ask("submit_quiz", **given) == result
        attempts, passed = attempts + 1, result["passed"]
        assert guesses.learn(result["questionResults"]) or passed
    results = await assistant.ask("list_quiz_results", lessonId=lesson_id)
    assert len(results["results"]) == attempts
    assert any(each["correctAnswers"] for each in results["results"][-1]["questionResults"])


def test_nobody_sees_what_is_public_and_no_more(
    server_for: Callable[[str], AcademyServer], lessons: list[dict[str, Any]]
) -> None:
    preview = next(each["lessonId"] for each in lessons if each["preview"])
    hidden = next(each["lessonId"] for each in lessons if not each["preview"])

    async def conversation(assistant: Assistant) -> None:
        assert (await assistant.ask("search_courses", tags=None))["totalSize"] >= 1
        assert (await assistant.ask("get_course", course=DEMO))["slug"] == DEMO
        assert (await assistant.ask("read_lesson", lessonId=preview))["body"]
        known: dict[str, Any] = {"lessonId": hidden, "course": DEMO, "attemptId": "x", **ANSWERS}
        for tool in (await assistant.client.list_tools()).tools:
            if tool.name not in PUBLIC:
                required = tool.input_schema.get("required", ())
                said = await assistant.refused(tool.name, **{key: known[key] for key in required})
                assert "SIGN_IN_REQUIRED" in said, tool.name
                assert "STELLR_TOKEN" in said

    talk(server_for(NOBODY), conversation)


def test_what_is_another_learners_is_out_of_reach(
    server_for: Callable[[str], AcademyServer],
    enrolled: Callable[..., Learner],
    learner: Callable[..., Learner],
    lessons: list[dict[str, Any]],
) -> None:
    lesson_id = next(each["lessonId"] for each in lessons if each["hasQuiz"])
    owner = enrolled()
    attempt = owner.post(f"/quiz/{lesson_id}/start").json()["attemptId"]
    submission = {"lessonId": lesson_id, "attemptId": attempt, **ANSWERS}

    async def in_the_course(assistant: Assistant) -> None:
        assert "ATTEMPT_NOT_FOUND" in await assistant.refused("submit_quiz", **submission)

    async def elsewhere(assistant: Assistant) -> None:
        for tool in ("get_quiz", "start_quiz", "list_quiz_results"):
            assert "QUIZ_NOT_FOUND" in await assistant.refused(tool, lessonId=lesson_id)
        assert "LESSON_NOT_FOUND" in await assistant.refused("mark_lesson", lessonId=lesson_id)
        assert "COURSE_NOT_FOUND" in await assistant.refused("get_my_progress", course=DEMO)

    talk(server_for(enrolled().token), in_the_course)
    talk(server_for(learner().token), elsewhere)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("get_course", {}, "course: Field required"),
        ("get_course", {"course": "../me/export"}, "course: String should match"),
        ("get_course", {"course": "x", "lessonId": "y"}, "lessonId: Extra inputs"),
        ("get_course", {"course": "no-such-course"}, "COURSE_NOT_FOUND"),
        ("search_courses", {"pageSize": 101}, "pageSize: Input should be less"),
        ("search_courses", {"pageToken": "junk"}, "pageToken: is not a token of this list"),
        ("search_courses", {"orderBy": "price"}, "orderBy: Input should be"),
        ("read_lesson", {"lessonId": "x", "part": 0}, "part: Input should be greater"),
        (
            "submit_quiz",
            {"lessonId": "x", "attemptId": "x", "answers": [{"questionId": "x", "answer": 1}]},
            "answers.0.answer: Extra inputs",
        ),
    ],
)
def test_what_is_wrong_is_named(
    server_for: Callable[[str], AcademyServer], tool: str, arguments: dict[str, Any], said: str
) -> None:
    async def conversation(assistant: Assistant) -> None:
        assert said in await assistant.refused(tool, **arguments)

    talk(server_for(NOBODY), conversation)


def test_a_token_that_is_not_good_is_told_and_not_shown(
    server_for: Callable[[str], AcademyServer],
) -> None:
    async def conversation(assistant: Assistant) -> None:
        said = await assistant.refused("list_my_courses")
        assert "TOKEN_INVALID" in said
        assert "STELLR_TOKEN" in said
        assert "forged" not in said

    talk(server_for("forged.forged.forged"), conversation)


def test_a_long_lesson_comes_in_parts(
    server_for: Callable[[str], AcademyServer], mesh: Callable[[str, str], MeshChannel]
) -> None:
    text = "A line of a long lesson.\n" * (PART_CHARACTERS // 10)
    lesson = pb.ImportLesson(key="long.md", title="Long", body=text, preview=True)
    section = pb.ImportSection(title="Section", lessons=[lesson])
    content = pb.CourseContent(
        slug="a-long-lesson", title="Long", language="en", sections=[section]
    )
    lesson_id = import_course(mesh, content).lessons[0].lesson_id

    async def conversation(assistant: Assistant) -> None:
        first = await assistant.ask("read_lesson", lessonId=lesson_id)
        parts = [
            await assistant.ask("read_lesson", lessonId=lesson_id, part=number + 1)
            for number in range(first["parts"])
        ]
        assert len(parts) > 1
        assert all(len(each["body"]) <= PART_CHARACTERS for each in parts)
        assert "".join(each["body"] for each in parts).strip() == text.strip()
        beyond = await assistant.refused("read_lesson", lessonId=lesson_id, part=len(parts) + 1)
        assert beyond == f"part: the text of this lesson has {len(parts)}."

    talk(server_for(NOBODY), conversation)


def test_tools_tell_what_they_do(server_for: Callable[[str], AcademyServer]) -> None:
    async def conversation(assistant: Assistant) -> None:
        tools = (await assistant.client.list_tools()).tools
        writes = {"enroll", "mark_lesson", "start_quiz", "submit_quiz"}
        for tool in tools:
            assert tool.annotations
            assert tool.annotations.read_only_hint is (tool.name not in writes)
            assert tool.annotations.destructive_hint is False
            assert tool.description
            assert tool.output_schema
            assert tool.input_schema["additionalProperties"] is False
        assert writes < {tool.name for tool in tools}

    talk(server_for(NOBODY), conversation)
