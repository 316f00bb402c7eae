from pathlib import Path

from edge.envoy.clusters import Json, MeshFiles, clusters
from edge.registry import SERVICES
from services.kit.http.paths import HEALTH
from services.kit.process.main import ASKED_SECONDS, NOTICE_SECONDS
from services.kit.process.settings import Settings
from services.kit.rpc.server import MIN_PING_INTERVAL_MS


def http2(cluster: Json) -> Json:
    (options,) = cluster["typed_extension_protocol_options"].values()
    found: Json = options["explicit_http_config"]["http2_protocol_options"]
    return found


def addresses(cluster: Json) -> list[tuple[str, int]]:
    (locality,) = cluster["load_assignment"]["endpoints"]
    sockets = [each["endpoint"]["address"]["socket_address"] for each in locality["lb_endpoints"]]
    return [(socket["address"], socket["port_value"]) for socket in sockets]


def test_streams_have_a_cluster_on_the_next_port() -> None:
    unary, streams = clusters({"user": ["10.0.0.1:50051", "10.0.0.2:7000"]}, ())["resources"]
    assert (unary["name"], streams["name"]) == ("user", "user_streams")
    assert addresses(unary) == [("10.0.0.1", 50051), ("10.0.0.2", 7000)]
    assert addresses(streams) == [("10.0.0.1", 50052), ("10.0.0.2", 7001)]


def test_a_busy_process_still_takes_health_checks() -> None:
    settings = Settings.model_fields
    taken = settings["threads"].default + settings["waiting_calls"].default
    calls, _ = clusters({"user": ["10.0.0.1:50051"]}, ())["resources"]
    (limits,) = calls["circuit_breakers"]["thresholds"]
    assert 2 * len(SERVICES) <= taken - limits["max_requests"]


def test_what_is_answered_over_http_has_a_cluster_on_the_port_after_that() -> None:
    found = clusters({"media": ["10.0.0.1:50051"], "user": ["user:50051"]}, ["media"])["resources"]
    names = [each["name"] for each in found]
    assert names == ["media", "media_streams", "media_content", "user", "user_streams"]
    content = found[2]
    assert addresses(content) == [("10.0.0.1", 50053)]
    (options,) = content["typed_extension_protocol_options"].values()
    assert "http_protocol_options" in options["explicit_http_config"]
    assert content["health_checks"][0]["http_health_check"] == {"path": HEALTH}
    assert content["common_lb_config"]["healthy_panic_threshold"] == {"value": 0.0}


def test_connections_to_services_remember_no_headers() -> None:
    for cluster in clusters({"user": ["user:50051"]}, ())["resources"]:
        assert http2(cluster)["hpack_table_size"] == 0


def test_readers_that_stop_cannot_fill_a_connection() -> None:
    for cluster in clusters({"user": ["user:50051"]}, ())["resources"]:
        windows = http2(cluster)
        unread = windows["max_concurrent_streams"] * windows["initial_stream_window_size"]
        assert unread <= windows["initial_connection_window_size"]


def test_a_process_that_stops_stays_until_it_was_asked_in_each_place() -> None:
    for cluster in clusters({"user": ["user:50051"]}, ["user"])["resources"]:
        (check,) = cluster["health_checks"]
        for interval in (check["interval"], check["no_traffic_interval"]):
            assert float(interval.removesuffix("s")) < min(NOTICE_SECONDS, ASKED_SECONDS)


def test_services_permit_the_pings() -> None:
    for cluster in clusters({"user": ["user:50051"]}, ())["resources"]:
        interval = float(http2(cluster)["connection_keepalive"]["interval"].removesuffix("s"))
        # Envoy takes up to 15 % off, so that not all connections ping at once.
        assert interval * 0.85 * 1000 > MIN_PING_INTERVAL_MS


def test_who_is_unhealthy_gets_nothing_even_if_all_are() -> None:
    for cluster in clusters({"user": ["user:50051"]}, ())["resources"]:
        assert cluster["common_lb_config"]["healthy_panic_threshold"] == {"value": 0.0}
        assert cluster["health_checks"][0]["grpc_health_check"] == {}


def test_with_the_files_of_a_mesh_each_service_must_prove_its_name() -> None:
    mesh = MeshFiles(Path("/c"), Path("/k"), Path("/a"))
    found = clusters({"media": ["media:50051"]}, ["media"], "STRICT_DNS", mesh)["resources"]
    protocols = []
    for cluster in found:
        context = cluster["transport_socket"]["typed_config"]
        known = context["common_tls_context"]["validation_context"]
        assert known["trusted_ca"] == {"filename": "/a"}
        (name,) = known["match_typed_subject_alt_names"]
        assert name == {"san_type": "DNS", "matcher": {"exact": "media"}}
        protocols += context["common_tls_context"]["alpn_protocols"]
    assert protocols == ["h2", "h2", "http/1.1"]
    (plain, *_) = clusters({"media": ["media:50051"]}, ())["resources"]
    assert "transport_socket" not in plain
