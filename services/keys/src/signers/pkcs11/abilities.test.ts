import { SIGNING_ALGORITHMS } from '@tessera/oauth';
import { expect, it } from 'vitest';
import { listLacking } from './abilities.ts';
import { CKF, CKM } from './cryptoki.ts';
import type { MechanismInfo } from './pkcs11js.ts';
import { createFakeLibrary } from './testing/fake-library.ts';

const slot = Buffer.from([0]);
const sign = (minKeySize: number, maxKeySize: number) => ({ flags: CKF.SIGN, minKeySize, maxKeySize });
const generate = (minKeySize: number, maxKeySize: number) => ({ flags: CKF.GENERATE_KEY_PAIR, minKeySize, maxKeySize });

it('a token without any mechanism lacks something for each algorithm', () => {
  const { library } = createFakeLibrary({});
  const lacking = listLacking(library, slot, { algorithms: SIGNING_ALGORITHMS, rsaKeyBits: 2048 });
  expect(lacking.map((one) => one.split(' ')[0])).toEqual(SIGNING_ALGORITHMS);
  expect(lacking[0]).toBe('RS256 needs CKM_RSA_PKCS_KEY_PAIR_GEN and CKM_SHA256_RSA_PKCS for keys of 2048 bits');
});

it('a mechanism counts for what its flags and its sizes in bits say', () => {
  const mechanisms = new Map<number, MechanismInfo>([
    [CKM.RSA_PKCS_KEY_PAIR_GEN, generate(1024, 3072)],
    [CKM.SHA256_RSA_PKCS, sign(1024, 4096)],
    [CKM.SHA512_RSA_PKCS, { flags: 0, minKeySize: 0, maxKeySize: 0 }],
    [CKM.EC_KEY_PAIR_GEN, generate(256, 384)],
    [CKM.ECDSA, sign(256, 384)],
  ]);
  const { library } = createFakeLibrary({ mechanisms });
  const lacking = (rsaKeyBits: number) =>
    listLacking(library, slot, { algorithms: ['RS256', 'RS512', 'ES256', 'ES512'], rsaKeyBits });
  const always = [
    'RS512 needs CKM_SHA512_RSA_PKCS',
    'ES512 needs CKM_EC_KEY_PAIR_GEN and CKM_ECDSA for keys of 521 bits',
  ];
  expect(lacking(3072)).toEqual([`${always[0]} for keys of 3072 bits`, always[1]]);
  expect(lacking(4096)[0]).toBe('RS256 needs CKM_RSA_PKCS_KEY_PAIR_GEN for keys of 4096 bits');
});

it('sizes that are said in bytes, or not at all, do not speak against a mechanism', () => {
  for (const [min, max] of [
    [128, 512],
    [0, 0],
  ] as const) {
    const mechanisms = new Map<number, MechanismInfo>([
      [CKM.RSA_PKCS_KEY_PAIR_GEN, generate(min, max)],
      [CKM.SHA256_RSA_PKCS, sign(min, max)],
    ]);
    const { library } = createFakeLibrary({ mechanisms });
    expect(listLacking(library, slot, { algorithms: ['RS256'], rsaKeyBits: 4096 })).toEqual([]);
  }
});
