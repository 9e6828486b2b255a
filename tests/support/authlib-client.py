"""An application that signs people in with Authlib.

Reads one JSON object from standard input and writes one to standard output. With "step": "begin" it gives the address of an
authorization request and what an application keeps meanwhile; with "step": "complete" it takes that and the address of the
answer, and does with the tokens all that an application does. Whatever is not as the specifications want it is an exception.
"""

import json
import sys

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oauth2.rfc7523 import ClientSecretJWT
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken, HybridIDToken


def discover(issuer):
    metadata = requests.get(issuer + "/.well-known/openid-configuration", timeout=10).json()
    assert metadata["issuer"] == issuer, "the metadata of another issuer"
    return metadata


def session_of(job, metadata):
    session = OAuth2Session(
        job["client_id"],
        job["client_secret"],
        scope=job["scope"],
        redirect_uri=job["redirect_uri"],
        token_endpoint_auth_method=job["method"],
        revocation_endpoint_auth_method=job["method"],
    )
    if job["method"] == "client_secret_jwt":
        session.register_client_auth_method(ClientSecretJWT(metadata["token_endpoint"]))
    return session


def begin(job, metadata):
    nonce, code_verifier = generate_token(20), generate_token(48)
    url, state = session_of(job, metadata).create_authorization_url(
        metadata["authorization_endpoint"],
        response_type=job["response_type"],
        nonce=nonce,
        # Left to itself, the library has no challenge for hybrid response types.
        code_challenge=create_s256_code_challenge(code_verifier),
        code_challenge_method="S256",
        connector_id="local",
    )
    return {"url": url, "kept": {"nonce": nonce, "code_verifier": code_verifier, "state": state}}


def verify(job, metadata, claims_class, id_token, **parameters):
    algorithm = job["algorithm"]
    if algorithm.startswith("HS"):
        key = job["client_secret"]
    else:
        key = JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
    claims = JsonWebToken([algorithm]).decode(
        id_token,
        key,
        claims_cls=claims_class,
        claims_options={
            "iss": {"essential": True, "value": job["issuer"]},
            "aud": {"essential": True, "value": job["client_id"]},
        },
        claims_params={"client_id": job["client_id"], **parameters},
    )
    claims.validate(leeway=5)
    return claims


def complete(job, metadata):
    session, endpoint, kept = session_of(job, metadata), metadata["token_endpoint"], job["kept"]
    nonce, result = kept["nonce"], {}
    answer = job["answer"]
    if job["response_type"] != "code":
        front = session.fetch_token(authorization_response=answer, state=kept["state"])
        result["front"] = verify(
            job, metadata, HybridIDToken, front["id_token"], nonce=nonce, access_token=front["access_token"], code=front["code"]
        )
        answer = answer.replace("#", "?")
    tokens = session.fetch_token(
        endpoint, authorization_response=answer, state=kept["state"], code_verifier=kept["code_verifier"]
    )
    result["claims"] = verify(
        job, metadata, CodeIDToken, tokens["id_token"], nonce=nonce, access_token=tokens["access_token"]
    )
    result["userinfo"] = session.get(metadata["userinfo_endpoint"]).json()
    refreshed = session.refresh_token(endpoint, refresh_token=tokens["refresh_token"])
    result["refreshed"] = verify(
        job, metadata, CodeIDToken, refreshed["id_token"], access_token=refreshed["access_token"]
    )
    introspect = lambda: session.introspect_token(metadata["introspection_endpoint"], refreshed["access_token"]).json()
    result["before"] = introspect()
    session.revoke_token(metadata["revocation_endpoint"], refreshed["refresh_token"]).raise_for_status()
    result["after"] = introspect()
    result["own"] = session_of({**job, "scope": None}, metadata).fetch_token(endpoint, grant_type="client_credentials")
    return result


job = json.load(sys.stdin)
steps = {"begin": begin, "complete": complete}
json.dump(steps[job["step"]](job, discover(job["issuer"])), sys.stdout)
