"""What the provider and the academy know each other by."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Client:
    """Whom the provider signs people in for, and the key by which they sign in."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    login_key: str = field(repr=False)
