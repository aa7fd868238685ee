"""Issues and checks the signed tokens of the local cloud, in the form of Entra's."""

from __future__ import annotations

import base64
import json
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tvapp.localcloud.people import TENANT_ID, Person

GRAPH = "https://graph.microsoft.com"
MAPS = "https://atlas.microsoft.com"
STORAGE = "https://storage.azure.com"
MANAGEMENT = "https://management.azure.com"

ISSUER_V1 = f"https://sts.windows.net/{TENANT_ID}/"
ALGORITHM = "RS256"
ID_TOKEN_LIFETIME_S = 3600
MOST_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Rejected(Exception):
    """A bearer token is refused; `error` and `reason` go into WWW-Authenticate."""

    error: str
    reason: str


class Mint:
    """Holds the signing key, which lives as long as the process."""

    def __init__(self) -> None:
        self.key_id = uuid.uuid4().hex
        self._generation = 0
        self.issued: deque[str] = deque(maxlen=MOST_REMEMBERED)
        """Every token that was signed."""

    def revoke_access_tokens(self) -> None:
        """Refuse every access token issued so far (real ones cannot be revoked; a changed key has this effect)."""
        self._generation += 1

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(65537, 2048)

    def public_keys(self) -> dict[str, object]:
        """Return the JSON Web Key Set."""
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**jwk, "kid": self.key_id, "use": "sig", "alg": ALGORITHM}]}

    def access_token(
        self,
        person: Person,
        client_id: str,
        audience: str,
        scopes: str,
        wall: float,
        lifetime_s: int,
        more: Mapping[str, object] | None = None,
    ) -> str:
        """Return a v1 access token of a person for one resource, with `more` claims.

        The issuer is the v1 one that Azure Maps' real tokens have, and that Azurite insists on.
        """
        return self._sign(
            {
                "aud": audience,
                "iss": ISSUER_V1,
                "iat": int(wall),
                # Entra puts both five minutes back, for clocks that are a little slow.
                "nbf": int(wall) - 300,
                "exp": int(wall) + lifetime_s,
                "acr": "1",
                "amr": ["pwd", "mfa"],
                "appid": client_id,
                "appidacr": "0",
                "family_name": person.family_name,
                "given_name": person.given_name,
                "name": person.name,
                "oid": person.object_id,
                "scp": scopes,
                "sub": _pairwise(person, audience),
                "tid": TENANT_ID,
                "unique_name": person.username,
                "upn": person.username,
                "uti": uuid.uuid4().hex[:22],
                "ver": "1.0",
                "generation": self._generation,
                **(more or {}),
            }
        )

    def app_token(self, object_id: str, client_id: str, audience: str, wall: float, lifetime_s: int) -> str:
        """Return a v1 access token of an app itself (client credentials)."""
        return self._sign(
            {
                "aud": audience,
                "iss": ISSUER_V1,
                "iat": int(wall),
                "nbf": int(wall) - 300,
                "exp": int(wall) + lifetime_s,
                "appid": client_id,
                "appidacr": "1",
                "idtyp": "app",
                "oid": object_id,
                "sub": object_id,
                "tid": TENANT_ID,
                "ver": "1.0",
                "generation": self._generation,
            }
        )

    def id_token(self, person: Person, client_id: str, issuer: str, wall: float) -> str:
        """Return a v2 id_token."""
        return self._sign(
            {
                "aud": client_id,
                "iss": issuer,
                "iat": int(wall),
                "nbf": int(wall) - 300,
                "exp": int(wall) + ID_TOKEN_LIFETIME_S,
                "name": person.name,
                "oid": person.object_id,
                "preferred_username": person.username,
                "sub": _pairwise(person, client_id),
                "tid": TENANT_ID,
                "ver": "2.0",
            }
        )

    def check(self, token: str, resource: str, wall: float) -> dict[str, object]:
        """Return the claims of an access token that is valid for `resource` now.

        Raises:
            Rejected: wrong signature, audience, issuer or time.
        """
        try:
            claims: dict[str, object] = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=[ALGORITHM],
                audience=[resource, resource + "/"],
                issuer=ISSUER_V1,
                # The times are checked below: this cloud's clock may be skewed on purpose.
                options={
                    "require": ["exp", "nbf", "iat", "oid"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidAudienceError as error:
            raise Rejected("invalid_token", "The audience is invalid") from error
        except jwt.InvalidIssuerError as error:
            raise Rejected("invalid_token", "The issuer is invalid") from error
        except jwt.InvalidTokenError as error:
            raise Rejected("invalid_token", "The token is malformed or its signature is invalid") from error
        if wall >= _number(claims["exp"]):
            raise Rejected("invalid_token", "The token expired")
        if wall < _number(claims["nbf"]):
            raise Rejected("invalid_token", "The token is not yet valid")
        if claims.get("generation") != self._generation:
            raise Rejected("invalid_token", "The token was revoked")
        return claims

    def _sign(self, claims: dict[str, object]) -> str:
        token = jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.key_id})
        self.issued.append(token)
        return token


def client_info(person: Person) -> str:
    """Return Entra's `client_info`: base64url JSON without padding."""
    data = json.dumps({"uid": person.object_id, "utid": TENANT_ID}).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _pairwise(person: Person, audience: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{person.object_id} {audience}").hex


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
