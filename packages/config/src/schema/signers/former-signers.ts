import * as z from 'zod';
import type { FormerSignerConfig } from '../../key-types.ts';
import type { Report } from '../../load/report.ts';
import { type Partially, presentItems } from '../partially.ts';
import { checkPkcs11, pkcs11Keys, toPkcs11Config } from './pkcs11.ts';
import { checkVault, toVaultConfig, vaultKeys, warnAboutVault } from './vault.ts';

/** There is one place of each kind. */
const MAX_FORMER = 2;

const vault = z
  .strictObject({
    type: z.literal('vault').describe('Keys that are in Vault or OpenBao.'),
    config: z.strictObject(vaultKeys).prefault({}).describe('The Transit engine.'),
  })
  .describe('Keys in Vault’s Transit engine.');

const pkcs11 = z
  .strictObject({
    type: z.literal('pkcs11').describe('Keys that are in a PKCS#11 token.'),
    config: z.strictObject(pkcs11Keys).describe('The token.'),
  })
  .describe('Keys in a hardware security module.');

/** `formerSigners` (Tessera's own): signers that are replaced. */
export const formerSignersSchema = z
  .array(
    z
      .discriminatedUnion('type', [vault, pkcs11])
      .meta({ description: 'A former signer.', otherTypes: { noun: 'former signer', knownFromDex: [] } }),
  )
  .max(MAX_FORMER)
  .default([])
  .describe(
    'Signers of before (Tessera’s own): what they made signs until its successor does, and no new keys are made there. The local one need not be named.',
  );

type Former = Partially<z.input<typeof formerSignersSchema>>;

/** Each kind once, and not the one that is in use. */
export function checkFormerSigners(former: Former | undefined, signerType: string | undefined, report: Report): void {
  const seen = new Map<string, number>();
  for (const [index, signer] of presentItems(former)) {
    const path = ['formerSigners', index];
    if (signer.type === 'vault') checkVault(signer.config, [...path, 'config'], report);
    if (signer.type === 'pkcs11') checkPkcs11(signer.config, [...path, 'config'], report);
    if (signer.type === undefined) continue;
    const earlier = seen.get(signer.type);
    if (signer.type === signerType)
      report.derived([...path, 'type'], 'is that of signer; only other kinds of signers can stand here');
    else if (earlier !== undefined)
      report.derived([...path, 'type'], `is the same as formerSigners[${earlier}].type; there can be one of each kind`);
    else seen.set(signer.type, index);
  }
}

/** What is weak in them. */
export function warnAboutFormerSigners(former: z.output<typeof formerSignersSchema>, report: Report): void {
  for (const [index, signer] of former.entries())
    if (signer.type === 'vault') warnAboutVault(signer.config, ['formerSigners', index, 'config'], report);
}

/** The effective former signer. */
export function toFormerSignerConfig(former: z.output<typeof formerSignersSchema>[number]): FormerSignerConfig {
  return former.type === 'vault'
    ? { type: 'vault', vault: toVaultConfig(former.config) }
    : { type: 'pkcs11', pkcs11: toPkcs11Config(former.config) };
}
