import re

import pytest

from edge.envoy.methods import Method, body_fields, expression, known_paths, methods_of
from edge.envoy.render import contracts, load, transcoded_services
from edge.openapi.contracts import Contracts
from edge.openapi.operations import rules

COURSE = "stellr.course.v1.CourseService"


@pytest.mark.parametrize(
    ("template", "path", "fits"),
    [
        ("/courses/{course_id}", "/courses/7", True),
        ("/courses/{course_id}", "/courses/7/lessons", False),
        ("/courses/{course_id}:publish", "/courses/7:publish", True),
        ("/courses/{course_id}", "/courses/7/", True),
        ("/courses/{course_id}", "/courses//", False),
        ("/files/{path=**}", "/files/a/b", True),
        ("/.well-known/jwks.json", "/.well-known/jwksxjson", False),
    ],
)
def test_a_path_template_as_an_expression(template: str, path: str, fits: bool) -> None:
    assert bool(re.fullmatch(expression(template), path)) is fits


def test_what_a_contract_says_of_its_rpcs() -> None:
    descriptors = contracts()
    found = {method.name: method for method in methods_of(descriptors, [COURSE])}
    get, enroll = found["GetCourse"], found["EnrollCourse"]
    assert get.path == f"/{COURSE}/GetCourse"
    assert get.domain == "course"
    assert (get.repeatable, enroll.repeatable) == (True, False)
    assert enroll.rules == (("POST", "/courses/{course}/enroll"),)
    assert not get.streams


def test_a_path_knows_all_its_methods() -> None:
    get = Method("a.b.v1.S", "Get", (("GET", "/me"),), repeatable=True, streams=False)
    change = Method("a.b.v1.S", "Change", (("PATCH", "/me"),), repeatable=False, streams=False)
    (path,) = known_paths([get, change])
    assert (path.expression, path.verbs) == ("/me/?", {"GET", "PATCH"})


@pytest.mark.parametrize(
    ("path", "verbs", "wider"),
    [
        ("/media/uploads/?", {"POST"}, "/media/[^/]+/?"),
        ("/progress/mark-complete/?", {"POST"}, "/progress/[^/]+/?"),
        ("/courses/[^/]+:publish/?", {"POST"}, "/courses/[^/]+/?"),
    ],
)
def test_a_path_that_others_match_comes_before_them_with_its_own_methods(
    path: str, verbs: set[str], wider: str
) -> None:
    found = known_paths(methods_of(contracts(), transcoded_services(load(), "public")))
    paths = [each.expression for each in found]
    assert found[paths.index(path)].verbs == verbs
    assert paths.index(path) < paths.index(wider)


def test_a_name_of_a_body_is_that_of_nothing_else_that_has_fields() -> None:
    """Else door.lua could not tell `profile.bio` of a body from that of a whole request."""
    descriptors = contracts()
    every = Contracts.of(descriptors)
    bodies = body_fields(descriptors)
    assert {"profile", "course"} <= set(bodies)
    whole = [each for each in every.rpcs if [rule.body for rule in rules(each)] == ["*"]]
    assert whole
    assert not [
        (each.declared.name, field.name)
        for each in whole
        for field in every.messages[each.declared.input_type.lstrip(".")].field
        if field.name in bodies and field.type == field.TYPE_MESSAGE
    ]


def test_what_people_open_by_its_address_is_open() -> None:
    every = methods_of(contracts(), transcoded_services(load(), "public"))
    opened = {method.name for method in every if method.is_open}
    assert {"GetVerificationPage", "GetVerifyEmailPage", "GetContent", "GetHealth"} <= opened
    assert not {"ListCourses", "GetProfile", "Login"} & opened


def test_who_answers_with_a_secret_and_what_is_for_everybody() -> None:
    every = methods_of(contracts(), transcoded_services(load(), "public"))
    secret = {method.name for method in every if method.secret}
    assert {"Login", "RefreshToken"} <= secret
    assert not {"ListCourses", "GetProfile"} & secret
    assert {"GetJwks", "GetCredential", "GetStatusList", "GetHealth"} <= {
        method.name for method in every if method.is_open and method.is_public
    }
