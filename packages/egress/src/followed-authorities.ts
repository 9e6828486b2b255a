import { type AccessOptions, isTlsFailure, watchFiles } from '@tessera/watched-files';
import { authorityFiles, readAuthorities, systemAuthorities } from './authorities.ts';
import { createEgressClient, type EgressClient, type EgressClientOptions } from './client.ts';

/** Whom to trust, as a configuration says it. */
export interface FollowedAuthorities extends AccessOptions {
  /** PEM text, base64 of it, or names of files. */
  readonly authorities: readonly string[];
  /** Whether the runtime's own are trusted as well. */
  readonly besideSystem: boolean;
  /** For the log, e.g. `the authorities of Vault`. */
  readonly what: string;
}

/** What was begun with the former authorities has so long to end, in milliseconds; longer than any request may take. */
const LINGER_MS = 60_000;

/**
 * A client whose authorities are read again when their files change, and at once when a certificate is not trusted: the request
 * is sent then, as it has not been. Without authorities it trusts the runtime's own. Rejects when a file cannot be read or has
 * no certificate.
 */
export async function createFollowingEgressClient(
  options: Omit<EgressClientOptions, 'authorities'>,
  { authorities, besideSystem, what, ...around }: FollowedAuthorities,
): Promise<EgressClient> {
  const files = authorityFiles(authorities);
  const inline = await readAuthorities(authorities.filter((value) => !files.includes(value)));
  const open = (pems: readonly string[]): EgressClient => {
    const named = [...inline, ...pems];
    if (named.length === 0) return createEgressClient(options);
    return createEgressClient({ ...options, authorities: besideSystem ? [...systemAuthorities(), ...named] : named });
  };
  if (files.length === 0) return open([]);
  // Rejects for what no authority is in.
  await readAuthorities(files);
  const watch = watchFiles({ files, load: readPems, what, ...around });
  let client = open(watch.current());
  watch.onChange((pems) => {
    const former = client;
    client = open(pems);
    around.clock.schedule(LINGER_MS, () => void former.close());
  });
  return {
    async send(request) {
      const used = client;
      try {
        return await used.send(request);
      } catch (error) {
        if (!isTlsFailure(error)) throw error;
        await watch.check();
        if (client === used) throw error;
        return client.send(request);
      }
    },
    close() {
      watch.close();
      return client.close();
    },
  };
}

function readPems(contents: readonly Buffer[]): readonly string[] {
  return contents.map((content) => {
    const pem = content.toString('latin1');
    if (authorityFiles([pem]).length > 0) throw new Error('there is no certificate in it');
    return pem;
  });
}
