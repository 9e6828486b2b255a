// What `helm test` runs: asks the service that publishes metadata, as applications do, and looks whether it is this issuer's.
//
//   node ask-discovery.mjs ISSUER HOST:PORT      HOST:PORT is the Service of `keys`

const [issuer = '', address = ''] = process.argv.slice(-2);
const { pathname } = new URL(issuer);
const path = pathname === '/' ? '' : pathname;

/**
 * @param {string} at
 * @returns {Promise<any>}
 */
async function ask(at) {
  const response = await fetch(`http://${address}${at}`, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${at} answered ${response.status}`);
  return response.json();
}

const metadata = await ask(`${path}/.well-known/openid-configuration`);
if (metadata.issuer !== issuer) throw new Error(`the metadata are of ${metadata.issuer}, not of ${issuer}`);
const { keys } = await ask(new URL(metadata.jwks_uri).pathname);
if (!Array.isArray(keys) || keys.length === 0) throw new Error('no keys are published');
process.stdout.write(
  `${issuer} publishes ${keys.length} keys for ${metadata.id_token_signing_alg_values_supported}.\n`,
);
