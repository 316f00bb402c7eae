"""The routes that follow from the contracts: one for each public RPC, one for its known paths."""

from collections.abc import Iterable, Mapping
from typing import Any

from edge.envoy.methods import Method, known_paths

Json = dict[str, Any]

# Answers of one message; streams live as long as bytes flow, for an hour at most.
UNARY_TIMEOUT = "15s"
STREAM_IDLE_TIMEOUT = "60s"
STREAM_TIMEOUT = "3600s"
# Streams are served on a port of their own.
STREAMS_APART = False

# Nothing of the request was sent: the process is gone, or refused it unread (RFC 9113, 8.7).
NOTHING_SENT = "connect-failure,refused-stream,reset-before-request"
# A read may be asked again however far it came.
ASK_AGAIN = f"{NOTHING_SENT},unavailable"


def rpc_routes(methods: Iterable[Method]) -> list[Json]:
    """A route to the processes of its service for each RPC, by its gRPC path.

    JSON requests have that path too once they are transcoded.
    """
    return [_rpc_route(method) for method in methods]


def known_path_routes(methods: Iterable[Method]) -> list[Json]:
    """Answer 405 with `Allow` (RFC 9110, 15.5.6) where a path is known but not the method.

    A request that fits a contract never gets there: it carries its gRPC path by then.
    """
    # One route for each set of methods, so that a request meets few expressions.
    by_methods: dict[str, list[str]] = {}
    for path, verbs in sorted(known_paths(list(methods)).items()):
        by_methods.setdefault(", ".join(sorted(verbs)), []).append(path)
    return [_not_allowed(allow, paths) for allow, paths in by_methods.items()]


def _rpc_route(method: Method) -> Json:
    action = {"cluster": cluster_of(method), **_times(method), "retry_policy": _retry(method)}
    default = "1H" if method.streams else "15S"
    return {
        "match": {"path": method.path},
        "route": action,
        # Services know how long the caller waits.
        "request_headers_to_add": [
            {
                "header": {"key": "grpc-timeout", "value": default},
                "append_action": "ADD_IF_ABSENT",
            }
        ],
    }


def cluster_of(method: Method) -> str:
    """The cluster that answers an RPC."""
    apart = STREAMS_APART and method.streams
    return f"{method.domain}_streams" if apart else method.domain


def _times(method: Method) -> Json:
    if not method.streams:
        return {"timeout": UNARY_TIMEOUT}
    return {
        "timeout": "0s",
        "idle_timeout": STREAM_IDLE_TIMEOUT,
        "max_stream_duration": {"max_stream_duration": STREAM_TIMEOUT},
    }


def _retry(method: Method) -> Mapping[str, Any]:
    kind = "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3"
    return {
        "retry_on": ASK_AGAIN if method.reads else NOTHING_SENT,
        "num_retries": 2,
        "retry_back_off": {"base_interval": "0.05s", "max_interval": "0.5s"},
        "retry_host_predicate": [
            {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": {"@type": f"{kind}.PreviousHostsPredicate"},
            }
        ],
        "host_selection_retry_max_attempts": 3,
    }


def _not_allowed(allow: str, paths: Iterable[str]) -> Json:
    return {
        "name": "method-not-allowed",
        "match": {"safe_regex": {"regex": "|".join(paths)}},
        "direct_response": {"status": 405},
        "response_headers_to_add": [{"header": {"key": "allow", "value": allow}}],
    }
