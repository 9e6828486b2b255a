import type * as z from 'zod';
import type { VaultConfig } from '../../key-types.ts';
import type { Report } from '../../load/report.ts';
import type { ConfigPath } from '../../problem.ts';
import { httpUrlFault, isLoopbackHost, parseHttpUrl } from '../addresses.ts';
import { checkedText, optionalText } from '../fields.ts';
import type { Partially } from '../partially.ts';

const DEFAULT_MOUNT = 'transit';

/** A rule: a name as a segment of a path of Vault's API. */
export function transitNameFault(value: string): string | undefined {
  return /^\w(?:[\w.-]*\w)?$/.test(value)
    ? undefined
    : 'must be a name of letters, digits, dots, hyphens and underscores';
}

/** Several such names, with slashes between them; one in front and behind is allowed, as people write them. */
const pathFault = (value: string): string | undefined => {
  const isPath = withoutOuterSlashes(value)
    .split('/')
    .every((segment) => transitNameFault(segment) === undefined);
  return isPath ? undefined : 'must be a path such as transit or team/transit';
};

function withoutOuterSlashes(value: string): string {
  return value.replace(/^\//, '').replace(/\/$/, '');
}

function addressFault(value: string): string | undefined {
  if (value === '') return undefined;
  const url = parseHttpUrl(value);
  const isPlain = url !== undefined && url.pathname === '/' && url.search === '' && !value.includes('#');
  if (url !== undefined && !isPlain) return 'must be the address alone, such as https://vault:8200, without a path';
  return httpUrlFault(value);
}

/** Keys that say where Vault is and who we are there. */
export const vaultKeys = {
  addr: checkedText(
    'Address of the Vault or OpenBao server, such as `https://vault:8200`; the environment variable `VAULT_ADDR` when left out.',
    addressFault,
  ).exactOptional(),
  token: optionalText(
    'Token; `tokenFile`, or the environment variable `VAULT_TOKEN`, when left out. Prefer those two.',
  ),
  tokenEnv: optionalText('Another environment variable that holds the token (Tessera’s own).'),
  tokenFile: optionalText(
    'File that holds the token, read again when it changes, as an agent of Vault writes it (Tessera’s own).',
  ),
  mount: checkedText('Path of the Transit engine (Tessera’s own).', pathFault).default(DEFAULT_MOUNT),
  namespace: checkedText('Namespace of the server (Tessera’s own).', pathFault).exactOptional(),
  caFile: optionalText(
    'PEM file of the authorities that may sign the server certificate; the system store without it (Tessera’s own).',
  ),
};

/** Those keys as a schema; every block that has them can be read as one. */
type Keys = z.ZodObject<typeof vaultKeys>;

/** A server and a way to be known there. */
export function checkVault(vault: Partially<z.input<Keys>> | undefined, path: ConfigPath, report: Report): void {
  const { addr, token, tokenFile } = vault ?? {};
  if (!addr) report.derived([...path, 'addr'], 'is required (or the environment variable VAULT_ADDR)');
  if (token && tokenFile) report.derived([...path, 'tokenFile'], 'and token are both given; keep one of them');
  else if (!token && !tokenFile)
    report.derived([...path, 'token'], 'is required (or tokenEnv, tokenFile or the environment variable VAULT_TOKEN)');
}

/** A token that can be read on the way signs for whoever reads it. */
export function warnAboutVault({ addr = '' }: z.output<Keys>, path: ConfigPath, report: Report): void {
  const url = parseHttpUrl(addr);
  if (url?.protocol === 'http:' && !isLoopbackHost(url.hostname))
    report.warning([...path, 'addr'], 'is plain http: anybody on the way can read the token and use the keys');
}

/** The effective server. Address and token are filled from the environment before, and checked. */
export function toVaultConfig({ addr = '', token, tokenFile, mount, namespace, caFile }: z.output<Keys>): VaultConfig {
  return {
    addr: parseHttpUrl(addr)?.origin ?? addr,
    ...(tokenFile ? { tokenFile } : { token: token ?? '' }),
    mount: withoutOuterSlashes(mount),
    ...(namespace === undefined ? {} : { namespace: withoutOuterSlashes(namespace) }),
    ...(caFile ? { caFile } : {}),
  };
}
