"""What signs URLs of Google Cloud Storage: the account's own key, or Google on its behalf."""

from __future__ import annotations

import os
from typing import Any

# What signBlob of the IAM credentials API asks for.
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


def signing_credentials(client: Any) -> Any | None:
    """Credentials with which URLs can be signed; None where the client's account cannot sign.

    An account with a key signs by itself. One without, as on Google's own machines, needs the role
    `roles/iam.serviceAccountTokenCreator` on itself, and one request to Google for each signature.
    """
    from google.auth import default  # noqa: PLC0415
    from google.auth.credentials import AnonymousCredentials, Signing  # noqa: PLC0415

    found = client._credentials
    if isinstance(found, AnonymousCredentials) and not os.environ.get(KEY_FILE):
        return None
    if not isinstance(found, Signing):
        found, _ = default(scopes=[SCOPE])
    return found if isinstance(found, Signing) else _signing_by_google(found)


def _signing_by_google(credentials: Any) -> Any | None:
    from google.auth import iam  # noqa: PLC0415
    from google.auth.transport.requests import Request  # noqa: PLC0415
    from google.oauth2 import service_account  # noqa: PLC0415

    request = Request()
    if hasattr(credentials, "service_account_email"):
        # Google's machines tell the account's name only together with a token.
        credentials.refresh(request)
    email = getattr(credentials, "service_account_email", None)
    if not email:
        return None
    # Neither has types.
    signer: Any = iam.Signer(request, credentials, email)  # type: ignore[no-untyped-call]
    signing: Any = service_account.Credentials
    return signing(signer, email, TOKEN_URI)
