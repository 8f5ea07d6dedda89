"""Signing without a private key: the service account asks IAM to sign for it.

The account needs roles/iam.serviceAccountTokenCreator on itself
(https://cloud.google.com/storage/docs/access-control/signing-urls-with-helpers). Imported only when an address is signed.
"""

from __future__ import annotations

import functools
from typing import Any

from google.auth import credentials as google_credentials
from google.auth import iam
from google.auth.transport import requests as google_requests

from shared.adapters.gcs.calls import TIMEOUT


def signing_credentials(credentials: Any, request: Any = None) -> google_credentials.Signing:
    """Something that can sign as `credentials`: themselves when they hold a private key, else IAM's signBlob.

    `request` is what google.auth sends requests with; tests give their own.
    """
    if isinstance(credentials, google_credentials.Signing):
        return credentials
    send = request or functools.partial(google_requests.Request(), timeout=TIMEOUT)
    if not credentials.valid:
        credentials.refresh(send)  # On Cloud Run the account's name is known only after this.
    email = credentials.service_account_email
    return _SignedByIam(iam.Signer(send, credentials, email), email)  # type: ignore[no-untyped-call]


class _SignedByIam(google_credentials.Signing):
    def __init__(self, signer: iam.Signer, email: str) -> None:
        self._signer = signer
        self._email = email

    def sign_bytes(self, message: bytes) -> bytes:
        signature: bytes = self._signer.sign(message)
        return signature

    @property
    def signer_email(self) -> str:
        return self._email

    @property
    def signer(self) -> iam.Signer:
        return self._signer
