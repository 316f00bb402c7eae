"""What the academy publishes of itself, through Envoy."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest

from services.gateway.errors import NotPublished
from services.gateway.files import sent_parts
from services.gateway.published import Published
from stellr.gateway.v1 import gateway_service_pb2 as pb
from stellr.gateway.v1.gateway_service_pb2_grpc import GatewayServiceStub
from tests.support import Stack, Visitor, reason

FILES = {
    "/openapi.json": "application/json",
    "/postman.json": "application/json",
    "/docs": "text/html; charset=utf-8",
    "/docs/errors": "text/html; charset=utf-8",
    "/docs/docs.js": "text/javascript; charset=utf-8",
    "/docs/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "/docs/swagger-ui.css": "text/css; charset=utf-8",
}


@pytest.mark.parametrize("path", list(FILES))
def test_it_is_there_and_not_sent_twice(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, FILES[path])
    again = visitor.http.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = visitor.http.head(path)
    assert (head.status_code, head.content) == (200, b"")


def test_the_document_says_what_is_there(visitor: Visitor) -> None:
    made = visitor.get("/openapi.json").json()
    assert made["openapi"] == "3.1.0"
    assert {"/login", "/courses", "/docs"} <= made["paths"].keys()


@pytest.mark.parametrize("path", ["/docs", "/docs/errors"])
def test_pages_run_only_what_is_ours(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "://" not in answer.text.replace(f"{visitor.http.base_url}", "")


def test_the_page_of_errors_has_all_reasons(visitor: Visitor) -> None:
    page = visitor.get("/docs/errors").text
    for each in visitor.get("/openapi.json").json()["x-error-reasons"]:
        assert f'id="{each["name"]}"' in page


@pytest.mark.parametrize("name", ["nothing", "..%2fopenapi.json", "README.md"])
def test_nothing_else_is_there(visitor: Visitor, name: str) -> None:
    answer = visitor.get(f"/docs/{name}")
    assert answer.status_code in (400, 404)
    assert reason(answer) in ("PATH_NOT_FOUND", "REQUEST_MALFORMED")


def test_a_path_that_leads_out_of_the_folder_is_another_path(visitor: Visitor) -> None:
    assert visitor.get("/docs/%2e%2e").content == visitor.get("/").content


def test_callers_of_grpc_get_the_same(stack: Stack, visitor: Visitor) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{stack.port}") as channel:
        stub = GatewayServiceStub(channel)
        parts = list(stub.GetOpenApi(pb.GetOpenApiRequest(), timeout=20))
        assert b"".join(each.data for each in parts) == visitor.get("/openapi.json").content
        with pytest.raises(grpc.RpcError) as error:
            list(stub.GetDocsFile(pb.GetDocsFileRequest(file="nothing"), timeout=20))
        assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_only_files_of_the_folder_are_published(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.html").write_text("x" * 100_000)
    (tmp_path / "docs" / "notes.md").write_text("x")
    published = Published(tmp_path)
    parts = sent_parts(published.file("docs/index.html"))
    assert [len(each.data) for each in parts] == [65536, 34464]
    for name in ("docs/notes.md", "../x", "docs", ""):
        with pytest.raises(NotPublished):
            published.file(name)
