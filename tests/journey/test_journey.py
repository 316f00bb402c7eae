"""The academy as its people use it: everything through Envoy."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from prometheus_client.parser import text_string_to_metric_families
from pypdf import PdfReader

from edge.journey.browser import Browser
from edge.journey.steps import Steps
from edge.journey.walk import Journey
from services.kit.identity.tokens import KeySet, MeshTokens, load_key
from tests.support import DEMO, ROOT, Learner, Stack, Visitor

NIGHT_SKY = ROOT / "edge" / "demo" / DEMO
# Beside what is internal by name: of the mesh, or of the operations listener.
NOT_PUBLIC = (
    "grpc.health.v1.Health/Check",
    "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources",
)
DONE = (
    "registered",
    "signed_in",
    "stellr_enrollments_total",
    "stellr_quizzes_passed_total",
    "stellr_completions_total",
    "stellr_certificates_issued_total",
)
ADMIN = ("/config_dump", "/stats", "/clusters", "/server_info", "/quitquitquit", "/logging")


def done_so_far(stack: Stack) -> dict[str, float]:
    """What people have done in the academy, as it counts that."""
    text = httpx.get(f"{stack.operations_url}/metrics", timeout=20).text
    found = dict.fromkeys(DONE, 0.0)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = sample.labels.get("event", sample.name)
            if name in found:
                found[name] += sample.value
    return found


def test_the_whole_journey(stack: Stack, tmp_path: Path) -> None:
    before = done_so_far(stack)
    told: list[str] = []
    browser = Browser(stack.url)
    journey = Journey(
        browser,
        stack.state,
        DEMO,
        tmp_path / "certificate.pdf",
        Steps(lambda name, found, seconds: told.append(name)),
    )
    journey.walk()
    browser.close()
    assert told[0] == "register"
    assert told[-1] == "be refused from now on"
    text = PdfReader(tmp_path / "certificate.pdf").pages[0].extract_text()
    assert journey.learner.name in text
    # Others are at it at the same time.
    assert all(number > before[name] for name, number in done_so_far(stack).items())


def test_the_command(stack: Stack, tmp_path: Path) -> None:
    target = tmp_path / "mine.pdf"
    done = stack.command("journey", "--output", str(target))
    assert (done.returncode, done.stderr) == (0, "")
    assert target.read_bytes().startswith(b"%PDF-")
    assert "The whole journey took" in done.stdout
    done = stack.command("journey", "--login", "phone", "--output", str(target))
    assert done.returncode == 0, done.stderr
    assert "by SMS" in done.stdout
    done = stack.command("journey", "--login", "google", "--output", str(target))
    assert done.returncode == 0, done.stderr
    assert "sign in at the provider" in done.stdout


def test_the_command_says_where_a_journey_ends(stack: Stack, tmp_path: Path) -> None:
    target = str(tmp_path / "x.pdf")
    done = stack.command("journey", "--course", "no-such-course", "--output", target)
    assert done.returncode == 1
    assert "read the outline: GET /courses/no-such-course answered 404" in done.stderr
    done = stack.command("journey", "--url", "http://127.0.0.1:9", "--output", target)
    assert done.returncode == 1
    assert "register:" in done.stderr
    assert "Traceback" not in done.stderr


def test_learners_see_nothing_of_each_other(
    enrolled: Callable[..., Learner], lessons: list[dict[str, Any]], course: dict[str, Any]
) -> None:
    one, other = enrolled(), enrolled()
    lesson = lessons[1]["lessonId"]
    one.post("/progress/mark-complete", {"lessonId": lesson})
    question = one.get(f"/quiz/{lesson}").json()["questions"][0]
    one.post(f"/quiz/{lesson}/submit", {"answers": [{"questionId": question["questionId"]}]})
    course_id = course["courseId"]
    seen = other.get(f"/progress/me/courses/{course_id}").json()
    assert (seen["completedLessons"], seen["percentage"]) == (0, 0)
    assert other.get(f"/quiz/{lesson}/results").json()["results"] == []
    assert len(one.get(f"/quiz/{lesson}/results").json()["results"]) == 1
    for path in (f"/progress/{one.user_id}", f"/progress/{one.user_id}/courses/{course_id}"):
        assert one.get(path).status_code == 200
        assert other.get(path).status_code == 404
    enrollments = other.get("/enrollments").json()["enrollments"]
    assert {each["userId"] for each in enrollments} == {other.user_id}
    assert other.get("/me").json()["email"] == other.email


def test_importing_again_changes_nothing(stack: Stack, visitor: Visitor) -> None:
    before = visitor.get(f"/courses/{DEMO}")
    done = stack.command("import", str(NIGHT_SKY))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].startswith("[1/5] stored ")
    last = done.stdout.splitlines()[-1]
    assert last.startswith("4 lessons, ")
    assert last.endswith("; nothing changed")
    after = visitor.get(f"/courses/{DEMO}")
    assert after.json() == before.json()
    assert after.headers.get("etag") == before.headers.get("etag")


def test_a_broken_bundle_is_refused_whole(stack: Stack, visitor: Visitor, tmp_path: Path) -> None:
    before = visitor.get(f"/courses/{DEMO}").json()
    broken = tmp_path / DEMO
    shutil.copytree(NIGHT_SKY, broken)
    (broken / "lessons" / "03-the-moon.md").unlink()
    (broken / "quizzes" / "02-stars-and-planets.gift").write_text("Why? {\n ~a\n ~b\n}\n")
    done = stack.command("import", str(broken))
    assert done.returncode == 1
    assert done.stdout == ""
    places = [line.split(": ", 1)[0] for line in done.stderr.splitlines()]
    assert places[:2] == ["course.yaml:23", "quizzes/02-stars-and-planets.gift:1"]
    assert "nothing was changed" in done.stderr
    assert visitor.get(f"/courses/{DEMO}").json() == before


def test_what_cannot_be_imported_is_said_in_a_sentence(stack: Stack, tmp_path: Path) -> None:
    done = stack.command("import", str(tmp_path / "nowhere"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Error: There is no directory {tmp_path / 'nowhere'}.\n"
    done = stack.command("import", str(tmp_path))
    assert done.returncode == 1
    assert "course.yaml" in done.stderr
    done = stack.command("import", str(NIGHT_SKY), "--state", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == f"Error: Stellr is not running on {tmp_path}.\n"


def test_the_operator_grants_roles(stack: Stack, learner: Callable[..., Learner]) -> None:
    somebody = learner()
    done = stack.command("admin", "grant", somebody.email, "author")
    assert (done.returncode, done.stderr) == (0, "")
    assert somebody.email in done.stdout
    body = {"refreshToken": somebody.refresh_token}
    session = Visitor(stack).post("/token/refresh", body).json()
    assert "author" in session["user"]["roles"]
    done = stack.command("admin", "grant", "nobody@learner.example", "admin")
    assert done.returncode == 1
    assert done.stderr == "Error: There is no account with the address nobody@learner.example.\n"
    assert stack.command("admin", "grant", somebody.email, "emperor").returncode == 2


def not_public() -> Iterator[str]:
    """Every method that no protocol may reach through the public door."""
    contracts = FileDescriptorSet.FromString((ROOT / "protos/gen/stellr/stellr.binpb").read_bytes())
    for file in contracts.file:
        for service in file.service:
            if service.name.endswith("InternalService") or service.name in (
                "RuntimeService",
                "EventService",
                "DeadLetterService",
                "PersonalDataService",
                "OperationsService",
            ):
                yield from (f"{file.package}.{service.name}/{m.name}" for m in service.method)
    yield from NOT_PUBLIC


@pytest.mark.parametrize("method", list(not_public()))
def test_internal_methods_do_not_answer(stack: Stack, method: str) -> None:
    identity = {"x-stellr-service": service_token(stack, method)}
    with grpc.insecure_channel(f"127.0.0.1:{stack.port}") as channel:
        call: Any = channel.unary_unary(f"/{method}")
        with pytest.raises(grpc.RpcError) as error:
            call(b"", timeout=10, metadata=tuple(identity.items()))
        assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED
    url = f"{stack.url}/{method}"
    web = {**identity, "content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
    answer = httpx.post(url, content=bytes(5), headers=web)
    assert answer.status_code == 404 or answer.headers["grpc-status"] == "12"
    assert httpx.post(url, json={}, headers=identity).status_code == 404
    assert httpx.get(url, headers=identity).status_code == 404


def service_token(stack: Stack, method: str) -> str:
    """What would open the method on the mesh."""
    service = method.split(".")[1] if method.startswith("stellr.") else "gateway"
    key = load_key((stack.state / "keys" / "operator.pem").read_bytes())
    return MeshTokens("operator", key, KeySet(lambda: {"keys": []})).token_for(service)


@pytest.mark.parametrize("path", ADMIN)
def test_envoys_admin_does_not_answer(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code == 404
    assert visitor.post(path).status_code == 404
