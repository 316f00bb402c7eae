import pytest

from services.notification.counting import handed_over
from services.notification.models import Channel
from services.notification.refusals import DeviceGone, NotNow, TransportError


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "sent"),
        (NotNow("busy"), "retried"),
        (TransportError("away", permanent=False), "retried"),
        (TransportError("no such mailbox", permanent=True), "failed"),
        (DeviceGone("gone"), "failed"),
        # A fault of ours: the job is tried again.
        (KeyError("code"), "retried"),
    ],
)
def test_a_message_is_counted_by_how_it_fared(error: Exception | None, outcome: str) -> None:
    counted: list[tuple[str, str, str]] = []

    def count(channel: str, provider: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        counted.append((channel, provider, outcome))

    def send() -> None:
        with handed_over(count, Channel.EMAIL, "smtp"):
            if error:
                raise error

    if error:
        with pytest.raises(type(error)):
            send()
    else:
        send()
    assert counted == [("email", "smtp", outcome)]
