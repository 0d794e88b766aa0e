"""An OpenID provider: where it is asked for what, and the keys that it signs with."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet

from headcount.console.fetching import Answer, fetch
from headcount.errors import ProviderFailed, ScimError
from headcount.settings import is_private

_KEPT = 3600.0  # seconds
_WELL_KNOWN = "/.well-known/openid-configuration"
_PUBLIC_KEYS = ("RSA", "EC")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a provider says of itself (OpenID Connect Discovery 1.0 section 3)."""

    issuer: str
    authorization: str
    token: str
    keys: str
    user_info: str | None
    client_authentication: tuple[str, ...]
    names_itself: bool  # when a browser comes back (RFC 9207 section 3)


class Provider:
    """One provider. What it says is remembered for an hour; every call may wait for a network."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._addresses: tuple[float, Addresses] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def addresses(self) -> Addresses:
        """Where it is asked for what.

        Raises:
            ProviderFailed: it says nothing that can be used.
            Unavailable: it cannot be reached.
        """
        found = _still_good(self._addresses)
        if found is None:
            url = self._issuer.rstrip("/") + _WELL_KNOWN
            found = self._read(_object("GET", url))
            self._addresses = monotonic(), found
        return found

    def keys(self) -> KeySet:
        """The keys that it signs with.

        Raises:
            ProviderFailed: it says nothing that can be used.
            Unavailable: it cannot be reached.
        """
        found = _still_good(self._keys)
        return self.new_keys() if found is None else found

    def new_keys(self) -> KeySet:
        """As `keys`, but asked for just now: it may have others since."""
        found = _key_set(_object("GET", self.addresses().keys).get("keys"))
        self._keys = monotonic(), found
        return found

    def user_info(self, access_token: str) -> Mapping[str, Any]:
        """What it says of the person who allowed this token (OpenID Connect Core 1.0 section 5.3).

        Raises:
            ProviderFailed: it says nothing that can be used.
            Unavailable: it cannot be reached.
        """
        url = self.addresses().user_info
        assert url is not None
        return _object("GET", url, {"authorization": f"Bearer {access_token}"})

    def _read(self, given: Mapping[str, Any]) -> Addresses:
        issuer = given.get("issuer")
        if not isinstance(issuer, str) or issuer.rstrip("/") != self._issuer.rstrip("/"):
            raise ProviderFailed("it calls itself by another name than HEADCOUNT_OIDC_ISSUER")
        methods = given.get("token_endpoint_auth_methods_supported")
        return Addresses(
            issuer=issuer,
            authorization=self._address(given, "authorization_endpoint"),
            token=self._address(given, "token_endpoint"),
            keys=self._address(given, "jwks_uri"),
            user_info=(
                self._address(given, "userinfo_endpoint")
                if given.get("userinfo_endpoint") is not None
                else None
            ),
            client_authentication=(
                tuple(one for one in methods if isinstance(one, str))
                if isinstance(methods, list)
                else ("client_secret_basic",)
            ),
            names_itself=given.get("authorization_response_iss_parameter_supported") is True,
        )

    def _address(self, given: Mapping[str, Any], name: str) -> str:
        """One address. A provider that is reached by https leads nowhere else."""
        url = given.get(name)
        if isinstance(url, str) and is_private(url) and not set(url) & set(" #\\\r\n\t"):
            plain_is_fine = self._issuer.startswith("http:")
            if plain_is_fine or url.startswith("https:"):
                return url
        raise ProviderFailed(f"its {name} is missing, or no address with https")


def _still_good(kept: tuple[float, T] | None) -> T | None:
    if kept is None or monotonic() - kept[0] > _KEPT:
        return None
    return kept[1]


def _object(method: str, url: str, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    answer: Answer = fetch(method, url, headers or {})
    answer.raise_for_status()
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ProviderFailed("it answers with something that is no JSON object")
    return found


def _key_set(given: object) -> KeySet:
    """The public keys; kinds that nobody knows are passed over (RFC 7517 section 5)."""
    found: list[Key] = []
    for one in given if isinstance(given, list) else ():
        if not isinstance(one, dict) or one.get("kty") not in _PUBLIC_KEYS:
            continue
        if one.get("use", "sig") != "sig":
            continue
        try:
            found.append(JWKRegistry.import_key(one))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    if not found:
        raise ProviderFailed("it names no key that it signs with")
    return KeySet(found)


def told_of(name: str, refused: ScimError) -> ScimError:
    """The refusal, with the name of the provider that it is about."""
    return type(refused)(f"signing in with {name} failed: {refused.detail}")
