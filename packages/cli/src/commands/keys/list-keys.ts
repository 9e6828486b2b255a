import type { KeyFigures, KeyListing, SealingDescription } from '@tessera/keys';
import { momentText, type TableRow, textTable } from '../../command-line/text-table.ts';
import type { KeyAuthority } from './key-authority.ts';

/** A title and what stands below it. */
type Section = readonly [title: string, rows: readonly TableRow[]];

/** Everything that there is, for programs: one JSON object. Moments are RFC 3339. */
export async function keysAsJson(authority: KeyAuthority): Promise<string> {
  const { keys, revoked, secrets } = await authority.list();
  return JSON.stringify({ keys, revoked, secrets, keyEncryption: await authority.describeSealing() }, undefined, 2);
}

/** Everything that there is, for people: tables of signing keys and of secrets, and what they are sealed under. */
export async function keysAsText(authority: KeyAuthority): Promise<string> {
  const { keys, revoked, secrets } = await authority.list();
  return sectionsAsText([
    ['Signing keys', keyRows(keys)],
    ...(revoked.length === 0 ? [] : [['Revoked signing keys', revokedRows(revoked)] as const]),
    ['Secrets behind codes, refresh tokens and cookies', secretRows(secrets)],
    ...sealingSections(await authority.describeSealing()),
  ]);
}

/** Titles and tables, with an empty line between two of them. */
export function sectionsAsText(sections: readonly Section[]): string {
  return sections.map(([title, rows]) => [title, ...textTable(rows)].join('\n')).join('\n\n');
}

function keyRows(keys: KeyListing['keys']): readonly TableRow[] {
  return [
    ['KEY', 'ALGORITHM', 'STAGE', 'SIGNS FROM', 'UNTIL', 'PUBLISHED UNTIL', 'SIGNER', 'TOKENS'],
    ...keys.map(({ kid, algorithm, stage, activeAt, retiredAt, goneAt, signer, signed }) => [
      kid,
      algorithm,
      stage,
      ...[activeAt, retiredAt, goneAt].map(momentText),
      signer,
      countText(signed),
    ]),
  ];
}

function revokedRows(revoked: KeyListing['revoked']): readonly TableRow[] {
  return [
    ['KEY', 'ALGORITHM', 'REVOKED', 'TOKENS'],
    ...revoked.map(({ kid, algorithm, revokedAt, signed }) => [
      kid,
      algorithm,
      momentText(revokedAt),
      countText(signed),
    ]),
  ];
}

function countText(signed: KeyFigures): string {
  return Object.values(signed)
    .reduce((sum, { count }) => sum + count, 0)
    .toLocaleString('en-US');
}

function secretRows(secrets: KeyListing['secrets']): readonly TableRow[] {
  return [
    ['VERSION', 'STAGE', 'IN USE FROM', 'UNTIL', 'ACCEPTED UNTIL'],
    ...secrets.map(({ version, stage, activeAt, retiredAt, goneAt }) => [
      String(version),
      stage,
      ...[activeAt, retiredAt, goneAt].map(momentText),
    ]),
  ];
}

/** Under which key-encryption key each document is. */
export function sealingSections({ keys, documents }: SealingDescription): readonly Section[] {
  return [
    [
      'Key-encryption keys',
      [
        ['FINGERPRINT', 'SOURCE', 'ROLE', 'PROBLEM'],
        ...keys.map(({ fingerprint, source, role, problem }) => [
          fingerprint,
          source,
          role === 'seals' ? 'seals and opens' : 'opens',
          problem ?? 'none',
        ]),
      ],
    ],
    [
      'Sealed documents',
      [
        ['DOCUMENT', 'VERSION', 'UNDER', 'STATE'],
        ...documents.map(({ name, version, sealedUnder, state, problem }) => [
          name,
          String(version),
          sealedUnder.length === 0 ? undefined : sealedUnder.join(', '),
          stateText(state, problem),
        ]),
      ],
    ],
  ];
}

function stateText(state: SealingDescription['documents'][number]['state'], problem: string | undefined): string {
  if (problem !== undefined) return `${state}: ${problem}`;
  return state === 'former' ? 'former: tessera keys rewrap seals it anew' : state;
}
