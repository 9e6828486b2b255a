import * as z from 'zod';
import { connectorGrantTypes } from '../../served.ts';
import { requiredText } from '../fields.ts';

/** Keys every connector has. */
export const connectorBase = {
  id: requiredText('Identifier: part of addresses and of subjects, so it should never change.'),
  name: requiredText('Name shown to people.'),
  grantTypes: z
    .array(z.enum(connectorGrantTypes))
    .default([])
    .describe('Grants this connector may be used for; empty = all.'),
};
