import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import grpc
import psycopg
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from services.kit.data.database import Database
from services.kit.errors import InvalidArgument, NotFound
from services.kit.rpc.clients import MeshChannel
from services.user import repository
from stellr.errors.v1.reason_pb2 import Reason
from stellr.user.v1 import user_internal_service_pb2 as internal
from stellr.user.v1 import user_service_pb2 as pb
from stellr.user.v1.user_internal_service_pb2_grpc import UserInternalServiceStub
from stellr.user.v1.user_service_pb2_grpc import UserServiceStub
from tests.support import Learner, Stack, Visitor, eventually, reason, violations

Learners = Callable[..., Learner]
Mesh = Callable[[str, str], MeshChannel]


def query(stack: Stack, service: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.run["databases"][service]) as connection:
        return connection.execute(statement.encode(), values).fetchall()


def test_a_profile_is_made_from_the_account(learner: Learners) -> None:
    person = learner(name="Ada Lovelace")
    me = person.get("/me").json()
    onboarding = me.pop("onboarding")
    assert me.pop("createTime") <= onboarding.pop("firstLoginTime")
    assert onboarding == {"tutorialCompleted": False, "step": 0}
    assert me == {
        "userId": person.user_id,
        "displayName": "Ada Lovelace",
        "email": person.email,
        "phone": "",
        "avatarUrl": "",
        "bio": "",
        "locale": "en",
        "timezone": "UTC",
    }


def test_a_hundred_first_touches_make_one_profile(stack: Stack, learner: Learners) -> None:
    person = learner()
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: person.get("/me"), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    count = "SELECT count(*) FROM profiles WHERE user_id = %s"
    assert query(stack, "user", count, person.user_id) == [(1,)]


def test_visitors_have_no_profile(visitor: Visitor) -> None:
    for answer in (visitor.get("/me"), visitor.patch("/me", {"bio": "Hi"})):
        assert (answer.status_code, reason(answer)) == (401, "SIGN_IN_REQUIRED")


def test_people_see_and_change_only_themselves(learner: Learners) -> None:
    one, other = learner(), learner()
    one.patch("/me", {"bio": "mine"})
    assert other.get("/me").json()["bio"] == ""
    other.patch("/me", {"userId": one.user_id, "bio": "yours"})
    assert other.get("/me").json()["userId"] == other.user_id
    assert one.get("/me").json()["bio"] == "mine"


@pytest.mark.parametrize(
    ("verb", "path"), [("PATCH", "/me"), ("PATCH", "/update-profile"), ("POST", "/update-profile")]
)
def test_what_is_present_changes_and_nothing_else(learner: Learners, verb: str, path: str) -> None:
    person = learner()
    before = person.get("/me").json()
    change = {"displayName": "  Grace Hopper ", "timezone": "Europe/Zurich", "locale": "de_CH"}
    after = person.http.request(verb, path, json=change).json()
    changed = {"displayName": "Grace Hopper", "timezone": "Europe/Zurich", "locale": "de-CH"}
    assert after == {**before, **changed}
    assert person.get("/me").json() == after


def test_a_mask_clears_what_it_names(learner: Learners) -> None:
    person = learner()
    person.patch("/me", {"bio": "Hi", "avatarUrl": "https://a.example/me.png"})
    cleared = person.patch("/me?updateMask=avatarUrl", {"bio": "not named"}).json()
    assert (cleared["avatarUrl"], cleared["bio"]) == ("", "Hi")
    assert person.patch("/me?updateMask=avatarUrl,bio", {}).json()["bio"] == ""


@pytest.mark.parametrize("mask", ["*", "userId", "email", "bio,nope"])
def test_an_unknown_mask_path_is_refused(learner: Learners, mask: str) -> None:
    refused = learner().patch(f"/me?updateMask={mask}", {"bio": "Hi"})
    assert refused.status_code == 400
    assert list(violations(refused)) == ["updateMask"]


def test_masks_of_grpc_are_snake_case(stack: Stack, learner: Learners) -> None:
    person = learner()
    token = [("authorization", f"Bearer {person.token}")]
    request = pb.UpdateProfileRequest(
        profile=pb.ProfileChange(display_name="Zoe"), update_mask=FieldMask(paths=["display_name"])
    )
    with grpc.insecure_channel(stack.target("user")) as channel:
        stub: Any = UserServiceStub(channel)
        assert stub.UpdateProfile(request, metadata=token).display_name == "Zoe"
        request.update_mask.paths[:] = ["displayName"]
        with pytest.raises(grpc.RpcError) as refused:
            stub.UpdateProfile(request, metadata=token)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("displayName", " "),
        ("displayName", "\u00a0"),
        ("displayName", "\u200b\u2060"),
        ("displayName", "Ada\u202eecalevoL"),
        ("displayName", "a\u2028b"),
        ("displayName", "a\x85b"),
        ("avatarUrl", "https://a.example/\x00"),
        ("displayName", "x" * 101),
        ("displayName", "a\nb"),
        ("avatarUrl", "http://plain.example/x"),
        ("avatarUrl", "javascript:alert(1)"),
        ("bio", "x" * 1001),
        ("locale", ""),
        ("locale", "not a locale"),
        ("timezone", "Mars/Olympus"),
    ],
)
def test_a_bad_value_is_named(learner: Learners, field: str, value: str) -> None:
    refused = learner().patch("/me", {field: value})
    assert refused.status_code == 400
    assert list(violations(refused)) == [field]


def test_changes_of_different_fields_at_once_all_stay(learner: Learners) -> None:
    person = learner()
    person.get("/me")
    for number in range(5):
        wanted = {
            "displayName": f"Name {number}",
            "bio": f"Bio {number}",
            "avatarUrl": f"https://a.example/{number}",
            "timezone": ["UTC", "Asia/Tokyo"][number % 2],
        }
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda field: person.patch("/me", {field: wanted[field]}), wanted))  # noqa: B023
        me = person.get("/me").json()
        assert {field: me[field] for field in wanted} == wanted


def test_an_update_may_be_the_first_touch(learner: Learners) -> None:
    assert learner().patch("/me", {"bio": "first"}).json()["bio"] == "first"


def test_the_newest_name_comes_to_the_contact_card(stack: Stack, learner: Learners) -> None:
    person = learner()
    names = [f"Name {number}" for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda name: person.patch("/me", {"displayName": name}), names))
    last = person.get("/me").json()["displayName"]
    card = "SELECT name, email FROM contacts WHERE user_id = %s"
    expected = [(last, person.email)]
    eventually(lambda: query(stack, "notification", card, person.user_id) == expected)
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'failed'"
    eventually(lambda: query(stack, "user", jobs) == [(0,)])
    assert query(stack, "notification", card, person.user_id) == expected


def test_times_of_changes_are_in_the_order_of_their_commits(
    database_of: Callable[[str], Database],
) -> None:
    database, user_id = database_of("user"), uuid4()
    first = {"user_id": user_id, "email": "a", "phone": "", "display_name": "A", "locale": "en"}
    with database.transaction():
        repository.create_profile(database, first)
    times: list[Any] = []

    def change() -> None:
        with database.transaction():
            changed = repository.update_profile(database, user_id, {"bio": "second"})
            times.append(changed.updated_at)

    with database.transaction():
        began_first = threading.Thread(target=change)
        changed = repository.update_profile(database, user_id, {"bio": "first"})
        times.append(changed.updated_at)
        began_first.start()
        began_first.join(0.2)
    began_first.join(5)
    assert times == sorted(set(times))
    assert len(times) == 2


def test_certificate_asks_for_names(mesh: Mesh, learner: Learners) -> None:
    person = learner(name="Ada Lovelace")
    stub: Any = UserInternalServiceStub(mesh("certificate", "user"))
    request = internal.GetPersonNameRequest(user_id=person.user_id)
    assert stub.GetPersonName(request).display_name == "Ada Lovelace"
    person.patch("/me", {"displayName": "Countess Lovelace"})
    assert stub.GetPersonName(request).display_name == "Countess Lovelace"
    assert stub.GetPersonName(request).timezone == "UTC"
    person.patch("/me", {"timezone": "Europe/London"})
    assert stub.GetPersonName(request).timezone == "Europe/London"
    with pytest.raises(NotFound) as refused:
        stub.GetPersonName(internal.GetPersonNameRequest(user_id=str(uuid4())))
    assert refused.value.reason == Reason.REASON_ACCOUNT_NOT_FOUND
    with pytest.raises(InvalidArgument):
        stub.GetPersonName(internal.GetPersonNameRequest(user_id="me"))


def test_nobody_else_asks_for_names(stack: Stack, mesh: Mesh, learner: Learners) -> None:
    person = learner()
    request = internal.GetPersonNameRequest(user_id=person.user_id)
    wrong: Any = UserInternalServiceStub(mesh("course", "user"))
    with pytest.raises(grpc.RpcError) as refused:
        wrong.GetPersonName(request)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    token = [("authorization", f"Bearer {person.token}")]
    with grpc.insecure_channel(stack.target("user")) as channel:
        stub: Any = UserInternalServiceStub(channel)
        with pytest.raises(grpc.RpcError) as refused:
            stub.GetPersonName(request, metadata=token)
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
