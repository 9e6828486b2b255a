import type { Notice } from '../sessions.ts';
import { html } from './html.ts';
import { page } from './layout.ts';

/** What a person may be asked to allow: scope, words, whether it is ticked. */
const choices = [
  ['profile', 'Name and profile', true],
  ['email', 'Email address', true],
  ['groups', 'Groups', true],
  ['offline_access', 'Offline access (a refresh token)', true],
  ['phone', 'Phone number', false],
  ['address', 'Postal address', false],
] as const;

/** Scopes the form may ask for besides `openid`. */
export const knownScopes: readonly string[] = choices.map(([scope]) => scope);

/** Ways of asking that the form offers (OIDC Core §3.1.2.1 `prompt`). */
export const knownPrompts: readonly string[] = ['login', 'consent', 'none'];

/** The page of somebody who is not signed in. */
export function homePage(issuer: string, notice?: Notice): string {
  return page(
    'Sign in',
    html`<h1>Hello</h1>
<p>This application does not know you yet. It can ask <strong>${issuer}</strong> who you are.</p>
<form method="post" action="/login" class="card">
<fieldset>
<legend>What to ask for</legend>
${choices.map(
  ([scope, words, isTicked]) =>
    html`<label><input type="checkbox" name="scope" value="${scope}"${isTicked ? html` checked` : undefined}> ${words}</label>`,
)}
</fieldset>
<details>
<summary>More</summary>
<label class="field">How to ask
<select name="prompt">
<option value="">as the issuer thinks best</option>
<option value="login">sign in again</option>
<option value="consent">ask for consent again</option>
<option value="none">do not show anything</option>
</select></label>
<label class="field">Sign-in method <input name="connector_id" autocomplete="off" autocapitalize="none" spellcheck="false"></label>
</details>
<button class="primary">Sign in</button>
</form>`,
    notice,
  );
}
