import { describe, expect, it } from 'vitest';
import { type RouteName, routeTable } from './route-table.ts';
import { createRouter } from './router.ts';

const names = Object.keys(routeTable) as RouteName[];
const find = createRouter('/dex', names);
const paths = names.map((name) => routeTable[name].path.toLowerCase());

/** Addresses that other identity servers have for it. */
const SURFACES = [
  {
    title:
      'N27: there are no links in mails that carry out an action, so none can be carried out twice or by somebody else',
    words: /action|mail|magic|invit|verify-|confirm|enrol/,
    addresses: [
      '/login-actions/action-token',
      '/verify-email',
      '/self-service/verification',
      '/magic-link',
      '/invite/x',
    ],
  },
  {
    title: 'N58: there is no way to reset a password, so none without proof that the person asked for it',
    words: /reset|forgot|recover|credential|password/,
    addresses: [
      '/login-actions/reset-credentials',
      '/forgot-password',
      '/reset-password',
      '/self-service/recovery',
      '/password',
      '/auth/local/reset',
      '/auth/local/login/reset',
    ],
  },
  {
    title: 'N66: there are no passkeys, so no origin, challenge or counter that could be taken for another',
    words: /webauthn|passkey|fido|attest|assert|authenticator/,
    addresses: ['/webauthn/register', '/webauthn/login', '/passkeys', '/auth/local/webauthn', '/mfa/webauthn'],
  },
];

describe.each(SURFACES)('$title', ({ words, addresses }) => {
  it('no route is named so', () => {
    // `/auth/:connector/login` takes a password, and is the only place where one is typed.
    expect(paths.filter((path) => words.test(path))).toEqual([]);
  });

  it.each(addresses)('%s is no route', (address) => {
    expect(find(`/dex${address}`)?.name).toBeUndefined();
  });
});
