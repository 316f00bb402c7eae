import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from edge import registry
from edge.cli.main import main
from edge.envoy import render

DESCRIPTORS = FileDescriptorSet.FromString(render.DESCRIPTORS.read_bytes())


def services_with_http() -> set[str]:
    return {
        f"{file.package}.{service.name}"
        for file in DESCRIPTORS.file
        for service in file.service
        if any(render.http_rules(method) for method in service.method)
    }


def routes() -> list[render.Json]:
    manager = render.connection_manager(render.load(), "public")
    found: list[render.Json] = manager["route_config"]["virtual_hosts"][0]["routes"]
    return found


def test_exactly_the_public_services_are_transcoded() -> None:
    config = render.load()
    public = render.public_services(config)
    operations = render.public_services(config, "operations")
    assert operations == ["stellr.gateway.v1.OperationsService"]
    assert set(public) | set(operations) == services_with_http()
    assert not set(public) & set(operations)


def test_native_grpc_reaches_the_same_services_and_no_others() -> None:
    forwarded = [route["match"] for route in routes() if "route" in route]
    paths = [match.get("prefix", match.get("path")) for match in forwarded]
    assert {path.split("/")[1] for path in paths} == set(render.public_services(render.load()))
    assert all(path.count("/") == 2 for path in paths)
    assert "Internal" not in "".join(paths)


def test_only_reads_are_retried() -> None:
    retried = [route for route in routes() if "retry_policy" in route.get("route", {})]
    assert retried
    assert all(re.search(r"/(Get|List)$", route["match"]["prefix"]) for route in retried)


def test_file_streams_have_no_request_timeout() -> None:
    streams = {
        f"/{file.package}.{service.name}/{method.name}"
        for file in DESCRIPTORS.file
        for service in file.service
        for method in service.method
        if method.server_streaming and f"{file.package}.{service.name}" in services_with_http()
    }
    endless = {r["match"]["path"] for r in routes() if r.get("route", {}).get("timeout") == "0s"}
    assert endless == {name for name in streams if "OperationsService" not in name}


def test_the_container_file_names_every_service() -> None:
    expected = render.container_clusters(list(registry.SERVICES))
    assert render.CONTAINER_CLUSTERS.read_text() == expected


@pytest.mark.parametrize(
    ("template", "path", "fits"),
    [
        ("/courses/{course_id}", "/courses/7", True),
        ("/courses/{course_id}", "/courses/7/lessons", False),
        ("/courses/{course_id}:publish", "/courses/7:publish", True),
        ("/files/{path=**}", "/files/a/b", True),
        ("/.well-known/jwks.json", "/.well-known/jwksxjson", False),
    ],
)
def test_a_path_template_as_an_expression(template: str, path: str, fits: bool) -> None:
    assert bool(re.fullmatch(render.expression(template), path)) is fits


def test_a_local_run_stays_on_the_loopback_address(tmp_path: Path) -> None:
    targets = {name: ["127.0.0.1:1"] for name in registry.SERVICES}
    render.write(tmp_path, render.Ports(8080, 8081, 9901), targets)
    text = (tmp_path / "envoy.yaml").read_text()
    assert "0.0.0.0" not in text
    clusters = yaml.safe_load((tmp_path / "clusters.yaml").read_text())["resources"]
    assert [cluster["name"] for cluster in clusters] == list(registry.SERVICES)


def test_envoy_takes_its_configuration() -> None:
    result = CliRunner().invoke(main, ["envoy", "--validate"])
    assert (result.exit_code, result.output) == (0, "envoy.yaml is valid\n")


def test_connections_to_services_remember_no_headers() -> None:
    for cluster in render.clusters({"user": ["user:50051"]})["resources"]:
        (options,) = cluster["typed_extension_protocol_options"].values()
        http2 = options["explicit_http_config"]["http2_protocol_options"]
        assert http2["hpack_table_size"] == 0
