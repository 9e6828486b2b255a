import { describe, expect, it } from 'vitest';
import type { DeviceCodeModel, DeviceConfirmModel } from './models.ts';
import { createTestViews, everyPage } from './views-fixture.ts';

const views = createTestViews();
const pages = everyPage(views);

/** The opening tag with this id. */
function tag(page: string | undefined, id: string): string {
  return new RegExp(`<[a-z0-9]+ [^>]*\\bid="${id}"[^>]*>`).exec(page ?? '')?.[0] ?? '';
}

function code(model: Partial<DeviceCodeModel> = {}): string {
  return views.deviceCode({ locale: 'en', action: '/dex/device/auth/verify_code', hmac: 'h', ...model }).html;
}

function confirm(model: Partial<DeviceConfirmModel> = {}): string {
  return views.deviceConfirm({
    locale: 'en',
    application: { name: 'Example TV', redirectUri: '', isOnDevice: true, clientUri: 'https://tv.example.com/about' },
    userCode: 'BCDF-GHJK',
    begunSecondsAgo: 130,
    scopes: [],
    continueHref: '/dex/device?user_code=BCDF-GHJK&hmac=x',
    refuseAction: '/dex/device/auth/verify_code?user_code=BCDF-GHJK&hmac=x',
    ...model,
  }).html;
}

describe('the page that asks for a user code', () => {
  it('RFC 8628 §6.1: has one field that phones do not mend, and the focus', () => {
    const html = code();
    expect(tag(html, 'device-form')).toContain('method="post" action="/dex/device/auth/verify_code"');
    expect(tag(html, 'user-code')).toMatch(/name="user_code" type="text" value="" .*autocomplete="off"/);
    expect(tag(html, 'user-code')).toMatch(/autocapitalize="characters".*spellcheck="false" required.* autofocus>/);
    expect(html).toContain('<label for="user-code">Code</label>');
  });

  it('N67: one that came with the address is filled in, to be compared, and nothing posts it', () => {
    const html = code({ userCode: 'BCDF-GHJK' });
    expect(tag(html, 'user-code')).toContain('value="BCDF-GHJK"');
    expect(html).toContain('Go on only if your device shows this very code.');
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/http-equiv|<script(?! src=)/);
  });

  it.each([
    ['unknown', { reason: 'unknown' }, 'This code does not work'],
    ['stale', { reason: 'stale' }, 'Please press the button again'],
    ['throttled', { reason: 'throttled', retryAfterSeconds: 60 }, 'Please wait 60 seconds'],
  ] as const)(
    'N62: after a failure (%s) keeps what was typed, and puts the focus on the summary',
    (_, failure, words) => {
      const html = code({ userCode: 'bcdf <', failure });
      expect(tag(html, 'user-code')).toContain('value="bcdf &#60;"');
      expect(tag(html, 'user-code')).not.toContain('autofocus');
      expect(tag(html, 'device-error')).toContain('role="alert" tabindex="-1" autofocus');
      expect(html).toContain(words);
      expect(/<title>[^<]*/.exec(html)?.[0]).toContain('Could not go on');
    },
  );
});

describe('the page that asks whether the person began it', () => {
  it('N67, RFC 8628 §5.4: says which application, with which code, since when, and warns', () => {
    const html = confirm();
    expect(html).toContain('id="application-name"><bdi>Example TV</bdi>');
    expect(html).toContain('id="application-host"><bdi>tv.example.com</bdi>');
    expect(html).toContain('id="device-user-code">BCDF-GHJK<');
    expect(html).toContain('id="device-begun">2 minutes ago<');
    expect(html).toContain('they would be signed in as you');
  });

  it.each([
    [-5, 'en', '1 second ago'],
    [59.9, 'en', '59 seconds ago'],
    [60, 'en', '1 minute ago'],
    [7_300, 'en', '2 hours ago'],
    [130, 'zh-CN', '2分钟前'],
  ] as const)('says what %d seconds are in %s', (begunSecondsAgo, locale, words) => {
    expect(confirm({ locale, begunSecondsAgo })).toContain(`id="device-begun">${words}<`);
  });

  it('N71: shows no host for an application without a page on the web', () => {
    for (const clientUri of [undefined, 'javascript:alert(1)', 'com.example.tv:/x']) {
      const application = { name: 'TV', redirectUri: '', isOnDevice: true, clientUri };
      expect(confirm({ application })).not.toContain('application-host');
    }
  });

  it('the way on is a link, because it may lead to an upstream; no is a form', () => {
    const html = confirm();
    expect(tag(html, 'continue')).toContain('href="/dex/device?user_code=BCDF-GHJK&#38;hmac=x"');
    expect(tag(html, 'refuse-form')).toContain('method="post" action="/dex/device/auth/verify_code?');
  });
});

describe('what other pages say of a device', () => {
  it.each(['device login', 'device approval'])('%s: what follows is the device, and no address', (name) => {
    const { html = '', headers = {} } = pages[name] ?? {};
    expect(tag(html, 'next-step')).not.toBe('');
    expect(/id="next-step">(.*)<\/p>/.exec(html)?.[1]).toContain('device');
    expect(headers['content-security-policy']).toContain("form-action 'self';");
  });

  it('giving up refuses the device', () => {
    expect(pages['device login']?.html).toContain('Not now, refuse the device');
  });

  it('an expired page does not send the person back to an application', () => {
    const application = { name: 'TV', redirectUri: '', isOnDevice: true };
    const { html } = views.expired({
      locale: 'en',
      application,
      reason: 'already-used',
      startAgainHref: '/dex/device?x',
    });
    expect(html).toContain('If your device still waits');
    expect(html).not.toContain('takes you back');
  });
});

describe('the page at the end', () => {
  it.each([
    ['approved', undefined],
    ['refused', '/dex/device'],
    ['gone', '/dex/device'],
  ])('RFC 8628 §3.3: %s is told, with a way on where there is one', (outcome, href) => {
    const html = pages[`device ${outcome}`]?.html;
    expect(tag(html, `device-${outcome}`)).toBe(`<h1 id="device-${outcome}">`);
    expect(/href="([^"]*)"/.exec(tag(html, 'start-again'))?.[1]).toBe(href);
  });
});
