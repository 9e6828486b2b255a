import * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { ClaimsConfig } from '../types.ts';
import { checkClaimMappings } from './claim-names.ts';
import { requiredText, textMap } from './fields.ts';
import type { Partially } from './partially.ts';

/** `claims` (Tessera's own): claims computed for everybody. */
export const claimsSchema = z
  .strictObject({
    mappings: textMap(
      'Claims of ID tokens and userinfo: name of the claim and an expression in the Common Expression Language, which sees `identity`, `client`, `connector`, `scopes` and `claims`.',
    ),
    accessTokenMappings: textMap('The same for access tokens.'),
    presets: z
      .array(z.enum(['arkid']))
      .default([])
      .describe('Ready-made mappings. `arkid`: the names that ArkID’s userinfo has.'),
    arkidTenant: z
      .strictObject({
        id: requiredText('The claim `tenant_id`.'),
        slug: requiredText('The claim `tenant_slug`.'),
      })
      .exactOptional()
      .describe('What the preset `arkid` tells as tenant.'),
  })
  .prefault({})
  .describe('Claims computed for everybody.');

/** Names that may be mapped, expressions that are there. */
export function checkClaims(claims: Partially<z.input<typeof claimsSchema>>, report: Report): void {
  checkClaimMappings(claims?.mappings, ['claims', 'mappings'], report);
  checkClaimMappings(claims?.accessTokenMappings, ['claims', 'accessTokenMappings'], report);
}

/** A tenant that nothing tells. */
export function warnAboutClaims(claims: z.output<typeof claimsSchema>, report: Report): void {
  if (claims.arkidTenant !== undefined && !claims.presets.includes('arkid'))
    report.warning(['claims', 'arkidTenant'], 'has no effect without arkid in presets');
}

/** The effective block. */
export function toClaimsConfig(claims: z.output<typeof claimsSchema>): ClaimsConfig {
  return { ...claims, presets: [...new Set(claims.presets)] };
}
