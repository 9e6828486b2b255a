import { SIGNING_ALGORITHMS } from '@tessera/oauth';
import * as z from 'zod';
import type { ApiResourceConfig, ResourcesConfig } from '../types.ts';
import { flag, nameList, optionalText, requiredText, textMap } from './fields.ts';
import { secretList, toSecretConfigs } from './secrets.ts';

const scopeSchema = (tokens: string) =>
  z.strictObject({
    name: requiredText('The scope itself.'),
    displayName: optionalText('Name for the consent page; the scope itself when left out.'),
    description: optionalText('What agreeing means, for the consent page.'),
    required: flag('People cannot leave it out.'),
    emphasize: flag('The consent page sets it off.'),
    showInDiscovery: flag('The discovery document lists it.', true),
    claims: nameList(`Claims about the person that it puts into ${tokens}.`),
    claimMappings: textMap(`Claims that it computes for ${tokens}: name and expression, as in \`claims.mappings\`.`),
  });

const apiResourceSchema = z.strictObject({
  name: requiredText('Its audience, and the name it signs in with at the introspection endpoint.'),
  displayName: optionalText('Name for people.'),
  description: optionalText('What it is.'),
  scopes: nameList('Scopes of `apiScopes` that belong to it.'),
  claims: nameList('Claims about the person in access tokens for it.'),
  secrets: secretList('Secrets for the introspection endpoint; without one it may not ask.'),
  requireResourceIndicator: flag('Reached only by its name as `resource` (RFC 8707), never by a scope alone.'),
  signingAlgorithms: z
    .array(z.enum(SIGNING_ALGORITHMS))
    .min(1)
    .exactOptional()
    .describe('Algorithms it accepts for access tokens; any when left out.'),
});

/** `resources` (Tessera's own): what applications can ask for beyond the standard scopes. */
export const resourcesSchema = z
  .strictObject({
    identityResources: z
      .array(scopeSchema('ID tokens and userinfo'))
      .default([])
      .describe('Scopes about the person, beside `openid`, `profile`, `email`, `phone`, `address` and `groups`.'),
    apiScopes: z.array(scopeSchema('access tokens')).default([]).describe('Scopes of APIs.'),
    apiResources: z.array(apiResourceSchema).default([]).describe('APIs that take access tokens.'),
  })
  .prefault({})
  .describe('What applications can ask for beyond the standard scopes.');

/** The effective block. */
export function toResourcesConfig(resources: z.output<typeof resourcesSchema>): ResourcesConfig {
  return { ...resources, apiResources: resources.apiResources.map(toApiResourceConfig) };
}

function toApiResourceConfig({ secrets, ...rest }: z.output<typeof apiResourceSchema>): ApiResourceConfig {
  return { ...rest, secrets: toSecretConfigs(secrets) };
}
