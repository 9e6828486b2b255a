import * as z from 'zod';
import { claimsSchema } from './claims.ts';
import { staticClientSchema } from './clients/static-client.ts';
import { connectorSchema } from './connectors/connector.ts';
import { ephemeralSchema } from './ephemeral.ts';
import { eventsSchema } from './events.ts';
import { expirySchema } from './expiry.ts';
import { flag, refused } from './fields.ts';
import { frontendSchema } from './frontend.ts';
import { issuerSchema } from './issuer.ts';
import { keyEncryptionSchema } from './key-encryption.ts';
import { loggerSchema } from './logger.ts';
import { oauth2Schema } from './oauth2.ts';
import { resourcesSchema } from './resources.ts';
import { rpcSchema } from './rpc.ts';
import { servicesSchema } from './services.ts';
import { sessionsSchema } from './sessions.ts';
import { shutdownSchema } from './shutdown.ts';
import { formerSignersSchema } from './signers/former-signers.ts';
import { signerSchema } from './signers/signer.ts';
import { staticPasswordSchema } from './static-passwords.ts';
import { storageSchema } from './storage/storage.ts';
import { telemetrySchema } from './telemetry.ts';
import { webSchema } from './web.ts';

/** The configuration file as a whole. Everything else (reference, JSON Schema, hints) is derived from it. */
export const fileSchema = z.strictObject({
  issuer: issuerSchema,
  storage: storageSchema,
  ephemeral: ephemeralSchema,
  events: eventsSchema,
  keyEncryption: keyEncryptionSchema,
  web: webSchema,
  telemetry: telemetrySchema,
  grpc: refused(
    'The management API.',
    'nothing would answer calls of the management API (people of the password database: tessera users)',
  ),
  oauth2: oauth2Schema,
  expiry: expirySchema,
  logger: loggerSchema,
  frontend: frontendSchema,
  signer: signerSchema,
  formerSigners: formerSignersSchema,
  connectors: z.array(connectorSchema).default([]).describe('Upstream identity systems.'),
  staticClients: z.array(staticClientSchema).default([]).describe('Applications.'),
  enablePasswordDB: flag('Adds the connector `local`: people with passwords kept here.'),
  staticPasswords: z.array(staticPasswordSchema).default([]).describe('People of the connector `local`.'),
  sessions: sessionsSchema,
  resources: resourcesSchema,
  claims: claimsSchema,
  mfa: refused('Second factors.', 'people would sign in without a second factor'),
  services: servicesSchema,
  rpc: rpcSchema,
  shutdown: shutdownSchema,
});

/** The file as written, with canonical keys. */
export type FileInput = z.input<typeof fileSchema>;

/** The file with defaults, durations in seconds. */
export type FileOutput = z.output<typeof fileSchema>;
