import * as z from 'zod';
import { requiredText } from '../fields.ts';
import { CONNECTOR_GRANT_TYPES } from '../grant-types.ts';

/** Keys every connector has. */
export const connectorBase = {
  id: requiredText('Identifier: part of addresses and of subjects, so it should never change.'),
  name: requiredText('Name shown to people.'),
  grantTypes: z
    .array(z.enum(CONNECTOR_GRANT_TYPES))
    .default([])
    .describe('Grants this connector may be used for; empty = all.'),
};
