import type { Client, SecretHash } from '@tessera/oauth';

interface SecretJson {
  readonly salt: string;
  readonly hash: string;
  readonly expiresAtMs?: number;
}

interface ClientJson extends Omit<Client, 'secrets' | 'settings'> {
  readonly secrets: readonly SecretJson[];
  readonly settings?: Client['settings'];
}

/** A client as JSON; its secrets stay the hashes they are. */
export function clientToJson(client: Client): string {
  const plain: ClientJson = { ...client, secrets: client.secrets.map(secretToJson) };
  return JSON.stringify(plain);
}

/** The client of its JSON. */
export function clientFromJson(json: string): Client {
  const plain = JSON.parse(json) as ClientJson;
  // Clients that an earlier version stored have no settings.
  return { ...plain, settings: plain.settings ?? {}, secrets: plain.secrets.map(secretFromJson) };
}

function secretToJson({ salt, hash, expiresAt }: SecretHash): SecretJson {
  return {
    salt: Buffer.from(salt).toString('base64'),
    hash: Buffer.from(hash).toString('base64'),
    ...(expiresAt === undefined ? {} : { expiresAtMs: expiresAt.getTime() }),
  };
}

function secretFromJson({ salt, hash, expiresAtMs }: SecretJson): SecretHash {
  return {
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
    ...(expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs) }),
  };
}
