import type { ConfigPath } from '../problem.ts';
import type { Environment } from './environment-expansion.ts';
import type { Report } from './report.ts';
import { valueAt, withValueAt } from './value-path.ts';

/**
 * Fills the address and the token of every Vault block that has none from `VAULT_ADDR` and `VAULT_TOKEN`, as Dex does for its
 * signer. A block with `tokenFile` needs no token.
 */
export function fillFromVaultEnvironment(root: unknown, env: Environment, report: Report): unknown {
  let tree = root;
  const fill = (path: ConfigPath, variable: string): void => {
    const value = env[variable];
    if (!value || isGiven(valueAt(tree, path))) return;
    report.origin(path, variable);
    tree = withValueAt(tree, path, value);
  };
  for (const block of vaultBlocks(root)) {
    fill([...block, 'addr'], 'VAULT_ADDR');
    if (!isGiven(valueAt(root, [...block, 'tokenFile']))) fill([...block, 'token'], 'VAULT_TOKEN');
  }
  return tree;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== '';
}

function vaultBlocks(root: unknown): readonly ConfigPath[] {
  const signers: readonly ConfigPath[] = [['signer'], ...itemsOf(root, ['formerSigners'])];
  const keys: readonly ConfigPath[] = [['keyEncryption'], ...itemsOf(root, ['keyEncryption', 'alsoOpens'])];
  return [
    ...signers.filter((path) => valueAt(root, [...path, 'type']) === 'vault').map((path) => [...path, 'config']),
    ...keys.map((path) => [...path, 'vault']).filter((path) => valueAt(root, path) !== undefined),
  ];
}

function itemsOf(root: unknown, path: ConfigPath): readonly ConfigPath[] {
  const list = valueAt(root, path);
  return Array.isArray(list) ? list.map((_, index) => [...path, index]) : [];
}
