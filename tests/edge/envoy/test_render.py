from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from edge import registry
from edge.cli.main import main
from edge.envoy import render
from edge.envoy.methods import methods_of
from edge.envoy.routes import TRANSCODER

CONTRACTS = render.contracts()
TARGETS = {name: ["127.0.0.1:1"] for name in registry.SERVICES}
PORTS = render.Ports(8080, 8081, 9901)


def test_exactly_the_public_services_are_transcoded() -> None:
    public = render.transcoded_services(render.load(), "public")
    operations = render.transcoded_services(render.load(), "operations")
    assert operations == ["stellr.gateway.v1.OperationsService"]
    every = {f"{file.package}.{each.name}" for file in CONTRACTS.file for each in file.service}
    with_paths = {method.service for method in methods_of(CONTRACTS, every) if method.rules}
    assert set(public) | set(operations) == with_paths
    assert not set(public) & set(operations)


def test_native_grpc_reaches_the_same_rpcs_and_no_others() -> None:
    for listener in ("public", "operations"):
        services = render.transcoded_services(render.load(), listener)
        routes = render.routes_of(render.config(), listener)
        reached = [route["match"]["path"] for route in routes if "path" in route["match"]]
        assert sorted(reached) == sorted(each.path for each in methods_of(CONTRACTS, services))
        assert "Internal" not in "".join(reached)


def test_the_last_route_takes_what_no_other_takes() -> None:
    for listener in ("public", "operations"):
        last = render.routes_of(render.config(), listener)[-1]
        assert last["match"] == {"prefix": "/"}
        assert last["direct_response"]["status"] == 404


def test_a_local_run_stays_on_the_loopback_address(tmp_path: Path) -> None:
    render.write(tmp_path, PORTS, TARGETS)
    assert "0.0.0.0" not in (tmp_path / "envoy.yaml").read_text()


def test_a_container_finds_services_by_their_names(tmp_path: Path) -> None:
    render.write_container(tmp_path)
    clusters = yaml.safe_load((tmp_path / "clusters.yaml").read_text())["resources"]
    assert {cluster["type"] for cluster in clusters} == {"STRICT_DNS"}
    expected = {name for each in registry.SERVICES for name in (each, f"{each}_streams")}
    assert {cluster["name"] for cluster in clusters} == expected | {
        "media_content",
        "gateway_content",
    }


def test_what_is_answered_over_http_is_neither_transcoded_nor_held() -> None:
    routes = render.routes_of(render.config(), "public")
    passed_on = [route for route in routes if route.get("name", "").startswith("http-")]
    for route in passed_on:
        assert route["route"]["cluster"] in ("media_content", "gateway_content")
        disabled = route["typed_per_filter_config"]
        assert TRANSCODER in disabled
        assert all(each["disabled"] for each in disabled.values())
    found = {
        route["name"].removeprefix("http-"): (
            route["match"]["safe_regex"]["regex"],
            route["match"]["headers"][0]["string_match"]["safe_regex"]["regex"],
            len(route["match"]["headers"]),
        )
        for route in passed_on
    }
    # To paths that take JSON as well a file comes by its Content-Type.
    assert found == {
        "GetLearnerPage": ("//?", "GET|HEAD", 1),
        "GetLearnerPageFile": ("/app/[^/]+/.+/?", "GET|HEAD", 1),
        "GetPdf": ("/media/pdf/[^/]+/?", "GET|HEAD", 1),
        "GetContent": ("/media/content/[^/]+/?", "GET|HEAD", 1),
        "SendUpload": ("/media/uploads/[^/]+/?", "PUT", 1),
        "CreateUpload": ("/media/uploads/?", "POST", 3),
        "AttachPdf": ("/media/lesson/[^/]+/pdfs/?", "POST", 3),
        "GetOpenApi": (r"/openapi\.json/?", "GET|HEAD", 1),
        "GetPostmanCollection": (r"/postman\.json/?", "GET|HEAD", 1),
        "GetDocs": ("/docs/?", "GET|HEAD", 1),
        "GetDocsFile": ("/docs/[^/]+/?", "GET|HEAD", 1),
    }


def test_envoy_takes_its_configuration() -> None:
    result = CliRunner().invoke(main, ["envoy", "--validate"])
    assert (result.exit_code, result.output) == (0, "envoy.yaml is valid\n")


def test_a_container_tells_its_metrics_and_nothing_else_of_the_admin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STELLR_TARGET_USER", "dns:///people.example:7000")
    render.write_container(tmp_path)
    made = yaml.safe_load((tmp_path / "envoy.yaml").read_text())
    assert made["admin"]["address"]["socket_address"]["address"] == "127.0.0.1"
    (stats,) = [each for each in made["static_resources"]["listeners"] if each["name"] == "stats"]
    manager = stats["filter_chains"][0]["filters"][0]["typed_config"]
    routes = manager["route_config"]["virtual_hosts"][0]["routes"]
    assert [each["match"]["path"] for each in routes] == ["/stats/prometheus", "/alive"]
    assert "people.example" in (tmp_path / "clusters.yaml").read_text()


def test_the_public_listener_alone_is_open_to_others() -> None:
    ports = render.Ports(8080, 8081, 9901, "0.0.0.0")
    config = render.with_ports(render.load(), ports)
    listeners = config["static_resources"]["listeners"]
    bound = {each["name"]: each["address"]["socket_address"]["address"] for each in listeners}
    assert bound == {"public": "0.0.0.0", "operations": "127.0.0.1"}
    assert config["admin"]["address"]["socket_address"]["address"] == "127.0.0.1"
