import type { ConformanceClient } from '../system.ts';

/** How a client says who it is at the token endpoint (OIDC Core §9). */
export type SecretMethod = 'client_secret_basic' | 'client_secret_post';

/** An answer of an endpoint for clients. */
export interface EndpointAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Asks the token endpoint. */
export function requestTokens(
  endpoint: string,
  client: ConformanceClient,
  form: Readonly<Record<string, string>>,
  method: SecretMethod = 'client_secret_basic',
): Promise<EndpointAnswer> {
  if (method === 'client_secret_post') {
    return send(endpoint, {
      method: 'POST',
      body: new URLSearchParams({ ...form, client_id: client.id, client_secret: client.secret }),
    });
  }
  const credentials = Buffer.from(`${encodeURIComponent(client.id)}:${encodeURIComponent(client.secret)}`);
  return send(endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials.toString('base64')}` },
    body: new URLSearchParams(form),
  });
}

/** Ways to present an access token (RFC 6750 §2). */
export type BearerMethod = 'get' | 'post-header' | 'post-body';

/** Asks for the claims about the person (OIDC Core §5.3.1). */
export function requestUserinfo(endpoint: string, accessToken: string, how: BearerMethod = 'get') {
  const headers = { authorization: `Bearer ${accessToken}` };
  switch (how) {
    case 'get':
      return send(endpoint, { headers });
    case 'post-header':
      return send(endpoint, { method: 'POST', headers });
    case 'post-body':
      return send(endpoint, { method: 'POST', body: new URLSearchParams({ access_token: accessToken }) });
  }
}

async function send(url: string, init: RequestInit): Promise<EndpointAnswer> {
  const response = await fetch(url, { redirect: 'error', ...init });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}
