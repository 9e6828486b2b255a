import type { Identity } from '@tessera/oauth';

/** An identity as JSON. */
export function identityToJson(identity: Identity): string {
  return JSON.stringify(identity);
}

/** The identity of its JSON. The text is our own, so it is taken at its word. */
export function identityFromJson(json: string): Identity {
  return JSON.parse(json) as Identity;
}
