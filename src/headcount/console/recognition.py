"""Recognises people by OpenID Connect: the authorization code flow, with PKCE, state and nonce.

What has to be remembered between beginning and end is kept by the browser, sealed, so that any
process can finish what another one began.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from hmac import compare_digest
from typing import Any
from urllib.parse import quote, urlencode

from anyio import CapacityLimiter, to_thread
from authlib.oauth2.auth import encode_client_secret_basic
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import KeySet, OctKey
from joserfc.jws import JWSRegistry

from headcount.console.fetching import Answer, fetch
from headcount.console.provider import Addresses, Provider, told_of
from headcount.errors import Forbidden, InvalidValue, ProviderFailed, ScimError, Unavailable
from headcount.settings import Settings
from headcount.store.promise import Store

LIFETIME = 600  # seconds in which people find their password
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Those with a private and a public key. A secret that both sides know proves nothing to us."""

_LEEWAY = 60  # seconds by which clocks differ
_AT_ONCE = 8  # threads that may wait for the provider; no other page waits for them
_SECRET = "console-oidc"  # noqa: S105  (its name in the store)
_SEALED = {"alg": "dir", "enc": "A256GCM"}
_SEALS = JWERegistry(algorithms=list(_SEALED.values()))
_E_MAIL = re.compile(r"[^\s@<>\"']{1,64}@[^\s@<>\"']{1,190}")
_ERROR = re.compile(r"[a-z_]{1,40}")
_RUBBISH = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Begun:
    """What the browser keeps for us, and cannot read."""

    state: str
    nonce: str
    verifier: str
    then: str
    exp: int

    @classmethod
    def fresh(cls, then: str, now: int) -> "Begun":
        """A beginning that nobody can guess (RFC 7636 section 4.1)."""
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        return cls(state, nonce, verifier, then, now + LIFETIME)


class _Refused(Exception):
    """The token endpoint says why there is no token (RFC 6749 section 5.2)."""


class _TokenEndpoint:
    """What authlib takes for a session: it is asked for a token, and for nothing else."""

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> Any:
        """Send a form, with the client's name and secret."""
        _, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        answer: Answer = fetch("POST", url, sent, body.encode())
        try:
            said = answer.json()
        except ValueError:
            said = None
        if isinstance(said, dict) and "error" in said:
            raise _Refused(str(said["error"]))
        if answer.status_code == 401:
            raise _Refused("invalid_client")
        answer.raise_for_status()
        return answer


class OpenIdRecognition:
    """Recognises people by what the provider of the settings says."""

    def __init__(self, settings: Settings, store: Store, clock: Callable[[], datetime]) -> None:
        assert settings.oidc_issuer is not None
        self._settings = settings
        self._store = store
        self._clock = clock
        self._provider = Provider(settings.oidc_issuer)
        self._key: OctKey | None = None
        self._limiter = CapacityLimiter(_AT_ONCE)

    async def begin(self, redirect_uri: str, then: str) -> tuple[str, str]:
        """See `Recognition`."""
        addresses = await self._apart(self._provider.addresses)
        begun = Begun.fresh(then, self._now())
        address, _ = self._client(redirect_uri).create_authorization_url(
            addresses.authorization,
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.verifier,
        )
        return address, jwt.encode(
            dict(_SEALED), asdict(begun), await self._seal(), registry=_SEALS
        )

    async def finish(
        self, redirect_uri: str, kept: str, came: Mapping[str, str]
    ) -> tuple[str, str]:
        """See `Recognition`."""
        begun = await self._begun(kept)
        if begun is None or not compare_digest(
            begun.state.encode(), came.get("state", "").encode("utf-8", "replace")
        ):
            raise _again()
        email = await self._apart(partial(self._email, redirect_uri, begun, dict(came)))
        return email, begun.then

    async def _apart(self, work: Callable[[], Any]) -> Any:
        """Do what waits for the provider in a thread, and tell whose failure it is."""
        try:
            return await to_thread.run_sync(work, limiter=self._limiter)
        except (ProviderFailed, Unavailable) as refused:
            raise told_of(self._settings.oidc_name, refused) from None

    async def _begun(self, kept: str) -> Begun | None:
        try:
            sealed = jwt.decode(kept, await self._seal(), registry=_SEALS)
            begun = Begun(**sealed.claims)
        except _RUBBISH:
            return None
        return begun if begun.exp > self._now() else None

    async def _seal(self) -> OctKey:
        if self._key is None:
            secret = await self._store.secret(_SECRET, secrets.token_bytes(32))
            self._key = OctKey.import_key(secret)
        return self._key

    def _now(self) -> int:
        return int(self._clock().timestamp())

    def _email(self, redirect_uri: str, begun: Begun, came: Mapping[str, str]) -> str:
        """Who it is. This runs in a thread, and waits for the provider."""
        addresses = self._provider.addresses()
        _check_answer(came, addresses, self._settings.oidc_name)
        token = self._token(addresses, redirect_uri, begun, came.get("code", ""))
        claims = self._claims(addresses, begun, token)
        told: Mapping[str, Any] = claims
        access_token = token.get("access_token")
        asks = addresses.user_info is not None and isinstance(access_token, str)
        if claims.get("email") is None and asks:
            told = self._provider.user_info(str(access_token))
            if told.get("sub") != claims["sub"]:
                raise ProviderFailed("it speaks of somebody else than who signed in")
        return _vouched(told, self._settings.oidc_name)

    def _client(self, redirect_uri: str, method: Any = None) -> Any:
        return OAuth2Client(
            _TokenEndpoint(),
            client_id=self._settings.oidc_client_id,
            client_secret=self._settings.oidc_client_secret,
            token_endpoint_auth_method=method,
            redirect_uri=redirect_uri,
            scope="openid email",
            code_challenge_method="S256",
        )

    def _token(
        self, addresses: Addresses, redirect_uri: str, begun: Begun, code: str
    ) -> Mapping[str, Any]:
        """What the code is good for; with each way of saying who we are, until one is taken."""
        reason = "invalid_client"
        for name, method in _WAYS.items():
            if name not in addresses.client_authentication:
                continue
            try:
                token: Mapping[str, Any] = self._client(redirect_uri, method).fetch_token(
                    addresses.token,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=begun.verifier,
                )
            except _Refused as refused:
                reason = str(refused)
                if reason != "invalid_client":
                    break
            except _RUBBISH:
                raise ProviderFailed("it answers with something that is no token") from None
            else:
                return token
        if reason == "invalid_grant":
            raise _again()
        if reason == "invalid_client":
            raise ProviderFailed(
                "it does not take HEADCOUNT_OIDC_CLIENT_ID and HEADCOUNT_OIDC_CLIENT_SECRET"
            )
        raise ProviderFailed(f"it gives no token{_in_brackets(reason)}")

    def _claims(
        self, addresses: Addresses, begun: Begun, token: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """What the ID token says, after all of OpenID Connect Core 1.0 section 3.1.3.7."""
        text = token.get("id_token")
        if not isinstance(text, str):
            raise ProviderFailed("it sends no ID token")
        us = self._settings.oidc_client_id
        expected = {
            "iss": {"essential": True, "value": addresses.issuer},
            "aud": {"essential": True, "value": us},
        }
        told = {
            "nonce": begun.nonce,
            "client_id": us,
            "access_token": token.get("access_token"),
        }
        try:
            signed = self._signed(text)
            claims: Any = CodeIDToken(signed.claims, signed.header, expected, told)
            claims.validate(now=self._now(), leeway=_LEEWAY)
        except JoseError as error:
            raise ProviderFailed(f"its ID token cannot be trusted ({error})") from None
        except _RUBBISH:
            raise ProviderFailed("its ID token cannot be read") from None
        checked: Mapping[str, Any] = claims
        return checked

    def _signed(self, text: str) -> jwt.Token:
        """The token, if the provider signed it; it may have changed its keys since we asked."""
        keys = self._provider.keys()
        try:
            return _decoded(text, keys)
        except (InvalidKeyIdError, BadSignatureError):
            return _decoded(text, self._provider.new_keys())


def _decoded(text: str, keys: KeySet) -> jwt.Token:
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    return jwt.decode(text, keys, registry=registry)


def _by_header(client: Any, uri: str, headers: dict[str, str], body: str) -> Any:
    """As RFC 6749 section 2.3.1 wants it: both are encoded before they are put together."""
    client.client_id = quote(client.client_id, safe="")
    client.client_secret = quote(client.client_secret, safe="")
    return encode_client_secret_basic(client, "POST", uri, headers, body)


_WAYS: Mapping[str, Any] = {
    "client_secret_basic": lambda client, _method, *rest: _by_header(client, *rest),
    "client_secret_post": "client_secret_post",
}


def _check_answer(came: Mapping[str, str], addresses: Addresses, name: str) -> None:
    """What the browser brought is of this provider, and no refusal (RFC 9207, RFC 6749)."""
    issuer = came.get("iss")
    if issuer != addresses.issuer and (issuer is not None or addresses.names_itself):
        raise ProviderFailed("the answer is of another provider")
    error = came.get("error")
    if error == "access_denied":
        raise Forbidden(f"{name} did not let you in, or you did not let it tell who you are")
    if error is not None:
        raise ProviderFailed(f"it refused{_in_brackets(error)}")
    if not came.get("code"):
        raise ProviderFailed("it sends no code")


def _in_brackets(error: str) -> str:
    """A code of an error; nothing where it is a text that somebody made up."""
    return f" ({error})" if _ERROR.fullmatch(error) else ""


def _vouched(told: Mapping[str, Any], name: str) -> str:
    """The e-mail address, where the provider does not say that it is unproven.

    One that says nothing about it is believed: Microsoft Entra ID and others never do, and the
    operator has chosen this one issuer, in which an organisation gives addresses to its people.
    Providers with which people sign up by themselves say `false` until an address is proven.
    """
    email, verified = told.get("email"), told.get("email_verified")
    if not isinstance(email, str) or not _E_MAIL.fullmatch(email):
        raise Forbidden(f"{name} does not tell your e-mail address, by which you are known here")
    if verified not in (None, True, "true"):
        raise Forbidden(f"{name} has not verified your e-mail address {email}")
    return email


def _again() -> ScimError:
    return InvalidValue(
        "this sign-in was begun in another browser, was finished already, or took too long;"
        " begin again"
    )
