import { isSigningAlgorithm, SIGNING_ALGORITHMS, type SigningAlgorithm } from '@tessera/oauth';
import * as z from 'zod';
import type { SignerConfig } from '../../key-types.ts';
import type { Report } from '../../load/report.ts';
import { checkedText, flag } from '../fields.ts';
import type { Partially } from '../partially.ts';
import { DEFAULT_ALGORITHM, keyChoice, rsaKeySize } from './key-choice.ts';
import { checkPkcs11, pkcs11Keys, toPkcs11Config } from './pkcs11.ts';
import { checkVault, toVaultConfig, transitNameFault, vaultKeys, warnAboutVault } from './vault.ts';

const local = z
  .strictObject({
    type: z.literal('local').describe('Keys are made and kept here.'),
    config: z
      .strictObject({
        ...keyChoice,
        rsaKeySize,
        selfSignedCertificates: flag(
          'Give new keys a certificate of their own in the JWKS (`x5c`), for relying parties that ask for one (Tessera’s own).',
        ),
      })
      .prefault({})
      .describe('The local signer.'),
  })
  .describe('Keys in our own storage.');

const keyNames = Object.fromEntries(
  SIGNING_ALGORITHMS.map((alg) => [
    alg,
    checkedText(`Name of the Transit key for ${alg}.`, transitNameFault).exactOptional(),
  ]),
) as Record<SigningAlgorithm, z.ZodExactOptional<z.ZodString>>;

const vault = z
  .strictObject({
    type: z.literal('vault').describe('Keys are in Vault or OpenBao, and sign there.'),
    config: z
      .strictObject({
        ...vaultKeys,
        keyName: checkedText('Name of the Transit key for `algorithm`.', transitNameFault).exactOptional(),
        keyNames: z
          .strictObject(keyNames)
          .prefault({})
          .describe('Names of the Transit keys for further algorithms, each its own (Tessera’s own).'),
        ...keyChoice,
        algorithms: keyChoice.algorithms.describe(
          'Every algorithm that there are keys for (Tessera’s own); `algorithm` and those of `keyNames` when left out.',
        ),
      })
      .prefault({})
      .describe('The Transit engine and its keys.'),
  })
  .describe('Keys in Vault’s Transit engine.');

const pkcs11 = z
  .strictObject({
    type: z.literal('pkcs11').describe('Keys are in a PKCS#11 token, and sign there.'),
    config: z.strictObject({ ...pkcs11Keys, ...keyChoice, rsaKeySize }).describe('The token and its keys.'),
  })
  .describe('Keys in a hardware security module (Tessera’s own).');

/** `signer`: what signs tokens. */
export const signerSchema = z
  .discriminatedUnion('type', [local, vault, pkcs11])
  .prefault({ type: 'local' })
  .meta({ description: 'What signs tokens.', otherTypes: { noun: 'signer', knownFromDex: [] } });

type Signer = Partially<z.input<typeof signerSchema>>;
type VaultKeys = Extract<NonNullable<Signer>, { readonly type?: 'vault' | undefined }>['config'];

/** Every algorithm that tokens can be signed with, the default one first, each once. */
export function signingAlgorithms(signer: Signer): readonly SigningAlgorithm[] {
  const { algorithm = DEFAULT_ALGORITHM, algorithms } = signer?.config ?? {};
  const named = signer?.type === 'vault' ? Object.keys(signer.config?.keyNames ?? {}) : [];
  return [...new Set([algorithm, ...(algorithms ?? named)])].filter(isSigningAlgorithm);
}

/** Rules between the keys of `signer`. */
export function checkSigner(signer: Signer, report: Report): void {
  const path = ['signer', 'config'];
  if (signer?.type === 'pkcs11') checkPkcs11(signer.config, path, report);
  if (signer?.type !== 'vault') return;
  checkVault(signer.config, path, report);
  if (!['algorithm', 'algorithms'].some((key) => report.isExplained([...path, key])))
    checkKeyNames(signer.config, signingAlgorithms(signer), report);
}

/** What is weak in the signer. */
export function warnAboutSigner(signer: z.output<typeof signerSchema>, report: Report): void {
  if (signer.type === 'vault') warnAboutVault(signer.config, ['signer', 'config'], report);
}

/** One Transit key for each algorithm, and each for one: a JWK has one `alg`. */
function checkKeyNames(config: VaultKeys, algorithms: readonly SigningAlgorithm[], report: Report): void {
  const { keyName, keyNames: named = {} } = config ?? {};
  const [usual] = algorithms;
  const users = new Map<string, SigningAlgorithm>();
  for (const alg of algorithms) {
    const isUsual = alg === usual;
    const path = isUsual && named[alg] === undefined ? ['keyName'] : ['keyNames', alg];
    if (isUsual && keyName !== undefined && named[alg] !== undefined)
      report.derived(['signer', 'config', ...path], 'and keyName are both given; keep one of them');
    const name = named[alg] ?? (isUsual ? keyName : undefined);
    const other = name === undefined ? undefined : users.get(name);
    if (name === undefined)
      report.derived(['signer', 'config', ...path], `is required: the name of the Transit key that signs with ${alg}`);
    else if (other === undefined) users.set(name, alg);
    else report.derived(['signer', 'config', ...path], `is the key of ${other} already; each algorithm needs its own`);
  }
  for (const alg of Object.keys(named)) {
    if (!algorithms.some((one) => one === alg))
      report.derived(['signer', 'config', 'keyNames', alg], 'is not among signer.config.algorithms');
  }
}

/** The effective signer; the rotation period may come from the older key in `expiry`. */
export function toSignerConfig(signer: z.output<typeof signerSchema>, signingKeysSeconds: number): SignerConfig {
  const { keysRotationPeriod = signingKeysSeconds, algorithm } = signer.config;
  const algorithms = signingAlgorithms(signer as Signer);
  const base = { keysRotationPeriodSeconds: keysRotationPeriod, algorithm, algorithms };
  switch (signer.type) {
    case 'local': {
      const { rsaKeySize: rsaKeyBits, selfSignedCertificates } = signer.config;
      return { type: 'local', ...base, rsaKeyBits, selfSignedCertificates };
    }
    case 'vault': {
      const { keyName, keyNames: named } = signer.config;
      return {
        type: 'vault',
        ...base,
        vault: toVaultConfig(signer.config),
        keyNames: { ...(keyName === undefined ? {} : { [algorithm]: keyName }), ...named },
      };
    }
    case 'pkcs11':
      return { type: 'pkcs11', ...base, pkcs11: toPkcs11Config(signer.config), rsaKeyBits: signer.config.rsaKeySize };
  }
}
