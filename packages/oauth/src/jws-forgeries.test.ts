import { constants, createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { importVerificationKey } from './jwk.ts';
import { type VerificationKey, verifyCompactJws } from './jws.ts';
import type { SigningAlgorithm } from './signing-algorithm.ts';

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function inputOf(alg: SigningAlgorithm, claims: object = { sub: 'x' }): string {
  return `${encode({ alg, kid: 'k' })}.${encode(claims)}`;
}

/** Whether a token with these signature bytes is taken for genuine. */
function isTaken(alg: SigningAlgorithm, key: KeyObject, input: string, signature: Uint8Array): boolean {
  const keys: readonly VerificationKey[] = [{ kid: 'k', alg, key }];
  const token = `${input}.${Buffer.from(signature).toString('base64url')}`;
  return verifyCompactJws(token, { keys, algorithms: [alg], typ: 'JWT' }).ok;
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
}

function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');
}

function memberOf(key: KeyObject, name: 'n' | 'd'): bigint {
  return toBigInt(Buffer.from(key.export({ format: 'jwk' })[name] ?? '', 'base64url'));
}

describe('forged ECDSA signatures', () => {
  const curves = [
    ['ES256', 'P-256', 'sha256', 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n],
    [
      'ES384',
      'P-384',
      'sha384',
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    ],
    [
      'ES512',
      'P-521',
      'sha512',
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    ],
  ] as const;

  it.each(curves)(
    'RFC 7518 §3.4: %s, r or s that are zero, or not below the order of %s',
    (alg, namedCurve, hash, n) => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
      const input = inputOf(alg);
      const genuine = sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      const size = genuine.length / 2;
      const [r, s] = [toBigInt(genuine.subarray(0, size)), toBigInt(genuine.subarray(size))];
      const most = (1n << BigInt(size * 8)) - 1n;
      const wrong = [0n, 1n, n - 1n, n, n + 1n, most];
      const pairs = [...wrong.map((value) => [value, s]), ...wrong.map((value) => [r, value])];
      const both = wrong.flatMap((left) => wrong.map((right) => [left, right]));
      for (const [left = 0n, right = 0n] of [...pairs, ...both, [s, r]]) {
        const forged = Buffer.concat([toBytes(left, size), toBytes(right, size)]);
        expect(isTaken(alg, publicKey, input, forged), `${left} ${right}`).toBe(false);
      }
      expect(isTaken(alg, publicKey, input, genuine)).toBe(true);
    },
  );

  it.each(curves)('RFC 7518 §3.4: %s, of another length or in ASN.1', (alg, namedCurve, hash) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const input = inputOf(alg);
    const genuine = sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const size = genuine.length / 2;
    const [r, s, zero] = [genuine.subarray(0, size), genuine.subarray(size), Buffer.of(0)];
    const forged = [
      sign(hash, Buffer.from(input), privateKey),
      genuine.subarray(1),
      genuine.subarray(0, -1),
      r,
      Buffer.of(0),
      Buffer.concat([genuine, zero]),
      Buffer.concat([zero, genuine]),
      Buffer.concat([zero, r, zero, s]),
      Buffer.concat([genuine, genuine]),
      Buffer.alloc(genuine.length),
    ];
    for (const signature of forged) {
      expect(isTaken(alg, publicKey, input, signature), signature.toString('hex')).toBe(false);
    }
  });

  it('RFC 7518 §3.4: a signature by another key, hash or algorithm of the same kind', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const input = inputOf('ES256');
    const how = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
    const forged = [
      sign('sha256', Buffer.from(input), { ...how, key: other.privateKey }),
      sign('sha384', Buffer.from(input), how),
      sign('sha256', createHash('sha256').update(input).digest(), how),
    ];
    for (const signature of forged) expect(isTaken('ES256', publicKey, input, signature)).toBe(false);
  });
});

describe('forged Ed25519 signatures', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const input = inputOf('EdDSA');
  const genuine = sign(null, Buffer.from(input), privateKey);
  const [point, scalar] = [genuine.subarray(0, 32), genuine.subarray(32)];
  /** The order of the base point (RFC 8032 §5.1). */
  const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
  /** The y of the points of order 8, but for its sign. */
  const sqrtTwist = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
  const littleEndian = (value: bigint): Buffer => toBytes(value, 32).reverse();

  it('RFC 8032 §5.1.7: S that is not below the order of the group, though it is the same modulo it', () => {
    const s = toBigInt(Buffer.from(scalar).reverse());
    for (let times = 1n; s + times * ORDER < 2n ** 256n; times += 1n) {
      const forged = Buffer.concat([point, littleEndian(s + times * ORDER)]);
      expect(isTaken('EdDSA', publicKey, input, forged), `${times}`).toBe(false);
    }
    for (const value of [0n, 1n, ORDER - 1n, ORDER, ORDER + 1n, ORDER - s, 2n ** 256n - 1n]) {
      const forged = Buffer.concat([point, littleEndian(value)]);
      expect(isTaken('EdDSA', publicKey, input, forged), `${value}`).toBe(false);
    }
    expect(isTaken('EdDSA', publicKey, input, genuine)).toBe(true);
  });

  it('RFC 8032 §5.1.7: R of small order or in another encoding', () => {
    const p = 2n ** 255n - 19n;
    const ys = [0n, 1n, p - 1n, p, p + 1n, sqrtTwist, p - sqrtTwist, 2n ** 255n - 1n];
    for (const y of ys) {
      for (const sign of [0n, 1n]) {
        const forgedPoint = littleEndian(y | (sign << 255n));
        for (const end of [scalar, Buffer.alloc(32)]) {
          expect(isTaken('EdDSA', publicKey, input, Buffer.concat([forgedPoint, end])), `${y} ${sign}`).toBe(false);
        }
      }
    }
  });

  it('RFC 8032 §5.1.7: by a key of small order, for which one signature might fit many messages', () => {
    const p = 2n ** 255n - 19n;
    for (const y of [0n, 1n, p - 1n, sqrtTwist, p - sqrtTwist]) {
      const imported = importVerificationKey({ kty: 'OKP', crv: 'Ed25519', x: littleEndian(y).toString('base64url') });
      if (!imported.ok) continue;
      for (let count = 0; count < 32; count += 1) {
        for (const r of [y, 1n, p - 1n]) {
          const forged = Buffer.concat([littleEndian(r), Buffer.alloc(32)]);
          const taken = isTaken('EdDSA', imported.key.key, inputOf('EdDSA', { count }), forged);
          expect(taken, `${y} ${r} ${count}`).toBe(false);
        }
      }
    }
  });

  it('RFC 8032 §5.1.7: of another length, another message, or another key', () => {
    const zero = Buffer.of(0);
    const other = generateKeyPairSync('ed25519').privateKey;
    const forged = [
      genuine.subarray(1),
      genuine.subarray(0, -1),
      point,
      zero,
      Buffer.concat([genuine, zero]),
      Buffer.concat([zero, genuine]),
      Buffer.concat([scalar, point]),
      Buffer.alloc(64),
      sign(null, Buffer.from(input), other),
      sign(null, Buffer.from(`${input} `), privateKey),
      sign(null, createHash('sha512').update(input).digest(), privateKey),
    ];
    for (const signature of forged) expect(isTaken('EdDSA', publicKey, input, signature)).toBe(false);
  });
});

describe('signatures spelled otherwise', () => {
  it.each([
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['EdDSA', generateKeyPairSync('ed25519')],
  ] as const)('RFC 7515 §2: %s, the same bytes in base64url that is not canonical', (alg, pair) => {
    const input = inputOf(alg);
    const how = { key: pair.privateKey, dsaEncoding: 'ieee-p1363' } as const;
    const genuine = sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(input), how);
    const signature = genuine.toString('base64url');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const sameBytes = Array.from(alphabet)
      .map((last) => signature.slice(0, -1) + last)
      .filter((spelling) => spelling !== signature && Buffer.from(spelling, 'base64url').equals(genuine));
    expect(sameBytes.length).toBe(15);
    const others = [`${signature}==`, `${signature}=`, `${signature}\n`, ` ${signature}`, genuine.toString('base64')];
    for (const spelling of [...sameBytes, ...others]) {
      const keys = [{ kid: 'k', alg, key: pair.publicKey }];
      const outcome = verifyCompactJws(`${input}.${spelling}`, { keys, algorithms: [alg], typ: 'JWT' });
      expect(outcome, spelling).toEqual({ ok: false, reason: 'malformed' });
    }
  });
});

describe('forged RSA signatures', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [n, d] = [memberOf(privateKey, 'n'), memberOf(privateKey, 'd')];
  const BYTES = 256;
  const input = inputOf('RS256');
  const digest = createHash('sha256').update(input).digest();
  const SHA256_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

  /** A signature whose encoded message is what we like. */
  const raw = (encoded: Uint8Array): Buffer => toBytes(power(toBigInt(encoded), d, n), BYTES);
  const padded = (info: Buffer, padding = Buffer.alloc(BYTES - 3 - info.length, 0xff)): Buffer =>
    Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), info]);
  const info = Buffer.concat([SHA256_INFO, digest]);
  const usual = padded(info);
  const withByte = (at: number, value: number): Buffer => {
    const changed = Buffer.from(usual);
    changed[at] = value;
    return changed;
  };

  it('RFC 8017 §9.2: the encoding of these tests is the right one', () => {
    expect(isTaken('RS256', publicKey, input, raw(usual))).toBe(true);
    expect(raw(usual).equals(sign('sha256', Buffer.from(input), privateKey))).toBe(true);
  });

  const short = Buffer.alloc(8, 0xff);
  const garbage = randomBytes(BYTES - 3 - short.length - info.length);
  const withoutNull = Buffer.concat([Buffer.from('302f300b0609608648016503040201', 'hex'), Buffer.of(4, 32), digest]);
  const longLength = Buffer.concat([Buffer.from('308131300d0609608648016503040201', 'hex'), info.subarray(15)]);
  const sha1 = Buffer.concat([
    Buffer.from('3021300906052b0e03021a05000414', 'hex'),
    createHash('sha1').update(input).digest(),
  ]);
  const sha512 = Buffer.concat([
    Buffer.from('3051300d060960864801650304020305000440', 'hex'),
    createHash('sha512').update(input).digest(),
  ]);

  it.each<[title: string, encoded: Buffer]>([
    ['short padding, and garbage after the hash', Buffer.concat([padded(info, short), garbage])],
    ['short padding, and garbage before the hash', padded(Buffer.concat([garbage, info]), short)],
    [
      'garbage inside of the parameters',
      padded(Buffer.concat([info.subarray(0, 17), garbage, info.subarray(17)]), short),
    ],
    ['no padding at all', Buffer.concat([Buffer.of(0, 1, 0), info, Buffer.alloc(BYTES - 3 - info.length)])],
    ['padding that is not all ones', withByte(10, 0xfe)],
    ['a zero inside of the padding', withByte(10, 0)],
    ['random padding', padded(info, Buffer.from(randomBytes(BYTES - 3 - info.length).map((byte) => byte | 1)))],
    ['block type 0', withByte(1, 0)],
    ['block type 2', withByte(1, 2)],
    ['no zero after the padding', withByte(BYTES - info.length - 1, 0xff)],
    ['parameters left out', padded(withoutNull)],
    ['a length in the long form', padded(longLength)],
    ['the bare hash without its algorithm', padded(digest)],
    ['SHA-1', padded(sha1)],
    ['SHA-512', padded(sha512)],
    ['the algorithm of SHA-512 over a hash by SHA-256', padded(Buffer.concat([sha512.subarray(0, 19), digest]))],
    ['a changed hash', withByte(BYTES - 1, (usual[BYTES - 1] ?? 0) ^ 1)],
  ])('RFC 8017 §8.2.2: RS256 with %s', (_title, encoded) => {
    expect(isTaken('RS256', publicKey, input, raw(encoded.subarray(0, BYTES)))).toBe(false);
  });

  it('RFC 8017 §8.2.2 and §5.2.2: RS256 of another length, or not below the modulus', () => {
    const genuine = signWhere((signature) => signature[0] === 0);
    const zero = Buffer.of(0);
    const lengths = [
      genuine.signature.subarray(1),
      genuine.signature.subarray(0, -1),
      Buffer.concat([zero, genuine.signature]),
      Buffer.concat([genuine.signature, zero]),
      zero,
    ];
    for (const forged of lengths) expect(isTaken('RS256', publicKey, genuine.input, forged)).toBe(false);
    const low = signWhere((signature) => toBigInt(signature) + n < 1n << 2048n);
    const forged = toBytes(toBigInt(low.signature) + n, BYTES);
    expect(isTaken('RS256', publicKey, low.input, forged)).toBe(false);
    for (const value of [0n, 1n, n - 1n, n]) {
      expect(isTaken('RS256', publicKey, input, toBytes(value, BYTES))).toBe(false);
    }
    expect(isTaken('RS256', publicKey, genuine.input, genuine.signature)).toBe(true);
    expect(isTaken('RS256', publicKey, low.input, low.signature)).toBe(true);
  });

  /** Signs one claim after the other until a signature is as wanted. */
  function signWhere(isWanted: (signature: Buffer) => boolean): { readonly input: string; readonly signature: Buffer } {
    for (let count = 0; count < 20_000; count += 1) {
      const tried = inputOf('RS256', { count });
      const signature = sign('sha256', Buffer.from(tried), privateKey);
      if (isWanted(signature)) return { input: tried, signature };
    }
    throw new Error('no such signature');
  }

  describe('RFC 7518 §3.5', () => {
    const pssInput = inputOf('PS256');
    interface PssChoice {
      readonly saltBytes?: number;
      readonly hash?: string;
      readonly maskHash?: string;
      readonly trailer?: number;
      readonly firstBit?: number;
    }

    /** EMSA-PSS (RFC 8017 §9.1.1) for a modulus of 2048 bits. */
    function pss({
      saltBytes = 32,
      hash = 'sha256',
      maskHash = hash,
      trailer = 0xbc,
      firstBit = 0,
    }: PssChoice): Buffer {
      const salt = randomBytes(saltBytes);
      const messageHash = createHash(hash).update(pssInput).digest();
      const h = createHash(hash)
        .update(Buffer.concat([Buffer.alloc(8), messageHash, salt]))
        .digest();
      const block = Buffer.concat([Buffer.alloc(BYTES - salt.length - h.length - 2), Buffer.of(1), salt]);
      const mask = maskOf(h, block.length, maskHash);
      const masked = block.map((byte, at) => byte ^ (mask[at] ?? 0));
      masked[0] = ((masked[0] ?? 0) & 0x7f) | (firstBit << 7);
      return Buffer.concat([masked, h, Buffer.of(trailer)]);
    }

    it('PS256: the encoding of these tests is the right one', () => {
      expect(isTaken('PS256', publicKey, pssInput, raw(pss({})))).toBe(true);
    });

    it.each<[title: string, choice: PssChoice]>([
      ['no salt', { saltBytes: 0 }],
      ['a salt as long as SHA-1', { saltBytes: 20 }],
      ['a salt one byte short', { saltBytes: 31 }],
      ['a salt one byte too long', { saltBytes: 33 }],
      ['the longest salt', { saltBytes: BYTES - 32 - 2 }],
      ['a mask by SHA-1', { maskHash: 'sha1' }],
      ['a mask by SHA-512', { maskHash: 'sha512' }],
      ['SHA-1 throughout', { hash: 'sha1', saltBytes: 20 }],
      ['SHA-512 throughout', { hash: 'sha512', saltBytes: 64 }],
      ['another trailer', { trailer: 0xcc }],
    ])('PS256 with %s', (_title, choice) => {
      expect(isTaken('PS256', publicKey, pssInput, raw(pss(choice)))).toBe(false);
    });

    it('PS256 whose first bit is set', () => {
      // Only some of them are below the modulus, as a signature has to be.
      const encoded = Array.from({ length: 200 }, () => pss({ firstBit: 1 })).find((one) => toBigInt(one) < n);
      expect(encoded).toBeDefined();
      expect(isTaken('PS256', publicKey, pssInput, raw(encoded ?? Buffer.alloc(0)))).toBe(false);
    });

    it('N34: an RS256 signature is none of PS256, and the other way round', () => {
      const pkcs1 = sign('sha256', Buffer.from(pssInput), privateKey);
      const probabilistic = sign('sha256', Buffer.from(input), {
        key: privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: 32,
      });
      expect(isTaken('PS256', publicKey, pssInput, pkcs1)).toBe(false);
      expect(isTaken('RS256', publicKey, input, probabilistic)).toBe(false);
    });
  });
});

/** MGF1 (RFC 8017 Appendix B.2.1). */
function maskOf(seed: Buffer, length: number, hash: string): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0; blocks.length * 20 < length; counter += 1) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(counter);
    blocks.push(
      createHash(hash)
        .update(Buffer.concat([seed, number]))
        .digest(),
    );
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
