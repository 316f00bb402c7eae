import errno

import grpc
import pytest

from services.kit.errors import InvalidFields, ServiceUnavailable, Violation
from services.kit.logs import configure_logs
from services.kit.work.failures import describe


class Broken(grpc.RpcError):
    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ServiceUnavailable("course is away"), "UNAVAILABLE SERVICE_UNAVAILABLE: course is away"),
        (
            InvalidFields([Violation("name", "is too long")]),
            "INVALID_ARGUMENT INVALID_FIELDS: name: is too long",
        ),
        (Broken(), "Broken UNIMPLEMENTED"),
        (OSError(errno.ENOSPC, "full", "/home/ann"), "OSError ENOSPC"),
        (OSError("ann@learner.example"), "OSError"),
        (ValueError("ann@learner.example"), "ValueError"),
    ],
)
def test_an_error_is_told_in_one_line_without_foreign_texts(error: Exception, told: str) -> None:
    assert describe(error) == told


def test_an_error_names_the_line_of_ours_it_came_through_last() -> None:
    with pytest.raises(AttributeError) as raised:
        configure_logs("course", None)  # type: ignore[arg-type]
    assert describe(raised.value).startswith("AttributeError at services.kit.logs:")
