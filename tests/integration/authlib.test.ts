import { fileURLToPath } from 'node:url';
import { createUserAgent, runPython } from '@tessera/testkit';
import { describe, expect, test } from 'vitest';
import { HMAC } from '../support/relying-parties.ts';
import { shapes } from '../support/shapes.ts';
import { walkPages } from '../support/sign-in.ts';
import { APP, CALLBACK } from '../support/system-config.ts';

const SCRIPT = fileURLToPath(new URL('../support/authlib-client.py', import.meta.url));
const APPLICATIONS = [
  { client: APP, method: 'client_secret_basic', algorithm: 'RS256', responseType: 'code' },
  { client: APP, method: 'client_secret_post', algorithm: 'RS256', responseType: 'code id_token token' },
  { client: HMAC, method: 'client_secret_jwt', algorithm: 'HS256', responseType: 'code' },
] as const;

/** Runs a step of the application, which speaks plain HTTP here. */
function run(job: Readonly<Record<string, unknown>>): Promise<unknown> {
  return runPython({ script: SCRIPT, input: job, env: { AUTHLIB_INSECURE_TRANSPORT: '1' } });
}

describe.each(shapes)('$name', ({ issuer }) => {
  test.each(APPLICATIONS)(
    'Authlib in Python completes every flow ($responseType, $method, $algorithm)',
    async ({ client, method, algorithm, responseType }) => {
      const job = {
        issuer,
        client_id: client.id,
        client_secret: client.secret,
        method,
        algorithm,
        response_type: responseType,
        redirect_uri: CALLBACK,
        scope: 'openid email profile groups offline_access',
      };
      const { url, kept } = (await run({ ...job, step: 'begin' })) as { url: string; kept: unknown };
      const { isStopped, url: answer } = await walkPages(createUserAgent({ stopAt: CALLBACK }), url);
      expect(isStopped).toBe(true);
      const claims = { iss: issuer, aud: client.id, email: 'admin@example.com' };
      expect(await run({ ...job, step: 'complete', kept, answer: answer.href })).toMatchObject({
        ...(responseType === 'code' ? {} : { front: { iss: issuer, aud: client.id } }),
        claims,
        userinfo: { name: 'Ada Admin', groups: ['admins', 'developers'] },
        refreshed: claims,
        before: { active: true, client_id: client.id },
        after: { active: false },
        own: { token_type: 'Bearer' },
      });
    },
  );
});
