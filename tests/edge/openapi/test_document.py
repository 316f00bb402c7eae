"""The OpenAPI document of the contracts: valid, whole, and true to what the transcoder does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from buf.validate import validate_pb2
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.versions import OPENAPIV31, get_spec_version
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from edge.envoy import render
from edge.envoy.methods import methods_of
from edge.openapi import bounds, errors
from edge.openapi.contracts import Contracts
from edge.openapi.operations import openapi_path
from edge.openapi.publishing import openapi
from stellr.options.v1 import rules_pb2

Json = dict[str, Any]


@pytest.fixture(scope="module", name="made")
def _made() -> Json:
    return openapi()


def operations(made: Json) -> Iterator[tuple[str, str, Json]]:
    for path, verbs in made["paths"].items():
        for verb, operation in verbs.items():
            yield path, verb, operation


def body(made: Json, path: str, verb: str = "post") -> Json:
    content: Json = made["paths"][path][verb]["requestBody"]["content"]["application/json"]
    return content


def component(made: Json, name: str) -> Json:
    found: Json = made["components"]["schemas"][name]
    return found


def test_it_is_valid_by_the_official_schema(made: Json) -> None:
    assert get_spec_version(made) == OPENAPIV31
    assert list(OpenAPIV31SpecValidator(made).iter_errors()) == []


def test_its_version_is_that_of_the_contracts(made: Json) -> None:
    packages = {each.package for each in render.contracts().file}
    major = made["info"]["version"].split(".")[0]
    versions = {each.rpartition(".")[2] for each in packages if each.startswith("stellr.")}
    assert versions == {f"v{major}"}


def test_every_path_of_the_public_door_is_there(made: Json) -> None:
    services = render.transcoded_services(render.load(), "public")
    rules = {
        (openapi_path(template), verb.lower())
        for method in methods_of(render.contracts(), services)
        for verb, template in method.rules
    }
    assert {(path, verb) for path, verb, _ in operations(made)} == rules


def test_every_operation_is_explained(made: Json) -> None:
    ids = []
    for path, verb, operation in operations(made):
        told = f"{verb} {path}"
        ids.append(operation["operationId"])
        assert operation["summary"], told
        assert "**Who:**" in operation["description"], told
        assert "**How often:**" in operation["description"], told
        assert {"200", "4XX", "5XX"} <= operation["responses"].keys(), told
        for parameter in operation.get("parameters", ()):
            assert "$ref" in parameter or parameter["description"], told
    assert len(ids) == len(set(ids))


def test_every_rule_of_our_own_has_its_keywords() -> None:
    ours = rules_pb2.DESCRIPTOR.extensions_by_name
    assert set(ours) == set(bounds.PREDEFINED)


def test_every_reason_is_in_the_catalogue(made: Json) -> None:
    listed = {each["name"] for each in made["x-error-reasons"]}
    contracts = Contracts.of(render.contracts())
    values = contracts.enums["stellr.errors.v1.Reason"].value
    assert listed == {each.name.removeprefix("REASON_") for each in values} - errors.INTERNAL
    assert all(each["text"] and each["code"] in errors.HTTP for each in made["x-error-reasons"])


def test_a_reason_has_the_status_that_it_is_answered_with(made: Json) -> None:
    statuses = {each["name"]: each["status"] for each in made["x-error-reasons"]}
    assert (statuses["REQUEST_MALFORMED"], statuses["OBJECT_TOO_LARGE"]) == (400, 413)
    assert (statuses["METHOD_NOT_ALLOWED"], statuses["RANGE_NOT_SATISFIABLE"]) == (405, 416)


def test_examples_are_what_the_schemas_ask_for(made: Json) -> None:
    registry: Registry[Any] = Registry().with_resource("urn:doc", DRAFT202012.create_resource(made))
    tried = 0
    for path, verb, operation in operations(made):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content:
            # References are to the document, which is another one here.
            schema = absolute(content["schema"])
            validator = Draft202012Validator(schema, registry=registry)
            assert [*validator.iter_errors(content["example"])] == [], f"{verb} {path}"
            tried += 1
    assert tried > 40


def absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: f"urn:doc{value}" if key == "$ref" else absolute(value)
            for key, value in schema.items()
        }
    return [absolute(each) for each in schema] if isinstance(schema, list) else schema


def test_bounds_are_those_of_the_contract(made: Json) -> None:
    register = body(made, "/register")["schema"]
    assert register["required"] == ["email", "password", "displayName"]
    assert register["properties"]["password"]["minLength"] == 8
    assert register["properties"]["displayName"]["maxLength"] == 100
    assert register["properties"]["locale"]["pattern"].startswith("^$|")
    queries = {each.get("name"): each for each in made["paths"]["/courses"]["get"]["parameters"]}
    assert queries["pageSize"]["schema"]["maximum"] == 100
    assert queries["tags"]["schema"]["maxItems"] == 20


def test_of_alternatives_one_is_asked_for(made: Json) -> None:
    schema = body(made, "/media/lesson/{lessonId}/videos")["schema"]
    schema["properties"].pop("captions")
    valid = Draft202012Validator(schema).is_valid
    assert valid({"url": "https://videos.example/moon"})
    assert valid({"uploadId": "x"})
    assert not valid({"title": "Moon"})
    # It is in the path.
    assert "lessonId" not in schema["properties"]


def test_what_is_sent_and_received_has_two_schemas(made: Json) -> None:
    received = component(made, "AuthoredQuiz")
    assert {"title", "questions", "etag"} <= set(received["required"])
    sent = component(made, "AuthoredQuizInput")
    assert set(sent["required"]) < set(received["required"])


def test_who_may_is_told(made: Json) -> None:
    paths = made["paths"]
    assert paths["/login"]["post"]["security"] == []
    assert paths["/me"]["get"]["security"] == [{"bearer": []}]
    assert paths["/courses/{course}"]["get"]["security"] == [{}, {"bearer": []}]
    assert "**Who:** Administrators." in paths["/users"]["get"]["description"]
    assert paths["/courses"]["get"]["x-rate-limits"] == [
        {"name": "read", "callsPerMinute": 1200, "of": "from an address"}
    ]


def test_reasons_that_a_comment_names_are_told_by_status(made: Json) -> None:
    enroll = made["paths"]["/courses/{course}/enroll"]["post"]["responses"]
    assert "`COURSE_NOT_FOUND`" in enroll["404"]["description"]
    assert "`COURSE_FULL`" in enroll["400"]["description"]
    assert "`RATE_LIMITED`" in enroll["429"]["description"]
    assert "Retry-After" in enroll["429"]["headers"]
    example = enroll["404"]["content"]["application/json"]["example"]
    assert (example["code"], example["details"][0]["reason"]) == (5, "COURSE_NOT_FOUND")


def test_headers_are_where_they_are_taken(made: Json) -> None:
    def names(path: str, verb: str) -> set[str]:
        given = made["paths"][path][verb].get("parameters", ())
        return {each["$ref"].rpartition("/")[2] for each in given if "$ref" in each}

    assert names("/courses/{course}/enroll", "post") == {"Prefer", "Idempotency-Key"}
    # The reply has tokens, which are kept nowhere.
    assert names("/login", "post") == {"Prefer"}
    assert names("/courses/{course}", "get") == {"Prefer", "If-None-Match"}
    assert names("/media/content/{mediaId}", "get") == {"If-None-Match", "Range"}
    assert "304" in made["paths"]["/courses/{course}"]["get"]["responses"]


def test_files_come_and_go_in_their_types(made: Json) -> None:
    paths = made["paths"]
    assert set(paths["/courses:import"]["post"]["requestBody"]["content"]) == {
        "application/zip",
        "application/gzip",
    }
    forms = paths["/media/lesson/{lessonId}/pdfs"]["post"]["requestBody"]["content"]
    assert forms["multipart/form-data"]["schema"]["required"] == ["file"]
    pdf = paths["/certificate/{course}/download"]["get"]["responses"]["200"]["content"]
    assert set(pdf) == {"application/pdf"}


@pytest.mark.parametrize("verb", ["get", "post"])
def test_a_page_that_says_what_is_not_there_is_told(made: Json, verb: str) -> None:
    answers = made["paths"]["/notify/unsubscribe"][verb]["responses"]
    assert list(answers["200"]["content"]) == list(answers["404"]["content"]) == ["text/html"]


def test_an_event_has_a_message_as_its_data(made: Json) -> None:
    answer = made["paths"]["/notifications/stream"]["get"]["responses"]["200"]
    event = answer["content"]["text/event-stream"]["schema"]
    Draft202012Validator(event).validate({"event": "message", "data": "{}"})
    assert event["properties"]["data"]["contentSchema"]["$ref"].endswith(
        "/StreamNotificationsResponse"
    )


def test_a_second_path_of_an_rpc_says_which_is_the_first(made: Json) -> None:
    second = made["paths"]["/update-profile"]["patch"]
    assert second["operationId"] == "updateProfile2"
    assert second["description"].startswith("The same as `PATCH /me`.")


def test_all_kinds_of_rules_are_known() -> None:
    """A kind of rule that nobody translates would be a bound that nobody is told of."""
    used = {
        kind
        for message in Contracts.of(render.contracts()).messages.values()
        for field in message.field
        if (kind := field.options.Extensions[validate_pb2.field].WhichOneof("type"))
    }
    # In no request of the public door, or without a word in JSON Schema.
    elsewhere = {"duration", "bytes", "enum", "any", "timestamp", "field_mask", "map"}
    assert used - elsewhere <= set(bounds.BY_KIND)
