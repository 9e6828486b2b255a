import type { Tokens } from '../issuer.ts';
import type { Notice } from '../sessions.ts';
import { claimsOfJwt } from '../unverified-claims.ts';
import { type Html, html } from './html.ts';
import { page } from './layout.ts';

/** What the page shows. */
export interface SignedInView {
  readonly tokens: Tokens;
  /** What the userinfo endpoint answered, or why it did not. */
  readonly userInfo: { readonly claims: unknown } | { readonly problem: string };
  readonly notice: Notice | undefined;
}

/** The page of somebody who is signed in: what each token says, and what can be done with them. */
export function signedInPage({ tokens, userInfo, notice }: SignedInView): string {
  const { idClaims, idToken, accessToken, refreshToken } = tokens;
  const name = [idClaims['name'], idClaims['email']].find((claim) => typeof claim === 'string') ?? idClaims.sub;
  const accessClaims = claimsOfJwt(accessToken);
  return page(
    'Signed in',
    html`<h1>Hello, ${name}</h1>
<p>You are signed in by <strong>${idClaims.iss}</strong>.</p>
<div class="actions">
${refreshToken === undefined ? undefined : button('/refresh', 'Refresh')}
${button('/introspect', 'Introspect access token', 'access_token')}
${refreshToken === undefined ? undefined : button('/introspect', 'Introspect refresh token', 'refresh_token')}
${button('/revoke', refreshToken === undefined ? 'Revoke access token' : 'Revoke refresh token')}
${button('/signout', 'Sign out here')}
${button('/signout-everywhere', 'Sign out everywhere')}
</div>
${panel('ID token', 'Who you are, for this application alone. Signature, issuer, audience and nonce are verified.', claimsTable(idClaims), idToken)}
${panel(
  'Access token',
  'What this application shows to others. It is opaque to the application; here is what it says.',
  accessClaims === undefined ? html`<p>It is not a JWT.</p>` : claimsTable(accessClaims),
  accessToken,
)}
${panel(
  'Userinfo',
  'What the issuer tells about you now.',
  'problem' in userInfo ? html`<p class="bad">${userInfo.problem}</p>` : claimsTable(userInfo.claims),
)}
${
  refreshToken === undefined
    ? undefined
    : panel('Refresh token', 'Gets new tokens while you are away. It changes with each use.', html``, refreshToken)
}`,
    notice,
  );
}

function button(action: string, label: string, token?: string): Html {
  const field = token === undefined ? undefined : html`<input type="hidden" name="token" value="${token}">`;
  return html`<form method="post" action="${action}">${field}<button>${label}</button></form>`;
}

function panel(title: string, text: string, content: Html, raw?: string): Html {
  const token =
    raw === undefined ? undefined : html`<details><summary>The token itself</summary><pre>${raw}</pre></details>`;
  return html`<section class="card"><h2>${title}</h2><p>${text}</p>${content}${token}</section>`;
}

/** Claims whose value is a moment in epoch seconds (RFC 7519 §2 NumericDate). */
const moments: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf', 'auth_time', 'updated_at']);

function claimsTable(claims: unknown): Html {
  const rows = Object.entries(claims as Record<string, unknown>);
  return html`<table>${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${claimText(name, value)}</td></tr>`)}</table>`;
}

function claimText(name: string, value: unknown): string {
  if (moments.has(name) && typeof value === 'number' && Math.abs(value) < 8.64e12) {
    return `${value} (${new Date(value * 1000).toISOString()})`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
