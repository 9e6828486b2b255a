import type { Report } from '../../load/report.ts';
import type { ConfigPath } from '../../problem.ts';
import { isOn } from '../fields.ts';
import { checkKeySet, hasKeys } from '../key-set.ts';
import { presentItems } from '../partially.ts';
import { checkSecrets } from '../secrets.ts';
import type { ClientInput } from './static-client.ts';

/** Bytes that a key of each HMAC algorithm must have (RFC 7518 §3.2, OIDC Core §16.19). */
const HMAC_KEY_BYTES: Readonly<Partial<Record<string, number>>> = { HS256: 32, HS384: 48, HS512: 64 };

/** How the client proves who it is, and what it has for that. */
export function checkCredentials(client: ClientInput, path: ConfigPath, report: Report): void {
  const isPublic = isOn(client.public);
  const { method, signingAlgorithm } = client.authentication ?? {};
  checkSecrets(client.secrets, [...path, 'secrets'], report);
  checkKeySet(client.keys, [...path, 'keys'], report);
  const needsSecret = !isPublic && method !== 'private_key_jwt' && method !== 'none';
  if (needsSecret && !client.secret && presentItems(client.secrets).length === 0) {
    report.derived(
      [...path, 'secret'],
      'is required (or secretEnv, secretFile or secrets), unless the client has public: true or the method private_key_jwt',
    );
  }
  checkMethod(client, isPublic, path, report);
  if (signingAlgorithm !== undefined) checkAssertionAlgorithm(signingAlgorithm, method, path, report);
  // A public client is told that it cannot have such an algorithm at all.
  if (isPublic) return;
  for (const algorithm of hmacAlgorithms(client)) checkHmacSecret(client.secret, algorithm, path, report);
}

function checkMethod({ authentication, keys }: ClientInput, isPublic: boolean, path: ConfigPath, report: Report): void {
  const method = authentication?.method;
  const methodPath = [...path, 'authentication', 'method'];
  if (method === 'none' && !isPublic) report.derived(methodPath, 'is none, which is for clients with public: true');
  if (method !== undefined && method !== 'none' && isPublic)
    report.derived(
      methodPath,
      `is ${method}, but the client has public: true, and so has nothing to prove itself with`,
    );
  if (method === 'private_key_jwt' && !hasKeys(keys))
    report.derived([...path, 'keys'], 'is required with the method private_key_jwt: jwks or jwksURI');
}

function checkAssertionAlgorithm(
  algorithm: string,
  method: string | undefined,
  path: ConfigPath,
  report: Report,
): void {
  const wanted = isHmac(algorithm) ? 'client_secret_jwt' : 'private_key_jwt';
  if (method !== wanted)
    report.derived(
      [...path, 'authentication', 'signingAlgorithm'],
      `is ${algorithm}, which goes with the method ${wanted}`,
    );
}

/** Whether the algorithm is keyed by the client's secret. */
export function isHmac(algorithm: string): boolean {
  return algorithm in HMAC_KEY_BYTES;
}

/** The HMAC algorithms that the client's secret is used for. */
function hmacAlgorithms({ authentication, tokens }: ClientInput): readonly string[] {
  const idToken = tokens?.idTokenSigningAlgorithm ?? '';
  const assertion = authentication?.method === 'client_secret_jwt' ? (authentication.signingAlgorithm ?? 'HS256') : '';
  return [...new Set([idToken, assertion])].filter(isHmac);
}

function checkHmacSecret(secret: string | undefined, algorithm: string, path: ConfigPath, report: Report): void {
  const minimum = HMAC_KEY_BYTES[algorithm] ?? 0;
  const secretPath = [...path, 'secret'];
  if (!secret) {
    report.derived(secretPath, `is required: ${algorithm} is keyed by it (entries of secrets are not taken for that)`);
  } else if (Buffer.byteLength(secret, 'utf8') < minimum) {
    report.derived(
      secretPath,
      `must have at least ${minimum} bytes, because ${algorithm} is keyed by it (RFC 7518 §3.2)`,
    );
  }
}
