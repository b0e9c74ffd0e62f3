"""Which signatures are looked at at all."""

from __future__ import annotations

import time

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey, RSAKey

from geoservice.access.id_token import ALGORITHMS, verified

KEY = RSAKey.generate_key(2048, {"kid": "k"})
SHARED = OctKey.generate_key(256, {"kid": "k"})


def token(key: RSAKey | OctKey, algorithm: str) -> str:
    now = int(time.time())
    claims = {"iss": "https://id", "sub": "s", "aud": "us", "nonce": "n", "iat": now, "exp": now + 60}
    return jwt.encode({"alg": algorithm, "kid": "k"}, claims, key, algorithms=[algorithm])


def check(text: str, key: RSAKey | OctKey, algorithms: list[str]) -> str:
    asked = {"issuer": "https://id", "client_id": "us", "nonce": "n", "access_token": None}
    return str(verified(text, KeySet([key]), algorithms=algorithms, **asked)["sub"])


def test_an_algorithm_that_was_not_named_is_refused():
    assert check(token(KEY, "RS256"), KEY, ["RS256"]) == "s"
    assert check(token(KEY, "PS384"), KEY, list(ALGORITHMS)) == "s"
    with pytest.raises(JoseError):
        check(token(KEY, "RS256"), KEY, ["ES256"])


@pytest.mark.parametrize("algorithms", [[], ["HS256"], ["RS256", "HS256"], ["none"]])
def test_a_shared_secret_and_no_signature_are_never_enough(algorithms):
    with pytest.raises(ValueError, match="no algorithm"):
        check(token(SHARED, "HS256"), SHARED, algorithms)


def test_a_shared_secret_among_the_keys_signs_nothing():
    with pytest.raises(JoseError):
        check(token(SHARED, "HS256"), SHARED, list(ALGORITHMS))
