"""The listener that speaks TLS: all that the plain one has, behind a certificate."""

from __future__ import annotations

import copy
from typing import Any

from edge.envoy.clusters import endpoint
from edge.envoy.routes import PASSED_ON
from edge.envoy.settings import DoorSettings

Json = dict[str, Any]

LISTENER = "public_tls"
SECRET = "public"  # noqa: S105  its name
SECRET_FILE = "tls.yaml"  # noqa: S105
_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
# Health is asked by machines, which follow nobody.
_ASKED_BY_MACHINES = ("/healthz", "/readyz")


def with_tls(config: Json, door: DoorSettings) -> Json:
    """Add the listener, and lead plain HTTP there if that is set."""
    listeners = config["static_resources"]["listeners"]
    plain = next(each for each in listeners if each["name"] == "public")
    listeners.append(_listener(plain, door))
    if door.tls_redirect:
        (host,) = _connection_manager(plain)["route_config"]["virtual_hosts"]
        host["routes"][:0] = [_elsewhere(door)]
    return config


def secret(door: DoorSettings) -> Json:
    """Certificate and key as a file of SDS, which Envoy reads anew when another is moved to its
    place: both at once, so that it never has a key and the certificate of another.

    Raises OSError where they cannot be read.
    """
    assert door.tls_cert
    assert door.tls_key
    return _secret(
        {
            "certificate_chain": {"inline_string": door.tls_cert.read_text()},
            "private_key": {"inline_string": door.tls_key.read_text()},
        }
    )


def secret_by_name(door: DoorSettings) -> Json:
    """The same by the names of the files, where nobody but Envoy looks at them: it reads them anew
    when something is moved to a name in the folder of the certificate."""
    assert door.tls_cert
    assert door.tls_key
    cert, key = door.tls_cert.absolute(), door.tls_key.absolute()
    return _secret(
        {
            "certificate_chain": {"filename": str(cert)},
            "private_key": {"filename": str(key)},
            "watched_directory": {"path": str(cert.parent)},
        }
    )


def _secret(certificate: Json) -> Json:
    made = {"@type": f"{_TLS}.Secret", "name": SECRET, "tls_certificate": certificate}
    return {"resources": [made]}


def _listener(plain: Json, door: DoorSettings) -> Json:
    made = copy.deepcopy(plain)
    made["name"] = LISTENER
    host = made["address"]["socket_address"]["address"]
    made["address"] = endpoint(host, door.tls_port)
    made["filter_chains"][0]["transport_socket"] = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{_TLS}.DownstreamTlsContext",
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"],
                # RFC 9325, 3.1.1.
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
                "tls_certificate_sds_secret_configs": [
                    {
                        "name": SECRET,
                        "sds_config": {
                            "resource_api_version": "V3",
                            "path_config_source": {"path": f"./{SECRET_FILE}"},
                        },
                    }
                ],
            },
        },
    }
    if door.hsts_seconds:
        _keep_to_tls(made, door.hsts_seconds)
    return made


def _keep_to_tls(listener: Json, seconds: int) -> None:
    """RFC 6797. Not for what is below the domain, of which nothing is known here."""
    filters = _connection_manager(listener)["http_filters"]
    mutations = filters[0]["typed_config"]["mutations"]["response_mutations"]
    header = {"key": "strict-transport-security", "value": f"max-age={seconds}"}
    mutations.append({"append": {"append_action": "OVERWRITE_IF_EXISTS_OR_ADD", "header": header}})


def _elsewhere(door: DoorSettings) -> Json:
    machines = "|".join(_ASKED_BY_MACHINES)
    return {
        "name": "to-tls",
        "match": {
            "prefix": "/",
            "headers": [
                {
                    "name": ":path",
                    "string_match": {"safe_regex": {"regex": f"({machines})([?].*)?"}},
                    "invert_match": True,
                },
                # Those by the path that the transcoder gave them.
                {"name": "x-envoy-original-method", "present_match": False},
            ],
        },
        # Method and body stay (RFC 9110, 15.4.9).
        "redirect": {
            "https_redirect": True,
            "port_redirect": door.tls_port,
            "response_code": "PERMANENT_REDIRECT",
        },
        # Nothing is looked at before.
        "typed_per_filter_config": PASSED_ON,
    }


def _connection_manager(listener: Json) -> Json:
    found: Json = listener["filter_chains"][0]["filters"][0]["typed_config"]
    return found
