"""An OpenID Connect provider that knows one person at a time: discovery, log-in, token, keys."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from local_server import Answers, LocalServer, serving

CLIENT, SECRET = "winnow", "a secret of the client"


class Provider(LocalServer):
    """Lets whoever comes in as the person of `claims`, and signs with `key`; `known` is the key that it publishes."""

    def __init__(self) -> None:
        super().__init__(_Answers)
        self.known = RSAKey.generate_key(2048, {"kid": "one"})
        self.key = self.known
        self.claims: dict[str, Any] = {}
        self.codes: dict[str, str] = {}

    def token(self, nonce: str) -> str:
        now = int(time.time())
        told = {
            "iss": self.address,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 600,
            "nonce": nonce,
            "sub": "1",
            **self.claims,
        }
        return jwt.encode({"alg": "RS256", "kid": "one"}, told, self.key)


def provider() -> AbstractContextManager[Provider]:
    return serving(Provider())


class _Answers(Answers):
    server: Provider

    def do_GET(self) -> None:
        parts, here = urlsplit(self.path), self.server.address
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            self.say({
                "issuer": here, "authorization_endpoint": f"{here}/authorize", "token_endpoint": f"{here}/token",
                "jwks_uri": f"{here}/jwks", "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            })  # fmt: skip
        elif parts.path == "/jwks":
            self.say(
                {"keys": [{**self.server.known.as_dict(private=False), "kid": "one", "use": "sig", "alg": "RS256"}]}
            )
        elif parts.path == "/authorize" and asked["client_id"] == CLIENT:
            code = f"code-{len(self.server.codes)}"
            self.server.codes[code] = asked.get("nonce", "")
            self.send_response(302)
            self.send_header(
                "Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            )
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = parse_qs(self.sent().decode())
        nonce = self.server.codes.pop(body["code"][0])
        self.say({"access_token": "x", "token_type": "Bearer", "expires_in": 600, "id_token": self.server.token(nonce)})
