import { type ClientAssertionProblem, type ClientKeys, verifyClientAssertion } from '@tessera/client-keys';
import type { Storage } from '@tessera/contracts';
import { verifyClientSecret } from '@tessera/credentials';
import { routeTable } from '@tessera/http';
import type { Client, ClientAuthMethodName } from '@tessera/oauth';
import { useUpAssertion } from '../protocol/use-up-assertion.ts';

/** What verifying needs. */
export interface AssertionDependencies {
  readonly issuer: string;
  readonly clientKeys: ClientKeys;
  readonly storage: Pick<Storage, 'consumeOnce'>;
}

/** An assertion and the way it was presented. */
export interface PresentedAssertion {
  readonly assertion: string;
  readonly client: Client;
  readonly method: ClientAuthMethodName;
  readonly now: Date;
}

/** Why an assertion does not count; for logs. */
export type AssertionFault = ClientAssertionProblem | 'replayed' | 'secret_expired';

/**
 * The addresses of this issuer's endpoints for clients: what the audience of an assertion may be beside the issuer (RFC 7523
 * §3 item 3), as clients name the one they call, or always the token endpoint.
 */
function endpointAddresses(issuer: string): readonly string[] {
  return Object.values(routeTable)
    .filter(({ service, body }) => service === 'token' && body === 'form')
    .map(({ path }) => `${issuer}${path}`);
}

/**
 * Verifies an assertion and uses it up (N28): of all requests that carry it, one succeeds. A forged one uses up nothing.
 * Undefined = it is good. Throws the TesseraError of the keys and of storage: an assertion is never called bad because one
 * of them did not answer.
 */
export async function findAssertionFault(
  { assertion, client, method, now }: PresentedAssertion,
  { issuer, clientKeys, storage }: AssertionDependencies,
): Promise<AssertionFault | undefined> {
  if (method === 'client_secret_jwt' && !isSecretCurrent(client, now)) return 'secret_expired';
  const { id, hmacSecret, settings } = client;
  const outcome = await verifyClientAssertion(
    {
      assertion,
      // The method was judged already; where the settings name none it is the one that was presented.
      client: { id, ...(hmacSecret !== undefined && { hmacSecret }), settings: { ...settings, authMethod: method } },
      issuer,
      endpoints: endpointAddresses(issuer),
      now,
    },
    clientKeys,
  );
  if (!outcome.ok) return outcome.reason;
  const { jti, expiresAt } = outcome;
  const isFirst = await useUpAssertion(storage, { use: 'client_assertion', issuer: id, jti, expiresAt, now });
  return isFirst ? undefined : 'replayed';
}

/** A secret that has expired keys no assertions either. */
function isSecretCurrent({ hmacSecret, secrets }: Client, now: Date): boolean {
  return hmacSecret !== undefined && verifyClientSecret(hmacSecret, secrets, now);
}
