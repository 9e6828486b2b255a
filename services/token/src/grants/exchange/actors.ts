import { invalid } from '@tessera/http';
import type { AccessToken } from '../../inspect/access-token.ts';

/** The claim `act` (RFC 8693 §4.1). */
export type Actor = Readonly<Record<string, unknown>>;

/** Longest chain of actors. */
const MAX_ACTORS = 8;

/**
 * Who acts in the tokens of an exchange: the actor, before it whoever acted in the subject's token. Without a new actor the
 * chain stays as it was, so that no exchange makes a delegation look like the person's own doing. Throws OAuthError
 * `invalid_request` when the chain gets too long.
 */
export function actorOf(actor: AccessToken | undefined, earlier: Actor | undefined): Actor | undefined {
  if (actor === undefined) return earlier;
  const chain: Actor = {
    sub: actor.subject,
    client_id: actor.clientId,
    ...(earlier !== undefined && { act: earlier }),
  };
  if (depthOf(chain) > MAX_ACTORS) throw invalid(400, 'The chain of actors is too long.');
  return chain;
}

function depthOf(actor: Actor): number {
  let depth = 0;
  for (let next: unknown = actor; isActor(next) && depth <= MAX_ACTORS; next = next['act']) depth += 1;
  return depth;
}

function isActor(value: unknown): value is Actor {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
