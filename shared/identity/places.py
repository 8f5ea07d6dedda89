"""Where outside identity systems are asked, by the web app's pages and by the API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FirebasePlaces:
    """Addresses without a slash at their end.

    `sign_in` and `refresh` are the bases of the REST APIs Identity Toolkit and Secure Token, `issuer` is what ID tokens call their maker.
    https://cloud.google.com/identity-platform/docs/use-rest-api
    """

    sign_in: str
    refresh: str
    issuer: str


def firebase_places(project: str, stand_in: str = "") -> FirebasePlaces:
    """Google's own servers, or a stand-in, which has the three hosts' names as the first part of its paths, as Google's emulator has."""
    hosts = f"{stand_in}/" if stand_in else "https://"
    return FirebasePlaces(
        f"{hosts}identitytoolkit.googleapis.com",
        f"{hosts}securetoken.googleapis.com",
        f"{hosts}securetoken.google.com/{project}",
    )
