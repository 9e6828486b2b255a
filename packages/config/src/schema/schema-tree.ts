import * as z from 'zod';
import type * as core from 'zod/v4/core';

/** A schema without its wrappers (optional, default, transform), and what the wrappers said. */
export interface SchemaNode {
  readonly schema: core.$ZodTypes;
  readonly description?: string;
  readonly defaultValue?: unknown;
  readonly isOptional: boolean;
  readonly notServed?: NotServed;
  readonly otherTypes?: OtherTypes;
  readonly typeName?: string;
}

/** A key that Dex has and this version does not serve. */
export interface NotServed {
  /** `refused`: using it is a problem. `ignored`: it is accepted with a warning. */
  readonly effect: 'refused' | 'ignored';
  /** What is not served and what that means, as a sentence. */
  readonly reason: string;
}

/** For a choice by `type`: what is chosen, and the types Dex has beyond those served. */
interface OtherTypes {
  readonly noun: string;
  readonly knownFromDex: readonly string[];
  /** A hint for one of those types. */
  readonly hints?: Readonly<Record<string, string>>;
}

/** Our own metadata beside zod's description; read back by {@link inspectSchema}. */
export interface TesseraMeta {
  readonly notServed?: NotServed;
  readonly otherTypes?: OtherTypes;
  /** Name of the type in the reference, where the schema's structure does not say it. */
  readonly typeName?: string;
}

/** Takes the wrappers off a schema. The outermost description and metadata win. */
export function inspectSchema(outer: core.$ZodType): SchemaNode {
  let schema = outer as core.$ZodTypes;
  let isOptional = false;
  let description: string | undefined;
  let defaultValue: unknown;
  let meta: TesseraMeta = {};
  for (;;) {
    const own = (z.globalRegistry.get(schema) ?? {}) as TesseraMeta & { description?: string };
    description ??= own.description;
    meta = { ...own, ...meta };
    const { def } = schema._zod;
    const inner = innerSchema(def);
    if (inner === undefined) break;
    if (def.type === 'optional') isOptional = true;
    if (def.type === 'default' || def.type === 'prefault') {
      isOptional = true;
      defaultValue ??= def.defaultValue;
    }
    schema = inner as core.$ZodTypes;
  }
  return {
    schema,
    isOptional,
    ...(description === undefined ? {} : { description }),
    ...(defaultValue === undefined ? {} : { defaultValue }),
    ...(meta.notServed === undefined ? {} : { notServed: meta.notServed }),
    ...(meta.otherTypes === undefined ? {} : { otherTypes: meta.otherTypes }),
    ...(meta.typeName === undefined ? {} : { typeName: meta.typeName }),
  };
}

function innerSchema(def: core.$ZodTypes['_zod']['def']): core.$ZodType | undefined {
  if (def.type === 'optional' || def.type === 'default' || def.type === 'prefault') return def.innerType;
  return def.type === 'pipe' ? def.in : undefined;
}

/** The keys of an object schema, or undefined for other schemas. */
export function objectShape(schema: core.$ZodTypes): Readonly<Record<string, core.$ZodType>> | undefined {
  const { def } = schema._zod;
  return def.type === 'object' ? def.shape : undefined;
}

/** The choices of a union decided by a key, by the value of that key; undefined for other schemas. */
export function unionVariants(
  schema: core.$ZodTypes,
): { key: string; variants: ReadonlyMap<string, core.$ZodType> } | undefined {
  const { def } = schema._zod;
  if (def.type !== 'union' || !('discriminator' in def) || typeof def.discriminator !== 'string') return undefined;
  const key = def.discriminator;
  const variants = new Map<string, core.$ZodType>();
  for (const option of def.options) {
    for (const name of literalValues(objectShape(inspectSchema(option).schema)?.[key])) variants.set(name, option);
  }
  return { key, variants };
}

/** The values a literal or enumeration allows, as text; empty for other schemas. */
export function literalValues(schema: core.$ZodType | undefined): readonly string[] {
  if (schema === undefined) return [];
  const { def } = inspectSchema(schema).schema._zod;
  if (def.type === 'literal') return def.values.map(String);
  return def.type === 'enum' ? Object.values(def.entries).map(String) : [];
}
