import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionState } from '../session/session-state.ts';
import { createCheckSessionPage } from './check-session-page.ts';

const COOKIE = '__Host-tessera_browser_state';
const page = createCheckSessionPage(COOKIE);
const script = /<script>([\s\S]*)<\/script>/.exec(page.html)?.[1] ?? '';

interface Told {
  readonly message: unknown;
  readonly origin: unknown;
}

/** The iframe in a browser with these cookies; what it tells whoever asks. */
function openFrame(cookie: string) {
  const listeners: ((event: object) => void)[] = [];
  const window = { addEventListener: (_type: string, listener: (event: object) => void) => listeners.push(listener) };
  const document = { cookie, documentElement: { dataset: { cookie: COOKIE } } };
  runInNewContext(script, { window, document, btoa, TextEncoder });
  return (data: unknown, origin: string): readonly Told[] => {
    const told: Told[] = [];
    const source = { postMessage: (message: unknown, target: unknown) => told.push({ message, origin: target }) };
    for (const listener of listeners) listener({ data, origin, source });
    return told;
  };
}

const answered = (browserState: string, clientId = 'app', redirectUri = 'https://app.example.com:8443/cb?x=1') =>
  sessionState({ clientId, redirectUri, browserState }) ?? '';
const ORIGIN = 'https://app.example.com:8443';

describe('OIDC Session Management §3.2: the session iframe', () => {
  it('says unchanged while the browser state is that of the answer, and changed otherwise', () => {
    const state = answered('state-1');
    const message = `app ${state}`;
    const status = (cookie: string, text = message, origin = ORIGIN) => openFrame(cookie)(text, origin);
    expect(status(`a=b; ${COOKIE}=state-1; c=d`)).toEqual([{ message: 'unchanged', origin: ORIGIN }]);
    for (const cookie of [`${COOKIE}=state-2`, '', `x${COOKIE}=state-1`, `${COOKIE}=`]) {
      expect(status(cookie)).toEqual([{ message: 'changed', origin: ORIGIN }]);
    }
    const signedIn = `${COOKIE}=state-1`;
    expect(status(signedIn, `other ${state}`)).toMatchObject([{ message: 'changed' }]);
    expect(status(signedIn, `app ${state}x`)).toMatchObject([{ message: 'changed' }]);
  });

  it('N70: tells the asking origin alone, which cannot ask for another one', () => {
    const frame = openFrame(`${COOKIE}=state-1`);
    const message = `app ${answered('state-1')}`;
    expect(frame(message, 'https://evil.example')).toEqual([{ message: 'changed', origin: 'https://evil.example' }]);
    expect(frame(message, 'null')).toEqual([]);
  });

  it.each([undefined, 7, {}, '', 'app', 'app x', 'app x.y', ' ', `${'a'.repeat(600)} ${'h'.repeat(43)}.s`])(
    'OIDC Session Management §3.2: says error to %j',
    (message) => {
      expect(openFrame('')(message, ORIGIN)).toEqual([{ message: 'error', origin: ORIGIN }]);
    },
  );

  it('OIDC Session Management §4.2: computes what the server computes, whatever the names are', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 200, unit: 'binary' }),
        fc.stringMatching(/^[\w-]{0,150}$/),
        (clientId, browserState) => {
          const state = answered(browserState, clientId.toWellFormed());
          const [told] = openFrame(`${COOKIE}=${browserState}`)(`${clientId.toWellFormed()} ${state}`, ORIGIN);
          expect(told?.message).toBe('unchanged');
        },
      ),
      { numRuns: 60 },
    );
  });

  it('N70: may stand in a frame of any origin, and may do nothing but run its one script', () => {
    const hash = createHash('sha256').update(script).digest('base64');
    expect(page.headers['content-security-policy']).toBe(
      `default-src 'none'; script-src 'sha256-${hash}'; frame-ancestors *; form-action 'none'; base-uri 'none'`,
    );
    expect(page.headers).not.toHaveProperty('x-frame-options');
    expect(page.html.match(/<script/g)).toHaveLength(1);
  });
});
