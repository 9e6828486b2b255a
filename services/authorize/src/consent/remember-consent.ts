import type { Client } from '@tessera/oauth';
import { type ConsentContext, consentEnd } from './judge-consent.ts';

/** What a person agreed to. */
export interface GivenConsent {
  readonly subject: string;
  readonly client: Client;
  /** What they were asked for. */
  readonly asked: readonly string[];
  readonly approved: readonly string[];
}

/**
 * Remembers what a person agreed to, in place of what was remembered; storage writes `consent.granted` with it. Scopes they
 * agreed to earlier, and were not asked for now, stay where nothing says when a consent ends.
 */
export async function rememberConsent(context: ConsentContext, given: GivenConsent): Promise<void> {
  const { subject, client, asked, approved } = given;
  const grantedAt = context.clock.now();
  const expiresAt = consentEnd(context, client, grantedAt);
  const earlier = expiresAt === undefined ? await context.storage.findConsent(subject, client.id) : undefined;
  const kept = earlier?.expiresAt === undefined ? (earlier?.scopes ?? []) : [];
  await context.storage.putConsent({
    subject,
    clientId: client.id,
    scopes: [...approved, ...kept.filter((scope) => !asked.includes(scope))],
    grantedAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
}
