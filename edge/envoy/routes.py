"""The routes that follow from the contracts: one for each public RPC, one for its known paths."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from edge.envoy.methods import KnownPath, Method, expression, known_paths
from edge.envoy.replies import NOTHING

Json = dict[str, Any]

TRANSCODER = "envoy.filters.http.grpc_json_transcoder"
# How long a caller may wait who does not say it, and at most (grpc-timeout, Prefer: wait=). Files
# leave as streams.
UNARY_SECONDS = 15
STREAM_SECONDS = 3600
UPLOAD_SECONDS = 300
# So that it is the door that says when the time is over (door.lua).
SERVICE_GRACE_MS = 200
STREAM_IDLE_TIMEOUT = "60s"
# Streams are served on a port of their own.
STREAMS_APART = True

_UNBUFFERED = {
    "envoy.filters.http.buffer": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute",
        "disabled": True,
    }
}
_DISABLED = {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True}
# By the names they have in envoy.yaml.
COMPRESSORS = ("envoy.filters.http.compressor.br", "envoy.filters.http.compressor.gzip")
_TRANSLATING = (
    "envoy.filters.http.lua",
    "envoy.filters.http.grpc_web",
    TRANSCODER,
    "envoy.filters.http.buffer",
)
# By its Content-Type; what has none is JSON.
_BRINGS_A_FILE = (
    {"name": "content-type", "present_match": True},
    {
        "name": "content-type",
        "string_match": {"safe_regex": {"regex": r"(?i)application/(json|grpc).*"}},
        "invert_match": True,
    },
)
# Texts are compressed all the same; films and documents are of no type that is.
PASSED_ON = dict.fromkeys(_TRANSLATING, _DISABLED)
_COMPRESSOR = "type.googleapis.com/envoy.extensions.filters.http.compressor.v3"
_AS_IT_IS = {"@type": f"{_COMPRESSOR}.CompressorPerRoute", "disabled": True}
_UNCOMPRESSED = dict.fromkeys(COMPRESSORS, _AS_IT_IS)
_AT_THE_END = {"pattern": {"regex": "/$"}, "substitution": ""}

# Nothing of the request was sent: the process is gone, or refused it unread (RFC 9113, 8.7).
NOTHING_SENT = "connect-failure,refused-stream,reset-before-request"
# A read may be asked again however far it came; who closes its doors at that moment cancels it.
ASK_AGAIN = f"{NOTHING_SENT},unavailable,cancelled"


def rpc_routes(methods: Iterable[Method], *, for_any_origin: bool = True) -> list[Json]:
    """A route to the processes of its service for each RPC, by its gRPC path.

    JSON requests have that path too once they are transcoded. With `for_any_origin` the pages of
    all origins may read what is open to everyone.
    """
    return [_rpc_route(method, for_any_origin) for method in methods]


def http_routes(methods: Iterable[Method]) -> list[Json]:
    """A route to the HTTP server of its service for each path of what is answered over HTTP.

    They stand before all others: what they take is neither transcoded nor held, and door.lua
    does not see it.
    """
    return [
        _http_route(method, verb, template)
        for method in methods
        if method.over_http or method.files_over_http
        for verb, template in method.rules
    ]


def content_cluster(domain: str) -> str:
    """The cluster of what a service answers over HTTP."""
    return f"{domain}_content"


def known_path_routes(methods: Collection[Method], lenient: Json) -> list[Json]:
    """Answer OPTIONS with 204, and 405 where a path is known but not the method: both with `Allow`
    (RFC 9110, 9.3.7 and 15.5.6).

    A request that fits a contract carries its gRPC path once it is transcoded, and goes there.
    Before that it is here that the transcoder looks for its settings: open paths have `lenient`.
    """
    # One route for all paths that are alike, so that a request meets few expressions.
    alike: dict[tuple[int, frozenset[str], bool], list[KnownPath]] = {}
    for path in known_paths(methods):
        alike.setdefault((path.matches, path.verbs, path.is_open), []).append(path)
    return [
        route
        for (_, verbs, is_open), paths in alike.items()
        for route in _of_paths(
            "|".join(path.expression for path in paths), verbs, lenient if is_open else None
        )
    ]


def _http_route(method: Method, verb: str, template: str) -> Json:
    verbs = "GET|HEAD" if verb == "GET" else verb
    is_verb = {"name": ":method", "string_match": {"safe_regex": {"regex": verbs}}}
    longest = {"max_stream_duration": {"max_stream_duration": f"{STREAM_SECONDS}s"}}
    return {
        "name": f"http-{method.name}",
        "match": {
            "safe_regex": {"regex": expression(template)},
            "headers": [is_verb] if method.over_http else [is_verb, *_BRINGS_A_FILE],
        },
        "route": {
            "cluster": content_cluster(method.domain),
            **longest,
            "idle_timeout": STREAM_IDLE_TIMEOUT,
            "regex_rewrite": _AT_THE_END,
            "retry_policy": _retry(method),
        },
        "typed_per_filter_config": PASSED_ON,
    }


def _rpc_route(method: Method, for_any_origin: bool) -> Json:
    action = {"cluster": cluster_of(method), **_times(method), "retry_policy": _retry(method)}
    route: Json = {
        # So logs and spans name it; services name it so too.
        "name": method.path.removeprefix("/"),
        "match": {"path": method.path},
        "route": action,
        "request_headers_to_add": _service_timeout(method),
    }
    if for_any_origin and method.is_open and method.is_public:
        # Whoever checks a certificate does it from pages of their own.
        route["response_headers_to_add"] = [_set("access-control-allow-origin", "*")]
    filters = (_UNBUFFERED if method.uploads else {}) | (_UNCOMPRESSED if method.secret else {})
    return route | ({"typed_per_filter_config": filters} if filters else {})


def cluster_of(method: Method) -> str:
    """The cluster that answers an RPC."""
    apart = STREAMS_APART and method.streams
    return f"{method.domain}_streams" if apart else method.domain


def _service_timeout(method: Method) -> list[Json]:
    """What the service is told as grpc-timeout: more than Envoy waits."""
    default = f"{_longest(method) * 1000 + SERVICE_GRACE_MS}m"
    return [_set("grpc-timeout", default), _set("grpc-timeout", "%REQ(x-service-timeout)%")]


def _set(header: str, value: str) -> Json:
    return {
        "header": {"key": header, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }


def _longest(method: Method) -> int:
    if method.uploads:
        return UPLOAD_SECONDS
    return STREAM_SECONDS if method.streams else UNARY_SECONDS


def _times(method: Method) -> Json:
    # From the first header to the end of the answer.
    longest = f"{_longest(method)}s"
    times: Json = {
        "max_stream_duration": {"max_stream_duration": longest, "grpc_timeout_header_max": longest}
    }
    return times | {"idle_timeout": STREAM_IDLE_TIMEOUT} if method.streams else times


def _retry(method: Method) -> Mapping[str, Any]:
    kind = "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3"
    return {
        "retry_on": ASK_AGAIN if method.repeatable else NOTHING_SENT,
        "num_retries": 3,
        "retry_back_off": {"base_interval": "0.05s", "max_interval": "0.5s"},
        "retry_host_predicate": [
            {
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": {"@type": f"{kind}.PreviousHostsPredicate"},
            }
        ],
        # The choice is made anew until it falls on another process; taking turns may need some.
        "host_selection_retry_max_attempts": 10,
    }


def _of_paths(paths: str, verbs: frozenset[str], transcoder: Json | None) -> list[Json]:
    taken = sorted(verbs | {"OPTIONS"} | ({"HEAD"} if "GET" in verbs else set()))
    return [_options(paths, taken), _not_allowed(paths, taken), _allowed(paths, transcoder)]


def _options(paths: str, taken: Sequence[str]) -> Json:
    is_options = {"name": ":method", "string_match": {"exact": "OPTIONS"}}
    return {
        "name": "options",
        "match": {"safe_regex": {"regex": paths}, "headers": [is_options]},
        "direct_response": {"status": 204},
        "response_headers_to_add": [_set("allow", ", ".join(taken))],
    }


def _not_allowed(paths: str, taken: Sequence[str]) -> Json:
    is_another = {
        "name": ":method",
        "string_match": {"safe_regex": {"regex": "|".join(taken)}},
        "invert_match": True,
    }
    return {
        "name": "method-not-allowed",
        "match": {"safe_regex": {"regex": paths}, "headers": [is_another]},
        "direct_response": {
            "status": 405,
            "body": {"inline_string": "this path does not take this method"},
        },
        "response_headers_to_add": [_set("allow", ", ".join(taken))],
        # It would find the method at a path that matches too: GET /progress/{user_id} for
        # GET /progress/mark-complete.
        "typed_per_filter_config": {TRANSCODER: _DISABLED},
    }


def _allowed(paths: str, transcoder: Json | None) -> Json:
    # For the transcoder to look at; wider paths, behind it, may not take the method.
    route: Json = {
        "name": "allowed",
        "match": {"safe_regex": {"regex": paths}},
        "direct_response": {"status": 404, "body": {"inline_string": NOTHING}},
    }
    if transcoder is not None:
        route["typed_per_filter_config"] = {TRANSCODER: transcoder}
    return route
