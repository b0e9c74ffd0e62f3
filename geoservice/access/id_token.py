"""What a provider says of somebody, believed only with its signature (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidClaimError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

# Signed with a key that only the provider has: neither `none` nor a secret that both share.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
CLOCKS_DIFFER_S = 60
OLDEST_S = 600


def verified(
    id_token: str,
    keys: KeySet,
    *,
    algorithms: Collection[str],
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str | None,
) -> dict[str, Any]:
    """The claims of an ID token that was made for us, for this attempt, just now.

    Parameters
    ----------
    algorithms
        Of `ALGORITHMS`; others are refused, whatever the token itself names.
    access_token
        What came with it: compared where the token has its hash.

    Raises
    ------
    JoseError
        If signature, issuer, audience, authorised party, times, nonce or hash are not what they have to be.
    ValueError
        If there is no algorithm to check by.
    """
    if not algorithms or not set(algorithms) <= set(ALGORITHMS):
        raise ValueError("no algorithm")
    # Providers add parameters of their own to the header; critical ones are refused all the same.
    token = jwt.decode(id_token, keys, registry=JWSRegistry(algorithms=algorithms, strict_check_header=False))
    asked = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client_id},
        "nonce": {"essential": True, "value": nonce},
        **{name: {"essential": True} for name in ("sub", "exp", "iat")},
    }
    known = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
    claims = CodeIDToken(token.claims, token.header, asked, known)
    claims.validate(leeway=CLOCKS_DIFFER_S)
    if claims["iat"] < time.time() - OLDEST_S - CLOCKS_DIFFER_S:
        raise InvalidClaimError("iat")
    return dict(claims)
