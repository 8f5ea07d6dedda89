"""A bucket of its own for a test, and a service account whose key exists only in the tests."""

from __future__ import annotations

import functools
import uuid

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.cloud import storage
from google.oauth2 import service_account as google_service_account


def make_bucket() -> str:
    """The name of a new bucket on the server of STORAGE_EMULATOR_HOST."""
    client = storage.Client(project="test")
    try:
        name = f"test-{uuid.uuid4().hex}"
        client.create_bucket(name)
    finally:
        client.close()
    return name


@functools.cache
def private_key() -> rsa.RSAPrivateKey:
    """One RSA key for the whole test run; making one takes some 50 ms."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def service_account() -> google_service_account.Credentials:
    """Credentials that can sign with `private_key` and were never known to Google."""
    pem = private_key().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    credentials: google_service_account.Credentials = google_service_account.Credentials.from_service_account_info(
        {
            "client_email": "tests@example.iam.gserviceaccount.com",
            "private_key": pem.decode(),
            "token_uri": "http://127.0.0.1:1/token",
        }
    )
    return credentials
