import { createHash, randomBytes } from 'node:crypto';
import { epochSeconds } from '@tessera/clock';
import { parseJsonObject } from '@tessera/egress';
import { s256Challenge } from '@tessera/oauth';
import { OFFLINE_ACCESS } from '../connector.ts';
import type { OidcSettings } from './config.ts';
import type { UpstreamMetadata } from './discovery.ts';

/** What is kept of one visit at the upstream until the browser comes back. */
export interface Visit {
  /** Comes back inside the ID token (OIDC Core §3.1.2.1). */
  readonly nonce: string;
  /** RFC 7636 §4.1; undefined when the upstream does not do PKCE. */
  readonly codeVerifier: string | undefined;
  /** When it began, in epoch seconds, where only a sign-in after that counts; undefined where an older one does too. */
  readonly freshSinceSeconds: number | undefined;
}

/** What is asked of the upstream. */
export interface VisitRequest {
  readonly state: string;
  readonly scopes: readonly string[];
  readonly loginHint?: string;
  readonly needsFreshSignIn?: true;
}

const RANDOM_BYTES = 32;

/**
 * A new visit: random nonce and, by configuration or by what the upstream offers, a PKCE verifier. `now` counts where the
 * request wants a fresh sign-in.
 */
export function createVisit(
  settings: OidcSettings,
  metadata: UpstreamMetadata,
  { request, now }: { readonly request: Pick<VisitRequest, 'needsFreshSignIn'>; readonly now: Date },
): Visit {
  const hasPkce = challengeMethod(settings, metadata) !== undefined;
  return {
    nonce: random(),
    codeVerifier: hasPkce ? random() : undefined,
    freshSinceSeconds: request.needsFreshSignIn === true ? epochSeconds(now) : undefined,
  };
}

/** Where the browser goes (OIDC Core §3.1.2.1). */
export function authorizationUrl(
  settings: OidcSettings,
  metadata: UpstreamMetadata,
  { visit, request }: { readonly visit: Visit; readonly request: VisitRequest },
): string {
  const { config } = settings;
  const url = new URL(metadata.authorizationEndpoint);
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') url.searchParams.set(name, value);
  };
  add('response_type', 'code');
  add('client_id', config.clientID);
  add('redirect_uri', config.redirectURI);
  add('scope', settings.scopes.join(' '));
  add('state', request.state);
  add('nonce', visit.nonce);
  add('login_hint', request.loginHint);
  add('acr_values', config.acrValues.join(' '));
  if (request.scopes.includes(OFFLINE_ACCESS)) {
    add('access_type', 'offline');
  }
  add('prompt', promptOf(settings, request));
  const method = challengeMethod(settings, metadata);
  if (visit.codeVerifier !== undefined && method !== undefined) {
    add('code_challenge', method === 'S256' ? s256Challenge(visit.codeVerifier) : visit.codeVerifier);
    add('code_challenge_method', method);
  }
  return url.href;
}

/** OIDC Core §3.1.2.1: a client that wants a fresh sign-in gets one from the upstream too (N55), beside what offline access needs there. */
function promptOf(settings: OidcSettings, request: VisitRequest): string {
  const offline = request.scopes.includes(OFFLINE_ACCESS) ? (settings.offlinePrompt ?? '').split(' ') : [];
  // `none` stands alone and would contradict.
  const prompts =
    request.needsFreshSignIn === true ? ['login', ...offline.filter((prompt) => prompt !== 'none')] : offline;
  return [...new Set(prompts)].join(' ').trim();
}

/** The visit as text, to be sealed. */
export function visitToText({ nonce, codeVerifier, freshSinceSeconds }: Visit): string {
  return JSON.stringify({ nonce, codeVerifier, freshSinceSeconds });
}

/** The visit that {@link visitToText} wrote; undefined for anything else. */
export function visitFromText(text: string): Visit | undefined {
  const { nonce, codeVerifier, freshSinceSeconds } = parseJsonObject(text) ?? {};
  if (typeof nonce !== 'string' || nonce === '') return undefined;
  return {
    nonce,
    codeVerifier: typeof codeVerifier === 'string' ? codeVerifier : undefined,
    freshSinceSeconds: typeof freshSinceSeconds === 'number' ? freshSinceSeconds : undefined,
  };
}

/** A key for what is kept in process about a token: its hash, so that no token is a key of a map. */
export function hashOfToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('base64url');
}

function challengeMethod({ config }: OidcSettings, metadata: UpstreamMetadata): 'S256' | 'plain' | undefined {
  if (config.pkceChallenge !== undefined) return config.pkceChallenge;
  if (metadata.codeChallengeMethods.includes('S256')) return 'S256';
  return metadata.codeChallengeMethods.includes('plain') ? 'plain' : undefined;
}

function random(): string {
  return randomBytes(RANDOM_BYTES).toString('base64url');
}
