import { createUserAgent } from '@tessera/testkit';
import { describe, expect, test } from 'vitest';
import { FRONT_SITE, startSite } from '../support/apache-site.ts';
import { shapes } from '../support/shapes.ts';
import { walkPages } from '../support/sign-in.ts';

describe.each(shapes)('$name', ({ issuer }) => {
  test.each(['id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token'])(
    'OIDC Core §3.2, §3.3, Form Post §2: Apache takes what it asked for by response_type=%s',
    async (responseType) => {
      const directives = [`OIDCResponseType "${responseType}"`, 'OIDCResponseMode form_post'];
      await using apache = await startSite(issuer, FRONT_SITE, ...directives);
      const agent = createUserAgent();
      const answer = await walkPages(agent, FRONT_SITE.protectedPage);
      const form = answer.form('state');
      expect(Object.keys(form.fields)).toEqual(expect.arrayContaining([...namesIn(responseType)]));
      const shown = await agent.submit(form);
      expect(shown.url.href, apache.output()).toBe(FRONT_SITE.protectedPage);
      expect(shown.body).toMatch(/<p id="sub">[\w-]{20,}<\/p>/);
    },
  );
});

/** The parameters of the answer to a response type. */
function namesIn(responseType: string): readonly string[] {
  return responseType.split(' ').map((word) => (word === 'token' ? 'access_token' : word));
}
