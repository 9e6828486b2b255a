import { type KeyObject, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { importVerificationKey, type Jwk } from './jwk.ts';
import { parseCompactJws, verifyCompactJws } from './jws.ts';
import type { SigningAlgorithm } from './signing-algorithm.ts';

/** RFC 7515 Appendix A.2.1. */
const rsa: Jwk = {
  kty: 'RSA',
  n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
  e: 'AQAB',
};

/** RFC 7515 Appendix A.3.1. */
const p256: Jwk = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};

/** RFC 7515 Appendix A.4.1. */
const p521: Jwk = {
  kty: 'EC',
  crv: 'P-521',
  x: 'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk',
  y: 'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2',
};

/** RFC 8037 Appendix A.2. */
const ed25519: Jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };

const CLAIMS = { iss: 'joe', exp: 1_300_819_380, 'http://example.com/is_root': true };
const CLAIMS_SEGMENT = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';

const rs256 = `eyJhbGciOiJSUzI1NiJ9.${CLAIMS_SEGMENT}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`;
const es256 = `eyJhbGciOiJFUzI1NiJ9.${CLAIMS_SEGMENT}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`;
const es512 =
  'eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn';
const edDsa =
  'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';

function imported(jwk: Jwk) {
  const outcome = importVerificationKey(jwk);
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.key;
}

function isSigned(token: string, hash: string | null, key: KeyObject): boolean {
  const [header, payload, signature = ''] = token.split('.');
  const how = { key, dsaEncoding: 'ieee-p1363' } as const;
  return verify(hash, Buffer.from(`${header}.${payload}`), how, Buffer.from(signature, 'base64url'));
}

describe('the examples of the RFCs', () => {
  it.each<[section: string, alg: SigningAlgorithm, jwk: Jwk, token: string]>([
    ['RFC 7515 Appendix A.2, RFC 7518 §3.3', 'RS256', rsa, rs256],
    ['RFC 7515 Appendix A.3, RFC 7518 §3.4', 'ES256', p256, es256],
  ])('%s: the %s token verifies, by its own key and algorithm only', (_section, alg, jwk, token) => {
    const options = { keys: [imported(jwk)], algorithms: [alg], typ: 'JWT' };
    expect(verifyCompactJws(token, options)).toEqual({ ok: true, payload: CLAIMS, header: { alg } });
    const others = [rsa, p256, p521, ed25519].filter((other) => other !== jwk).map(imported);
    expect(verifyCompactJws(token, { ...options, keys: others })).toEqual({ ok: false, reason: 'unknown-key' });
    const other = alg === 'RS256' ? 'ES256' : 'RS256';
    const refused = verifyCompactJws(token, { ...options, algorithms: [other] });
    expect(refused).toEqual({ ok: false, reason: 'algorithm-not-allowed' });
  });

  it.each<[section: string, alg: SigningAlgorithm, hash: string | null, jwk: Jwk, token: string]>([
    ['RFC 7515 Appendix A.4, RFC 7518 §3.4', 'ES512', 'sha512', p521, es512],
    ['RFC 8037 Appendix A.5', 'EdDSA', null, ed25519, edDsa],
  ])('%s: the %s signature is by the imported key; what is signed there are no claims', (_, alg, hash, jwk, token) => {
    const key = imported(jwk);
    expect(key.alg).toBe(alg);
    expect(isSigned(token, hash, key.key)).toBe(true);
    expect(isSigned(token.replace('.', '.A'), hash, key.key)).toBe(false);
    // RFC 7519 §7.2: the payload of a JWT is a JSON object.
    expect(parseCompactJws(token)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('RFC 7517 Appendix A.1: of the public keys, the one for signatures is taken, and the one for encryption refused', () => {
    const forEncryption = {
      kty: 'EC',
      crv: 'P-256',
      x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
      y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
      use: 'enc',
      kid: '1',
    };
    const forSignatures = {
      kty: 'RSA',
      n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
      e: 'AQAB',
      alg: 'RS256',
      kid: '2011-04-29',
    };
    expect(importVerificationKey(forSignatures)).toMatchObject({ ok: true, key: { kid: '2011-04-29', alg: 'RS256' } });
    expect(importVerificationKey(forEncryption)).toEqual({ ok: false, reason: 'not-for-signatures' });
    const { use: _, ...unrestricted } = forEncryption;
    expect(importVerificationKey(unrestricted)).toMatchObject({ ok: true, key: { kid: '1', alg: 'ES256' } });
  });

  it('RFC 7517 Appendix A.2 and A.3: private and symmetric keys are refused', () => {
    const d = 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI';
    expect(importVerificationKey({ ...p256, d })).toEqual({ ok: false, reason: 'private-key' });
    const secret = { kty: 'oct', alg: 'HS256', k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75' };
    expect(importVerificationKey(secret)).toEqual({ ok: false, reason: 'unsupported' });
  });
});
