import * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { EventsConfig } from '../types.ts';
import { isHostName, splitHostPort } from './addresses.ts';
import { checkedText, optionalText, requiredText } from './fields.ts';
import type { Partially } from './partially.ts';

const stdout = z
  .strictObject({
    type: z.literal('stdout').describe('One JSON object a line on standard output.'),
    config: z.strictObject({}).prefault({}).describe('No keys.'),
  })
  .describe('Events on standard output.');

const file = z
  .strictObject({
    type: z.literal('file').describe('One JSON object a line, appended.'),
    config: z.strictObject({ file: requiredText('Path of the file.') }).describe('The file.'),
  })
  .describe('Events in a file.');

const kafka = z
  .strictObject({
    type: z.literal('kafka').describe('Apache Kafka.'),
    config: z
      .strictObject({
        brokers: z
          .array(
            checkedText('A broker.', (value) => {
              const parts = splitHostPort(value);
              return parts?.port !== undefined && isHostName(parts.host) ? undefined : 'must be host:port';
            }),
          )
          .min(1)
          .describe('Brokers to begin with, each as `host:port`.'),
        topic: z
          .string()
          .regex(/^[a-zA-Z0-9._-]{1,249}$/, 'must be a topic name: letters, digits, dots, underscores and hyphens')
          .default('tessera.events')
          .describe('The topic. It has to be there, unless the broker makes topics by itself.'),
        clientId: requiredText('How the brokers know this client.').default('tessera'),
        tls: z
          .strictObject({
            caFile: optionalText(
              'PEM file of the authorities that may sign the broker certificates; the system store without it.',
            ),
            certFile: optionalText('PEM file of the client certificate; together with `keyFile`.'),
            keyFile: optionalText('PEM file of the client key; together with `certFile`.'),
          })
          .exactOptional()
          .describe('TLS towards the brokers; `tls: {}` turns it on with the system store.'),
        sasl: z
          .strictObject({
            mechanism: z
              .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
              .describe('How the password is proved; `plain` shows it to the broker, so only with TLS.'),
            username: requiredText('User.'),
            password: requiredText('Password.').exactOptional(),
            passwordFile: optionalText(
              'File that holds the password; instead of `password`. Read again when it changes.',
            ),
            passwordEnv: optionalText('Environment variable that holds the password; instead of `password`.'),
          })
          .exactOptional()
          .describe('Authentication at the brokers.'),
      })
      .describe('The Kafka connection.'),
  })
  .describe('Events in a Kafka topic, keyed by subject or client.');

/** `events` (Tessera's own): where security-relevant events go. */
export const eventsSchema = z
  .discriminatedUnion('type', [stdout, file, kafka])
  .meta({
    description: 'Where security-relevant events go. Left out: none are kept.',
    otherTypes: { noun: 'event sink', knownFromDex: [] },
  })
  .exactOptional();

/** Rules between the keys of `events`. */
export function checkEvents(events: Partially<z.input<typeof eventsSchema>> | undefined, report: Report): void {
  if (events?.type !== 'kafka') return;
  const { tls, sasl } = events.config ?? {};
  const path = ['events', 'config'];
  if ((tls?.certFile === undefined) !== (tls?.keyFile === undefined)) {
    report.derived([...path, 'tls'], 'needs certFile and keyFile together, or neither');
  }
  if (sasl !== undefined && sasl.password === undefined) {
    report.derived([...path, 'sasl', 'password'], 'is required');
  }
}

/** The effective block. `password` is filled from its sources before. */
export function toEventsConfig(events: NonNullable<z.output<typeof eventsSchema>>): EventsConfig {
  switch (events.type) {
    case 'stdout':
      return { type: 'stdout' };
    case 'file':
      return { type: 'file', file: events.config.file };
    case 'kafka': {
      const { brokers, topic, clientId, tls, sasl } = events.config;
      return {
        type: 'kafka',
        brokers,
        topic,
        clientId,
        ...(tls === undefined ? {} : { tls }),
        ...(sasl === undefined
          ? {}
          : {
              sasl: {
                mechanism: sasl.mechanism,
                username: sasl.username,
                password: sasl.password ?? '',
                ...(sasl.passwordFile ? { passwordFile: sasl.passwordFile } : {}),
              },
            }),
      };
    }
  }
}
