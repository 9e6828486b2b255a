import { addSeconds, type Clock } from '@tessera/clock';
import type { ClientSecretConfig, ResourcesConfig } from '@tessera/config';
import { hashClientSecret } from '@tessera/credentials';
import type { ApiResource, Resources } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import { openSecret } from '@tessera/watched-files';

/** The configured resources; secrets of APIs that stand in files change with them. */
export interface LiveResources {
  readonly resources: Resources;
  close(): void;
}

/** What looks after the files. */
interface Around {
  readonly clock: Clock;
  readonly logger: Logger;
}

type Hashes = ApiResource['secrets'];

/** How long a secret is still taken after its file has another, as those of clients are. */
const FORMER_SECRET_SECONDS = 120;

/** The configured resources, the secrets of APIs hashed. Throws the system's error when a secret file cannot be read at first. */
export function createResources(config: ResourcesConfig, around: Around): LiveResources {
  const followed: FollowedSecret[] = [];
  const apiResources = config.apiResources.map(({ secrets, ...resource }): ApiResource => {
    const own = secrets.map((secret) => followSecret(secret, resource.name, around));
    followed.push(...own);
    return {
      ...resource,
      get secrets() {
        return own.flatMap((secret) => secret.hashes());
      },
    };
  });
  return {
    resources: { identityResources: config.identityResources, apiScopes: config.apiScopes, apiResources },
    close() {
      for (const secret of followed) secret.close();
    },
  };
}

/** The same for a process that is not asked with any secret; it need not have their files. */
export function resourcesWithoutSecrets(config: ResourcesConfig): LiveResources {
  const apiResources = config.apiResources.map((resource) => ({ ...resource, secrets: [] }));
  return { resources: { ...config, apiResources }, close() {} };
}

interface FollowedSecret {
  hashes(): Hashes;
  close(): void;
}

function followSecret(
  { value, valueFile, expiresAt }: ClientSecretConfig,
  api: string,
  around: Around,
): FollowedSecret {
  const secret = openSecret({ ...around, value, file: valueFile, what: `a secret of the API ${api}` });
  const ending = expiresAt === undefined ? {} : { expiresAt };
  let present = { ...hashClientSecret(value), ...ending };
  let hashes: Hashes = [present];
  secret.onChange(() => {
    const former = { ...present, expiresAt: addSeconds(around.clock.now(), FORMER_SECRET_SECONDS) };
    present = { ...hashClientSecret(secret.current()), ...ending };
    hashes = [present, former];
  });
  return { hashes: () => hashes, close: () => secret.close() };
}
