import { createFakeClock, type FakeClock } from '@tessera/clock';
import type { VaultConfig } from '@tessera/config';
import type { SigningAlgorithm } from '@tessera/oauth';
import { startVault, type VaultRule, type VaultServer, type VaultServerOptions } from '@tessera/testkit';
import { TRANSIT_ALGORITHMS } from '../../signers/vault/transit-algorithms.ts';
import type { VaultTransit } from '../transit.ts';
import { createVaultTransit } from '../transit-client.ts';
import { createRecordingLogger, type RecordingLogger } from './recording-logger.ts';

/** A server with what it is asked by. */
export interface VaultBench extends AsyncDisposable {
  readonly server: VaultServer;
  /** Moves the server's time as well. */
  readonly clock: FakeClock;
  readonly logger: RecordingLogger;
  /** A client of that server; by {@link SIGNING_RULES} unless another token is given. */
  connect(config?: Partial<VaultConfig>): VaultTransit;
}

/** The least that a signer needs. */
export const SIGNING_RULES: readonly VaultRule[] = [
  { path: 'transit/keys/+', capabilities: ['read'] },
  { path: 'transit/keys/+/rotate', capabilities: ['update'] },
  { path: 'transit/sign/+', capabilities: ['update'] },
];

/** The same where the operator alone rotates. */
export const READ_AND_SIGN_RULES: readonly VaultRule[] = SIGNING_RULES.filter(({ path }) => !path.endsWith('/rotate'));

/** Starts a server; what is disposed of is the server and every client. */
export async function startVaultBench(options: VaultServerOptions = {}): Promise<VaultBench> {
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const server = await startVault({ now: () => clock.now(), ...options });
  const token = server.createToken({ rules: SIGNING_RULES });
  const clients: VaultTransit[] = [];
  return {
    server,
    clock,
    logger,
    connect(config = {}) {
      const identity = config.tokenFile === undefined ? { token } : {};
      const client = createVaultTransit(
        { addr: server.addr, mount: options.mount ?? 'transit', ...identity, ...config },
        { clock, logger },
      );
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
    },
  };
}

/** The name that {@link makeSigningKeys} gives to the key of an algorithm. */
export function keyNameOf(alg: SigningAlgorithm): string {
  return `tessera-${alg.toLowerCase()}`;
}

/** Makes a Transit key for each algorithm, as the operator does it; RSA keys as short as they may be. */
export async function makeSigningKeys(
  server: VaultServer,
  algorithms: readonly SigningAlgorithm[],
): Promise<Readonly<Partial<Record<SigningAlgorithm, string>>>> {
  const entries = algorithms.map(async (alg) => {
    const [type = ''] = TRANSIT_ALGORITHMS[alg].keyTypes;
    await server.createKey(keyNameOf(alg), type as Parameters<VaultServer['createKey']>[1]);
    return [alg, keyNameOf(alg)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
