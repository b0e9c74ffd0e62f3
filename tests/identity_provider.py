"""A small identity provider on this machine, which tests may have lie."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode

import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from joserfc import jws
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT, SECRET = "geoservice", "s3cret: of +the client/"
ALGORITHMS = ["RS256", "HS256", "none"]


@dataclass
class IdentityProvider:
    """Who signs in there is `subject` under `name`.

    Attributes
    ----------
    claims
        Put over those of the ID tokens; None takes one out, a function makes another of what it would be.
    header
        Put over that of the ID tokens.
    signing
        What they are signed with; the published key by default.
    asks
        Whether one has to follow a link on a page first, as people do.
    broken
        Paths that are answered with 500.
    slow
        Paths that are answered late.
    meanwhile
        Done before each answer.
    log
        What was asked for, in order.
    """

    issuer: str
    subject: str = "5f1d-li"
    name: str = "li"
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    signing: Any = None
    asks: bool = False
    broken: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)
    meanwhile: Callable[[], None] = lambda: None
    description: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    key: RSAKey = field(default_factory=lambda: new_key("first"))
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ALGORITHMS,
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.description,
        }

    def jwks(self) -> dict[str, Any]:
        # As Keycloak does, a key for encryption stands beside the one for signatures.
        return dict(KeySet([_for_encryption(), self.key]).as_dict(private=False))

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser goes back to with a code."""
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        query = {"code": code, "state": asked["state"], "iss": self.issuer, "session_state": "7"}
        return f"{asked['redirect_uri']}?{urlencode(query)}"

    def token(self, authorization: str, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        given = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        expected = urlencode({"": CLIENT})[1:] + ":" + urlencode({"": SECRET})[1:]
        if given not in (expected, f"{CLIENT}:{SECRET}"):
            return 401, {"error": "invalid_client"}
        begun = self._codes.pop(asked["code"], None)
        if begun is None or begun["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(asked["code_verifier"].encode()).digest())
        if challenge.decode().rstrip("=") != begun["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": self.id_token(begun["nonce"])}

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": self.subject, "aud": CLIENT, "azp": CLIENT, "exp": now + 60, "iat": now,
            "nonce": nonce, "preferred_username": self.name,
        }  # fmt: skip
        claims |= {name: one(claims[name]) if callable(one) else one for name, one in self.claims.items()}
        header = {"alg": "RS256", "kid": self.key.kid, **self.header}
        claims = {name: value for name, value in claims.items() if value is not None}
        if header["alg"] == "none":
            return f"{_part(header)}.{_part(claims)}."
        return jws.serialize_compact(header, json.dumps(claims), self.signing or self.key, [header["alg"]])

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def _noted(request: Request, call_next: Any) -> Response:
            self.log.append(request.url.path)
            if request.url.path in self.broken:
                return Response("out of order", status_code=500)
            if request.url.path in self.slow:
                await asyncio.sleep(2)
            await run_in_threadpool(self.meanwhile)
            answer: Response = await call_next(request)
            return answer

        @app.get("/.well-known/openid-configuration")
        def _discovery() -> JSONResponse:
            return JSONResponse(self.discovery())

        @app.get("/favicon.ico")
        def _icon() -> Response:
            return Response(status_code=204)

        @app.get("/jwks")
        def _jwks() -> JSONResponse:
            return JSONResponse(self.jwks())

        @app.get("/authorize")
        def _authorize(request: Request) -> Response:
            back = self.authorize(dict(request.query_params))
            if self.asks:
                style = "font-family:sans-serif;padding:4em"
                return HTMLResponse(
                    f'<title>IdP</title><body style="{style}"><a id="yes" href="{back}">{self.name}</a>'
                )
            return RedirectResponse(back, status_code=302)

        @app.post("/token")
        async def _token(request: Request) -> JSONResponse:
            asked = dict(parse_qsl((await request.body()).decode()))
            status, body = self.token(request.headers.get("authorization", ""), asked)
            return JSONResponse(body, status_code=status)

        return app


@cache
def _for_encryption() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "enc", "use": "enc", "alg": "RSA-OAEP"})


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


def shared_secret(key: RSAKey) -> OctKey:
    """The public key taken for a shared secret: what confuses a careless checker."""
    return OctKey.import_key(base64.b64encode(key.as_pem(private=False)))


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """A running provider, under another host than the service: for a browser it is another site."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    provider = IdentityProvider(f"http://localhost:{port}")
    server = uvicorn.Server(uvicorn.Config(provider.app(), host="127.0.0.1", port=port, log_level="warning"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield provider
    server.should_exit = True
    thread.join(timeout=20)


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
