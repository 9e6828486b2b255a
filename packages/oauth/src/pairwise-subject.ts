import { createHmac } from 'node:crypto';
import type { Client } from './client.ts';
import { encodeSubject, type SubjectParts } from './subject.ts';

/** What decides which `sub` a client sees. */
export type SubjectClient = Pick<Client, 'id' | 'redirectUris' | 'settings'>;

/** Dex's redirect URI of clients that use the device grant: a page of ours. */
const DEVICE_CALLBACK = '/device/callback';

/**
 * The sector of a client (OIDC Core §8.1): what its registration says, else the one host of its redirect URIs, else, when none
 * of them has one, the client itself. Throws a `RangeError` when the redirect URIs have several hosts, or some have none, and
 * nothing is registered.
 */
export function sectorOf({ id, redirectUris, settings }: SubjectClient): string {
  if (settings.sectorIdentifier !== undefined) return settings.sectorIdentifier;
  const [host = '', ...further] = new Set(redirectUris.filter((uri) => uri !== DEVICE_CALLBACK).map(hostOf));
  if (further.length > 0) throw new RangeError(`The client ${id} has redirect URIs of several hosts and no sector`);
  return host === '' ? `client ${id}` : host;
}

/**
 * A `sub` that only one sector sees (OIDC Core §8.1): HMAC-SHA-256 in base64url over sector and public subject. Under one
 * secret it is always the same, and without the secret nobody finds the person or joins two sectors by it.
 */
export function pairwiseSubject(sector: string, publicSubject: string, secret: string): string {
  const input = JSON.stringify(['tessera pairwise subject', sector, publicSubject]);
  return createHmac('sha256', secret).update(input, 'utf8').digest('base64url');
}

/**
 * The `sub` as a client knows the person (OIDC Core §8): public, or pairwise for clients that are registered so. A client
 * that acts for itself (no connector) has its public one everywhere. Throws a `RangeError` when a pairwise one is needed and
 * there is no secret, or the client is of several sectors.
 */
export function subjectFor(client: SubjectClient, { userId, connectorId }: SubjectParts, secret?: string): string {
  const subject = encodeSubject(userId, connectorId);
  if (client.settings.subjectType !== 'pairwise' || connectorId === '') return subject;
  if (secret === undefined || secret === '') {
    throw new RangeError(`The client ${client.id} needs oauth2.pairwiseSecret for its subjects`);
  }
  return pairwiseSubject(sectorOf(client), subject, secret);
}

/** Without the port; empty for schemes of applications (RFC 8252 §7.1), whose authority, if any, is nobody's host. */
function hostOf(uri: string): string {
  const url = URL.parse(uri);
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.hostname : '';
}
