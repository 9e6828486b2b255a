import type { TesseraConfig } from '@tessera/config';
import type { RelyingParty } from '@tessera/example-relying-party';
import { CommandFailure } from '../command-line/failure.ts';
import { systemErrorCode } from '../command-line/file-fault.ts';
import { exampleClient } from './example-client.ts';

/**
 * Starts the example application as a client of the configuration; undefined when no client of it leads to this machine.
 * Throws CommandFailure when its port is taken.
 */
export async function startApplication(
  config: Pick<TesseraConfig, 'issuer' | 'staticClients'>,
): Promise<RelyingParty | undefined> {
  const options = exampleClient(config);
  if (options === undefined) return undefined;
  const { startRelyingParty } = await import('@tessera/example-relying-party');
  return startRelyingParty(options).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'EADDRINUSE') throw error;
    const { hostname, port } = new URL(`http://${options.listen ?? ''}`);
    const message = `Port ${port} on ${hostname} is already in use. Stop what is using it, or start without the example app: add --no-app.`;
    throw new CommandFailure(message, { cause: error });
  });
}
