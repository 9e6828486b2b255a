import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';

/**
 * Certificates of authorities as PEM text. Each value is PEM text itself, base64 of it, or the name of a file with it, as
 * Dex takes them. Rejects when a value is none of these.
 */
export function readAuthorities(values: readonly string[]): Promise<readonly string[]> {
  return Promise.all(values.map(readAuthority));
}

/** Which of the values are names of files. */
export function authorityFiles(values: readonly string[]): readonly string[] {
  return values.filter((value) => inlineAuthority(value) === undefined);
}

/** The authorities the runtime trusts by itself. */
export function systemAuthorities(): readonly string[] {
  return getCACertificates('default');
}

async function readAuthority(value: string): Promise<string> {
  const pem = inlineAuthority(value) ?? (await readFile(value, 'latin1'));
  if (!isPem(pem)) throw new Error('an authority is neither PEM text, base64 of it, nor a file with it');
  return pem;
}

function inlineAuthority(value: string): string | undefined {
  const text = isPem(value) ? value : Buffer.from(value, 'base64').toString('latin1');
  return isPem(text) ? text : undefined;
}

function isPem(text: string): boolean {
  return text.includes('-----BEGIN CERTIFICATE-----');
}
