import * as z from 'zod';
import { fileSchema } from '../schema/file.ts';
import type { TesseraMeta } from '../schema/schema-tree.ts';

/**
 * JSON Schema (draft 2020-12) of the configuration file, for editors. Keys stand in their canonical spelling; the loader also
 * takes other cases and checks more than a schema can say.
 */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(fileSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      for (const key of ownMetadata) delete jsonSchema[key];
    },
  });
  const { $schema, '~standard': _standard, ...rest } = schema;
  return { $schema, title: 'Tessera configuration', ...rest };
}

/** Metadata of ours that zod copies along. */
const ownMetadata = ['notServed', 'otherTypes', 'typeName'] as const satisfies readonly (keyof TesseraMeta)[];
