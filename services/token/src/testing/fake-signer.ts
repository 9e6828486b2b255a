import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Keys, TokenBundle, TokenType, VerificationKeys } from '@tessera/contracts';
import { leftHalfHash } from '@tessera/oauth';

/** The keys service with one ES256 key, and its verification half. */
export interface FakeSigner extends Pick<Keys, 'sign'> {
  readonly calls: TokenBundle[];
  readonly verificationKeys: VerificationKeys;
  /** Every `kid` that was asked for. */
  readonly kidsAsked: string[];
  /** A token with any header and claims under the real key. */
  forge(header: Readonly<Record<string, unknown>>, claims: Readonly<Record<string, unknown>>): string;
  failure: Error | undefined;
}

const KID = 'es-1';
const typOf: Readonly<Record<TokenType, string>> = {
  access_token: 'at+jwt',
  id_token: 'JWT',
  logout_token: 'logout+jwt',
  userinfo: 'JWT',
  introspection: 'token-introspection+jwt',
};

export function createFakeSigner(): FakeSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const calls: TokenBundle[] = [];
  const kidsAsked: string[] = [];
  const signer: FakeSigner = {
    calls,
    kidsAsked,
    failure: undefined,
    verificationKeys: {
      async find(kid) {
        kidsAsked.push(kid);
        return kid === KID ? { kid, alg: 'ES256', key: publicKey } : undefined;
      },
      ready: async () => undefined,
      close: () => undefined,
    },
    forge: (header, claims) => signCompact(privateKey, { alg: 'ES256', kid: KID, ...header }, claims),
    async sign(bundle) {
      calls.push(bundle);
      if (signer.failure !== undefined) throw signer.failure;
      const signed: string[] = [];
      for (const token of bundle) {
        const accessToken = token.atHashOf === undefined ? token.atHashOver : signed[token.atHashOf];
        const claims = {
          ...token.claims,
          ...hashClaim('at_hash', accessToken),
          ...hashClaim('c_hash', token.cHashOver),
          ...hashClaim('s_hash', token.sHashOver),
        };
        signed.push(signCompact(privateKey, { alg: 'ES256', kid: KID, typ: typOf[token.type] }, claims));
      }
      return signed;
    },
  };
  return signer;
}

function hashClaim(name: string, hashed: string | undefined): Readonly<Record<string, string>> {
  return hashed === undefined ? {} : { [name]: leftHalfHash('ES256', hashed) };
}

function signCompact(key: KeyObject, header: object, claims: object): string {
  const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}
