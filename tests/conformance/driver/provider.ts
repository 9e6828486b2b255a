import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** The discovery document (OIDC Discovery §3), by its wire names. */
export type Metadata = Readonly<Record<string, unknown>>;

/** An OpenID provider as its documents describe it. */
export interface Provider {
  readonly issuer: string;
  readonly metadata: Metadata;
  readonly jwks: JSONWebKeySet;
  readonly keys: JWTVerifyGetKey;
  /** The address of an endpoint; throws Error when discovery has none. */
  endpoint(member: string): string;
  /** A list of discovery; empty when it is absent. */
  list(member: string): readonly string[];
}

/** Reads discovery and keys. */
export async function discover(issuer: string): Promise<Provider> {
  const metadata = (await getJson(`${issuer}/.well-known/openid-configuration`)) as Metadata;
  const endpoint = (member: string): string => {
    const url = metadata[member];
    if (typeof url !== 'string') throw new Error(`discovery has no ${member}`);
    return url;
  };
  const jwks = (await getJson(endpoint('jwks_uri'))) as unknown as JSONWebKeySet;
  return {
    issuer,
    metadata,
    jwks,
    keys: createLocalJWKSet(jwks),
    endpoint,
    list: (member) => (Array.isArray(metadata[member]) ? (metadata[member] as string[]) : []),
  };
}

async function getJson(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url);
  const type = response.headers.get('content-type') ?? 'nothing';
  if (response.status !== 200 || !/^application\/(jwk-set\+)?json(;|$)/.test(type)) {
    throw new Error(`${url} answers ${response.status} with ${type}`);
  }
  return (await response.json()) as Record<string, unknown>;
}
