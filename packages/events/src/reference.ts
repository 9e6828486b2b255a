import type { SecurityEvent } from '@tessera/contracts';
import * as z from 'zod';
import { toCloudEvent } from './cloud-event.ts';
import { eventKeys } from './event-keys.ts';
import { type EventType, eventSchemas, eventTypes } from './event-schemas.ts';

const attributes: readonly (readonly string[])[] = [
  ['`id`', 'UUID. An event that is delivered twice has the same both times.'],
  ['`source`', 'The issuer.'],
  ['`type`', '`dev.tessera.` and one of the types below.'],
  ['`subject`', 'The key: what the event is about. Events with one key keep their order.'],
  ['`time`', 'When it happened (RFC 3339, UTC).'],
  [
    '`dataschema`',
    'Names the fields of `data` and their version. Fields may be added within a version; one that is taken away or changes its meaning makes another version.',
  ],
  ['`data`', 'The fields below.'],
];

/** What of a JSON Schema (2020-12) the reference shows. */
type FieldSchema = z.core.JSONSchema.JSONSchema;

const example: SecurityEvent = {
  id: '6f0d3ab1-3c55-4c6e-9b0e-5a6f6a1c2d3e',
  type: 'refresh_token.reused' satisfies EventType,
  key: 'CgZqYW5lLTESBGxkYXA',
  time: new Date('2026-03-01T12:00:00.250Z'),
  data: JSON.stringify({
    grantId: '0b9f6a3e-8f39-4f86-9d8e-2f1f4f0a7c11',
    clientId: 'app',
    connectorId: 'ldap',
    reason: 'reused',
  }),
};

/** The reference of all events as markdown, made from the schemas: the envelope, then each type with its key and fields. */
export function eventReference(): string {
  return [envelope(), ...eventTypes.map(section)].join('\n');
}

function envelope(): string {
  return `## The envelope

Each event is a CloudEvent 1.0 in the JSON format:

\`\`\`json
${JSON.stringify(toCloudEvent(example, 'https://id.example.com/dex'), undefined, 2)}
\`\`\`

${table(['attribute', 'description'], attributes)}
`;
}

function section(type: EventType): string {
  const { description = '', properties = {}, required = [] } = z.toJSONSchema(eventSchemas[type]);
  const rows = Object.entries(properties).map(([name, field]) => {
    const schema = field as FieldSchema;
    const presence = required.includes(name) ? 'always' : 'may be absent';
    return [`\`${name}\``, typeName(schema), presence, schema.description ?? ''];
  });
  return `## \`${type}\`

${description} Key: ${eventKeys[type]}.

${table(['field', 'type', 'there', 'description'], rows)}
`;
}

/** A table whose columns stand below one another, which is how the formatter keeps it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(escapeCell));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = [], ...others] = cells;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)].join('\n');
}

function typeName(schema: FieldSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.format === 'date-time') return 'time';
  if (schema.type === 'integer') return 'whole number';
  return schema.type === 'array' ? 'list of texts' : 'text';
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
