"""The network's identity provider: where one signs in there, and who it says came back (authorization code with PKCE).

Every call has a deadline; none belongs into a transaction.
"""

from __future__ import annotations

import logging
import ssl
import time
from dataclasses import dataclass
from threading import Lock
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.discovery import get_well_known_url
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from geoservice.access.attempts import Attempt
from geoservice.access.id_token import ALGORITHMS, verified
from geoservice.access.linking import is_text
from geoservice.errors import BadSetting, Unauthorized, Unavailable
from geoservice.settings import ProviderSettings, is_safe_address

logger = logging.getLogger("geoservice.provider")
TIMEOUT_S = 5.0
KEPT_S = 600.0
SCOPE = "openid profile"


@dataclass(frozen=True)
class Person:
    """Who somebody is at the provider; `name` is None where the claim that names accounts is absent."""

    issuer: str
    subject: str
    name: str | None


@dataclass(frozen=True)
class Endpoints:
    """What is used of the provider's description of itself."""

    authorization: str
    token: str
    keys: str
    algorithms: tuple[str, ...]
    authentication: str


class Provider:
    """The provider of the settings. Its description and keys are kept for `KEPT_S` seconds.

    Raises
    ------
    BadSetting
        If the secret or the certificates cannot be read.
    """

    def __init__(self, settings: ProviderSettings) -> None:
        self.issuer = settings.oidc_issuer or ""
        self._client_id = settings.oidc_client_id or ""
        self._name_claim = settings.oidc_name_claim
        self._secret = settings.secret
        self._trusted = _trusted(settings)
        self._lock = Lock()
        self._endpoints: tuple[float, Endpoints] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def address(self, attempt: Attempt) -> str:
        """Where a browser signs in.

        Raises
        ------
        Unavailable
            If the provider does not answer, or not as one.
        """
        endpoints = self._described()
        with self._client(endpoints, attempt) as client:
            address, _ = client.create_authorization_url(
                endpoints.authorization, state=attempt.state, code_verifier=attempt.verifier, nonce=attempt.nonce
            )
        return str(address)

    def person(self, code: str, attempt: Attempt) -> Person:
        """Who came back with a code.

        Raises
        ------
        Unauthorized
            If the provider refuses the code, or what it says is not to be believed.
        Unavailable
            If the provider does not answer, or not as one.
        """
        endpoints = self._described()
        token = self._exchanged(endpoints, code, attempt)
        try:
            claims = self._believed(endpoints, token, attempt)
        except (JoseError, ValueError, TypeError) as error:
            logger.warning("an ID token was refused: %s", error)
            raise Unauthorized("access.provider-refused") from None
        subject, name = claims["sub"], claims.get(self._name_claim)
        if not is_text(subject):
            raise Unauthorized("access.provider-refused")
        return Person(self.issuer, subject, name if is_text(name) else None)

    def _exchanged(self, endpoints: Endpoints, code: str, attempt: Attempt) -> dict[str, Any]:
        try:
            with self._client(endpoints, attempt) as client:
                found = client.fetch_token(
                    endpoints.token, grant_type="authorization_code", code=code, code_verifier=attempt.verifier
                )
        except OAuthError as error:
            logger.warning("the provider refused a code: %s", error.error)
            raise Unauthorized("access.provider-refused") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            raise _down(endpoints.token, error) from None
        return dict(found)

    def _believed(self, endpoints: Endpoints, token: dict[str, Any], attempt: Attempt) -> dict[str, Any]:
        def check(keys: KeySet) -> dict[str, Any]:
            return verified(
                str(token.get("id_token", "")),
                keys,
                algorithms=endpoints.algorithms,
                issuer=self.issuer,
                client_id=self._client_id,
                nonce=attempt.nonce,
                access_token=token.get("access_token"),
            )

        try:
            return check(self._signing_keys(endpoints))
        except InvalidKeyIdError:  # it may have taken a new key into use
            return check(self._signing_keys(endpoints, anew=True))

    def _described(self) -> Endpoints:
        with self._lock:
            kept = self._endpoints
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        address = get_well_known_url(self.issuer, external=True)
        try:
            found = _endpoints(self._fetched(address), self.issuer, with_secret=self._secret is not None)
        except ValueError as error:
            raise _down(address, error) from None
        with self._lock:
            self._endpoints = (time.monotonic() + KEPT_S, found)
        return found

    def _signing_keys(self, endpoints: Endpoints, *, anew: bool = False) -> KeySet:
        with self._lock:
            kept = self._keys
        if kept is not None and kept[0] > time.monotonic() and not anew:
            return kept[1]
        try:
            found = _signing(self._fetched(endpoints.keys))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _down(endpoints.keys, error) from None
        with self._lock:
            self._keys = (time.monotonic() + KEPT_S, found)
        return found

    def _fetched(self, address: str) -> dict[str, Any]:
        try:
            with httpx2.Client(verify=self._trusted, timeout=TIMEOUT_S, trust_env=False) as client:
                found = client.get(address).raise_for_status().json()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            raise _down(address, error) from None
        if not isinstance(found, dict):
            raise _down(address, TypeError("no object"))
        return found

    def _client(self, endpoints: Endpoints, attempt: Attempt) -> Any:
        """A client for one attempt: it follows no redirect, and what the environment says of proxies is not heeded."""
        return OAuth2Client(
            self._client_id,
            self._secret,
            token_endpoint_auth_method=endpoints.authentication,
            scope=SCOPE,
            redirect_uri=attempt.redirect_uri,
            code_challenge_method="S256",
            verify=self._trusted,
            timeout=TIMEOUT_S,
            trust_env=False,
        )


def _trusted(settings: ProviderSettings) -> ssl.SSLContext:
    file = settings.oidc_ca_file
    try:
        return ssl.create_default_context(cafile=file.expanduser() if file else None)
    except OSError as error:
        reason = type(error).__name__
        raise BadSetting("setting.invalid", key="GEOSERVICE_OIDC_CA_FILE", value=file, reason=reason) from None


def _endpoints(found: dict[str, Any], issuer: str, *, with_secret: bool) -> Endpoints:
    """What a description says; ValueError where it is another provider's, or nothing that one can sign in with."""
    if found.get("issuer") != issuer:
        raise ValueError(f"it calls itself {str(found.get('issuer'))[:200]}")
    authorization, token, keys = "authorization_endpoint", "token_endpoint", "jwks_uri"
    for name in (authorization, token, keys):
        if not is_safe_address(found.get(name)):
            raise ValueError(f"{name} is no safe address")
    signed_with = found.get("id_token_signing_alg_values_supported", ["RS256"])
    algorithms = tuple(one for one in ALGORITHMS if one in signed_with)
    if not algorithms:
        raise ValueError("it signs with nothing that can be checked by its public keys")
    methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    posted = "client_secret_basic" not in methods and "client_secret_post" in methods
    authentication = ("client_secret_post" if posted else "client_secret_basic") if with_secret else "none"
    return Endpoints(found[authorization], found[token], found[keys], algorithms, authentication)


def _signing(found: dict[str, Any]) -> KeySet:
    """The keys of a set that signatures are checked by."""
    keys = [one for one in found["keys"] if one.get("kty") in ("RSA", "EC") and one.get("use", "sig") == "sig"]
    return KeySet.import_key_set({"keys": keys})


def _down(address: str, error: Exception) -> Unavailable:
    logger.error("the identity provider does not answer as one at %s: %s: %s", address, type(error).__name__, error)
    return Unavailable("access.provider-down")
