import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClientId } from './client.ts';
import type { ClientSettings } from './client-settings.ts';
import { sectorOf, subjectFor } from './pairwise-subject.ts';
import { decodeSubject, encodeSubject } from './subject.ts';

const jane = { userId: 'jane', connectorId: 'ldap' };
const SECRET = 'pairwise secret of this issuer';

function client(id: string, redirectUris: readonly string[], settings: ClientSettings = { subjectType: 'pairwise' }) {
  return { id: id as ClientId, redirectUris, settings };
}

describe('the subject as a client sees it', () => {
  it('OIDC Core §8: without a setting it is the public one', () => {
    const subject = subjectFor(client('a', ['https://a.example/cb'], {}), jane);
    expect(subject).toBe(encodeSubject('jane', 'ldap'));
  });

  it('OIDC Core §8.1: clients of one sector share it, other sectors see another', () => {
    const a = subjectFor(client('a', ['https://one.example/a']), jane, SECRET);
    const b = subjectFor(client('b', ['https://ONE.example/b', 'https://one.example/c']), jane, SECRET);
    const c = subjectFor(client('c', ['https://two.example/a']), jane, SECRET);
    expect(a).toBe(b);
    expect(a).not.toBe(c);
    expect(a).toMatch(/^[\w-]{43}$/);
    expect(decodeSubject(a)).toBeUndefined();
    const named = client('d', ['https://x.example'], { subjectType: 'pairwise', sectorIdentifier: 'two.example' });
    expect(subjectFor(named, jane, SECRET)).toBe(c);
  });

  it('OIDC Core §8.1: it does not change, and no two people, secrets or sectors give the same', () => {
    const known = subjectFor(client('a', ['https://one.example/a']), jane, SECRET);
    expect(known).toBe('xZD8TRNcCyT0wKRW0ezYTpanXMkRujbkM5IcU_qAUv4');
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (userId, connectorId) => {
        fc.pre(userId !== jane.userId || connectorId !== jane.connectorId);
        const other = subjectFor(client('a', ['https://one.example/a']), { userId, connectorId }, SECRET);
        expect(other).not.toBe(known);
      }),
    );
    expect(subjectFor(client('a', ['https://one.example/a']), jane, 'other')).not.toBe(known);
  });

  it('OIDC Core §8.1: several hosts need a sector, and pairwise subjects need a secret', () => {
    const several = client('a', ['https://one.example', 'https://two.example']);
    expect(() => sectorOf(several)).toThrow(RangeError);
    expect(() => subjectFor(several, jane, SECRET)).toThrow(RangeError);
    expect(() => subjectFor(client('a', ['https://one.example']), jane)).toThrow('pairwiseSecret');
  });

  it('OIDC Core §8.1: a port is no part of the host, and the page of devices is no host', () => {
    const uris = ['https://one.example/cb', 'https://one.example:8443/cb', '/device/callback'];
    expect(sectorOf(client('a', uris))).toBe('one.example');
    expect(sectorOf(client('a', ['http://[::1]:3000/cb', 'http://[::1]:4000/cb']))).toBe('[::1]');
  });

  it('OIDC Core §8.1: applications with schemes of their own do not share a sector', () => {
    const [a, b] = [client('a', ['com.example.a:/cb']), client('b', ['com.example.b:/cb'])];
    expect(sectorOf(a)).not.toBe(sectorOf(b));
    expect(sectorOf(client('a', ['com.example.a:/cb', 'com.example.a:/other']))).toBe(sectorOf(a));
    expect(() => sectorOf(client('a', ['com.example.a:/cb', 'https://one.example/cb']))).toThrow(RangeError);
  });

  it('a client without redirect URIs is a sector of its own, and has its own subject everywhere', () => {
    expect(sectorOf(client('a', []))).not.toBe(sectorOf(client('b', [])));
    expect(subjectFor(client('a', []), { userId: 'a', connectorId: '' }, SECRET)).toBe(encodeSubject('a', ''));
  });
});
