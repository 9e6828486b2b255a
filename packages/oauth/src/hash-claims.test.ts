import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { HMAC_ALGORITHMS } from './client-settings.ts';
import { leftHalfHash } from './hash-claims.ts';
import { SIGNING_ALGORITHMS } from './signing-algorithm.ts';

describe('leftHalfHash', () => {
  it('OIDC Core Appendix A: gives the values of the examples', () => {
    expect(leftHalfHash('RS256', 'jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y')).toBe('77QmUPtjPfzWtF2AnpK9RQ');
    expect(leftHalfHash('RS256', 'Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk')).toBe(
      'LDktKdoQak3Pk0cnXxCltA',
    );
  });

  it.each([...SIGNING_ALGORITHMS, ...HMAC_ALGORITHMS])(
    'OIDC Core §3.1.3.6: %s hashes with the function of its name',
    (alg) => {
      const name = alg === 'EdDSA' ? 'sha512' : `sha${alg.slice(2)}`;
      const digest = createHash(name).update('token').digest();
      expect(leftHalfHash(alg, 'token')).toBe(digest.subarray(0, digest.length / 2).toString('base64url'));
    },
  );

  it('a state is hashed by the bytes it came in', () => {
    const digest = createHash('sha256').update(Buffer.from('é✓', 'utf8')).digest();
    expect(leftHalfHash('RS256', 'é✓')).toBe(digest.subarray(0, 16).toString('base64url'));
  });
});
