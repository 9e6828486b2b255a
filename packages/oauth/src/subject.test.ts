import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSubject, encodeSubject } from './subject.ts';

describe('subject', () => {
  it.each([
    ['foo', 'bar', 'CgNmb28SA2Jhcg'],
    ['1', 'test', 'CgExEgR0ZXN0'],
    ['0-385-28089-0', 'mock', 'Cg0wLTM4NS0yODA4OS0wEgRtb2Nr'],
  ])('OIDC Core §2: user %s of connector %s has the subject it had in Dex', (userId, connectorId, subject) => {
    expect(encodeSubject(userId, connectorId)).toBe(subject);
    expect(decodeSubject(subject)).toEqual({ userId, connectorId });
  });

  it('a client acting for itself has no connector', () => {
    const subject = encodeSubject('my-client', '');
    expect(decodeSubject(subject)).toEqual({ userId: 'my-client', connectorId: '' });
  });

  it('OIDC Core §2: two people never share a subject, and each reads back', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 });
    fc.assert(
      fc.property(
        text,
        text.filter((value) => value !== ''),
        (userId, connectorId) => {
          expect(decodeSubject(encodeSubject(userId, connectorId))).toEqual({ userId, connectorId });
        },
      ),
    );
  });

  it.each([
    ['nothing', ''],
    ['padding', 'CgNmb28SA2Jhcg=='],
    ['another alphabet', 'CgNmb28SA2Jhcg+/'],
    ['stray bits in the last character', 'CgNmb28SA2Jhch'],
    ['a trailing byte', Buffer.from('0a03666f6f120362617200', 'hex').toString('base64url')],
    ['fields in another order', Buffer.from('12036261720a03666f6f', 'hex').toString('base64url')],
    ['an unknown field', Buffer.from('0a03666f6f1a0362617a', 'hex').toString('base64url')],
    ['a length beyond the end', Buffer.from('0a7f666f6f', 'hex').toString('base64url')],
    ['an endless length', Buffer.from('0affffffffffffff', 'hex').toString('base64url')],
    ['an explicit empty field', Buffer.from('0a03666f6f1200', 'hex').toString('base64url')],
    ['bytes that are not UTF-8', Buffer.from('0a02fffe', 'hex').toString('base64url')],
  ])('refuses %s', (_title, subject) => {
    expect(decodeSubject(subject)).toBeUndefined();
  });

  it('has one spelling for each subject', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const subject = Buffer.from(bytes).toString('base64url');
        const parts = decodeSubject(subject);
        if (parts !== undefined) {
          expect(encodeSubject(parts.userId, parts.connectorId)).toBe(subject);
        }
      }),
    );
  });
});
