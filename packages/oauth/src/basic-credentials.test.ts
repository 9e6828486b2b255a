import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_BASIC_HEADER_LENGTH, parseBasicCredentials } from './basic-credentials.ts';

function basic(text: string | Buffer, scheme = 'Basic'): string {
  return `${scheme} ${Buffer.from(text).toString('base64')}`;
}

describe('parseBasicCredentials', () => {
  it('RFC 6749 §2.3.1: gives id and secret', () => {
    const expected = { ok: true, clientId: 's6BhdRkqt3', clientSecret: '7Fjfp0ZBr1KtDRbnfVdmIw' };
    expect(parseBasicCredentials('Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3')).toEqual(expected);
    expect(parseBasicCredentials('bAsIc  czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3')).toEqual(expected);
  });

  it('RFC 7617 §2: no header and another scheme are absent credentials', () => {
    for (const header of [undefined, '', 'Bearer abc', 'Basically abc', 'Digest Basic']) {
      expect(parseBasicCredentials(header)).toEqual({ ok: false, reason: 'absent' });
    }
  });

  it('N42: id and secret are form-decoded after the first colon splits them', () => {
    expect(parseBasicCredentials(basic('my%3Aapp:a+b%2Bc%25:d'))).toEqual({
      ok: true,
      clientId: 'my:app',
      clientSecret: 'a b+c%:d',
    });
  });

  it('N42: an empty secret is a secret, an empty id is none', () => {
    expect(parseBasicCredentials(basic('app:'))).toEqual({ ok: true, clientId: 'app', clientSecret: '' });
    expect(parseBasicCredentials(basic(':secret'))).toEqual({ ok: false, reason: 'malformed' });
  });

  it.each([
    ['nothing', 'Basic'],
    ['nothing but a space', 'Basic '],
    ['bad base64', 'Basic !!!!'],
    ['base64 without its padding', 'Basic YTpiYw'],
    ['stray bits in base64', 'Basic YTpiYx=='],
    ['the alphabet of base64url', 'Basic YTo_Pz8_'],
    ['no colon', basic('app')],
    ['broken percent-encoding in the id', basic('a%pp:secret')],
    ['broken percent-encoding in the secret', basic('app:100%')],
    ['bytes that are not UTF-8', basic(Buffer.from('613aff', 'hex'))],
    ['an encoded line break', basic('app:a%0Ab')],
    ['a control byte in the id', basic('a\u0007pp:x')],
    ['an id that is not ASCII', basic('caf%C3%A9:x')],
    ['something after the credentials', `${basic('app:secret')} x`],
    ['too much', basic(`app:${'s'.repeat(MAX_BASIC_HEADER_LENGTH)}`)],
  ])('N42: refuses %s', (_title, header) => {
    expect(parseBasicCredentials(header)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('N42: reads what a form encoder wrote', () => {
    const visible = fc.stringMatching(/^[\x20-\x7e]{1,40}$/);
    const encode = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
    fc.assert(
      fc.property(visible, visible, (clientId, clientSecret) => {
        const header = basic(`${encode(clientId)}:${encode(clientSecret)}`);
        expect(parseBasicCredentials(header)).toEqual({ ok: true, clientId, clientSecret });
      }),
    );
  });
});
