import io

import pytest

from services.gateway.importing.defects import BundleError, Defect
from services.gateway.internal_servicer import receive, refusal
from stellr.gateway.v1.gateway_internal_service_pb2 import ImportBundleRequest


def test_pieces_are_put_together() -> None:
    archive = io.BytesIO()
    receive([ImportBundleRequest(chunk=b"ab"), ImportBundleRequest(chunk=b"c")], archive, 3)
    assert archive.getvalue() == b"abc"


def test_too_much_is_refused_before_it_is_written() -> None:
    archive = io.BytesIO()
    with pytest.raises(BundleError, match="larger than 0 MB"):
        receive([ImportBundleRequest(chunk=b"ab")] * 2, archive, 3)
    assert archive.getvalue() == b"ab"


def test_a_refusal_tells_each_defect_with_its_place() -> None:
    error = BundleError([Defect("course.yaml", 3, "bad"), Defect("archive", 1, "damaged")])
    told = [(each.file, each.line, each.reason) for each in refusal(error).refusal.defects]
    assert told == [("course.yaml", 3, "bad"), ("archive", 0, "damaged")]
