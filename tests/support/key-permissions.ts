import { join } from 'node:path';
import type { Cluster } from '@tessera/cli';
import { keysClient, type SecretPurpose, type ServiceName, storageClient, type TokenType } from '@tessera/contracts';
import { createChannel, type RpcChannel } from '@tessera/rpc';

/** What a caller may have of the keys service, and of what that has stored. */
export interface KeyPermissions {
  /** Types of tokens that are signed for it. */
  readonly signatures: readonly TokenType[];
  /** Purposes of the derived keys that it is given. */
  readonly secrets: readonly SecretPurpose[];
  /** Sealed documents that it can read. */
  readonly documents: readonly string[];
}

const TOKEN_TYPES: readonly TokenType[] = ['access_token', 'id_token', 'logout_token', 'userinfo', 'introspection'];
const PURPOSES: readonly SecretPurpose[] = [
  'refresh_token',
  'access_token',
  'authorization_code',
  'browser',
  'connector_data',
];
const DEADLINE_MS = 5_000;

/** Asks for everything with the certificate of a service, over the network. Throws what is no refusal. */
export async function keyPermissionsOf(cluster: Cluster, caller: string): Promise<KeyPermissions> {
  const file = (name: string): string => join(cluster.directory, 'certificates', name);
  const files = { caFile: file('ca.pem'), certFile: file('{service}.pem'), keyFile: file('{service}.key') };
  const dial = (target: ServiceName): RpcChannel => {
    const addresses = cluster.of(target).flatMap(({ grpc }) => grpc ?? []);
    return createChannel({ caller, target, addresses, security: { type: 'mtls', files } });
  };
  const [toKeys, toStorage] = [dial('keys'), dial('storage')];
  const keys = keysClient(toKeys, DEADLINE_MS);
  const storage = storageClient(toStorage, DEADLINE_MS);
  try {
    return {
      signatures: await allowed(TOKEN_TYPES, async (type) => {
        const [outcome] = await keys.sign([[{ type, claims: {} }]]);
        // Whoever may have it signed is told that nothing is no claims.
        if (outcome?.ok === false && codeOf(outcome.error) !== 'keys.claims_refused') throw outcome.error;
      }),
      secrets: await allowed(PURPOSES, (purpose) => keys.getSecrets(purpose)),
      documents: await allowed(['signing', 'secrets', 'journal'], (name) => storage.getKeySet(name)),
    };
  } finally {
    toKeys.close();
    toStorage.close();
  }
}

async function allowed<T>(things: readonly T[], ask: (thing: T) => Promise<unknown>): Promise<readonly T[]> {
  const answers = await Promise.all(things.map((thing) => ask(thing).then(() => true, isRefusal)));
  return things.filter((_, index) => answers[index]);
}

function isRefusal(error: unknown): false {
  if ((error as { readonly kind?: unknown }).kind === 'permission_denied') return false;
  throw error;
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code;
