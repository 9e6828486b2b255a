// Makes the Secrets of a deployment on Kubernetes, once: certificates for mutual TLS between the services, the key that
// private signing keys are encrypted under, and the passwords of PostgreSQL and Redis.
//
//   node first-secrets-kubernetes.mjs [PREFIX] [ACCOUNT]
//
// in a pod whose account may read and make these Secrets. PREFIX of their names is tessera; ACCOUNT is the folder with
// `token` and `namespace`, and NODE_EXTRA_CA_CERTS names the authority of the API.
//
//   PREFIX-authority        tls.crt, tls.key            the authority of the certificates; no service has it
//   PREFIX-SERVICE-tls      tls.crt, tls.key, ca.crt
//   PREFIX-key-encryption   key-encryption.key
//   PREFIX-database         password
//   PREFIX-redis            password, redis.conf        the second for a Redis of the same deployment
//
// What exists stays as it is. Each Secret is made by one request that fails when it is there already, and certificates are
// of the authority that is there, so several that run at once, and one that died half-way, end in the same state.

import { createAuthority, openAuthority } from './certificates.mjs';
import {
  CERTIFICATE_DAYS,
  certificateName,
  freshKeyEncryptionKey,
  freshPassword,
  redisSettings,
  SERVICES,
} from './fresh-secrets.mjs';
import { secretsOfNamespace } from './kubernetes-secrets.mjs';

const AUTHORITY_DAYS = 3650;
const TLS = 'kubernetes.io/tls';
const OPAQUE = 'Opaque';

const [prefix = 'tessera', account = '/var/run/secrets/kubernetes.io/serviceaccount'] = process.argv.slice(2);

/** The address of the API, as Kubernetes tells every container. */
function apiAddress() {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  if (host === undefined || port === undefined)
    throw new Error('this is not a pod: KUBERNETES_SERVICE_HOST is not set');
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** @returns {Promise<string[]>} the names of what was made */
async function keepSecrets() {
  const labels = { 'app.kubernetes.io/instance': prefix, 'app.kubernetes.io/part-of': 'tessera' };
  const secrets = secretsOfNamespace({ api: apiAddress(), account, labels });
  /** @type {string[]} */
  const made = [];
  /** @param {string} name @param {string} type @param {() => Record<string, string>} content */
  const keep = async (name, type, content) => {
    const { data, isNew } = await secrets.keep(`${prefix}-${name}`, type, content);
    if (isNew) made.push(`${prefix}-${name}`);
    return data;
  };

  const pem = await keep('authority', TLS, () => {
    const { certificate, key } = createAuthority(AUTHORITY_DAYS);
    return { 'tls.crt': certificate, 'tls.key': key };
  });
  const authority = openAuthority({ certificate: pem['tls.crt'] ?? '', key: pem['tls.key'] ?? '' }, CERTIFICATE_DAYS);
  for (const service of SERVICES) {
    await keep(`${service}-tls`, TLS, () => {
      const { certificate, key } = authority.issue(certificateName(service));
      return { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': authority.certificate };
    });
  }
  await keep('key-encryption', OPAQUE, () => ({ 'key-encryption.key': freshKeyEncryptionKey() }));
  await keep('database', OPAQUE, () => ({ password: freshPassword() }));
  await keep('redis', OPAQUE, () => {
    const password = freshPassword();
    return { password, 'redis.conf': redisSettings(password) };
  });
  return made;
}

try {
  const made = await keepSecrets();
  process.stdout.write(made.length > 0 ? `Made ${made.join(', ')}.\n` : 'The secrets exist already.\n');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
