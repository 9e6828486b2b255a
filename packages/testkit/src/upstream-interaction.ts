import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type Provider from 'oidc-provider';
import type { UpstreamAccount } from './upstream-account.ts';

/** What the sign-in page of an upstream provider needs. */
export interface InteractionOptions {
  readonly provider: Provider;
  /** The accounts of this moment, by login name. */
  readonly accounts: ReadonlyMap<string, UpstreamAccount>;
  /** Login name of the account that is signed in without being asked. */
  readonly autoLogin: string | undefined;
}

/**
 * Answers an interaction of the upstream provider. The account that `login_hint` names (or `autoLogin`) is signed in
 * at once; else there is a form with the fields `login` and `password` and the buttons `action=sign-in` and
 * `action=cancel`. Consent is always given.
 */
export async function answerInteraction(
  options: InteractionOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { provider, accounts } = options;
  const { prompt, params } = await provider.interactionDetails(request, response);
  const finish = (result: object) => provider.interactionFinished(request, response, { ...result });
  if (prompt.name !== 'login') return finish({ consent: {} });
  if (request.method !== 'POST') {
    const hint = params['login_hint'] ?? options.autoLogin;
    const hinted = typeof hint === 'string' ? accounts.get(hint) : undefined;
    return hinted ? finish({ login: { accountId: hinted.subject } }) : answerForm(response, 200);
  }
  const fields = new URLSearchParams(await text(request));
  if (fields.get('action') === 'cancel') {
    return finish({ error: 'access_denied', error_description: 'the user refused' });
  }
  const account = accounts.get(fields.get('login') ?? '');
  if (account?.password === undefined || account.password !== fields.get('password')) return answerForm(response, 401);
  return finish({ login: { accountId: account.subject } });
}

function answerForm(response: ServerResponse, status: 200 | 401): void {
  const problem = status === 401 ? '<p role="alert">Wrong name or password.</p>' : '';
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Upstream sign-in</title>
<h1>Upstream sign-in</h1>
${problem}
<form method="post">
<label>Name <input name="login" autocomplete="username"></label>
<label>Password <input name="password" type="password"></label>
<button name="action" value="sign-in">Sign in</button>
<button name="action" value="cancel">Cancel</button>
</form>
</html>
`);
}
