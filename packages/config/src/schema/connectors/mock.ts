import * as z from 'zod';
import { requiredText } from '../fields.ts';
import { connectorBase } from './base.ts';

/** A connector of type `mockCallback`: everybody is signed in as one fixed person. For tests. */
export const mockCallbackSchema = z
  .strictObject({
    type: z.literal('mockCallback').describe('Everybody is signed in as one fixed person.'),
    ...connectorBase,
    config: z.strictObject({}).prefault({}).describe('No keys.'),
  })
  .describe('For tests only.');

/** A connector of type `mockPassword`: one person with one password. For tests. */
export const mockPasswordSchema = z
  .strictObject({
    type: z.literal('mockPassword').describe('One person with one password.'),
    ...connectorBase,
    config: z
      .strictObject({ username: requiredText('The name to type.'), password: requiredText('The password to type.') })
      .describe('The one person.'),
  })
  .describe('For tests only.');
