import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { toCloudEvent } from './cloud-event.ts';
import { type EventData, type EventType, eventSchemas, eventTypes } from './event-schemas.ts';
import { newEvent } from './new-event.ts';

type FieldSchema = z.core.JSONSchema.JSONSchema;

const ajv = addFormats.default(new Ajv2020());

/** A validator by somebody else's reading of JSON Schema. */
function validatorOf(type: EventType) {
  return ajv.compile(z.toJSONSchema(eventSchemas[type]));
}

function arbitraryField(schema: FieldSchema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.format === 'date-time') {
    return fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date('2200-01-01') })
      .map((at) => at.toISOString());
  }
  if (schema.type === 'string') return fc.string({ minLength: schema.minLength ?? 0, unit: 'grapheme' });
  if (schema.type === 'integer') return fc.integer({ min: schema.minimum ?? 0, max: 0x7fffffff });
  if (schema.type === 'array') return fc.array(arbitraryField(schema.items as FieldSchema));
  throw new Error(`no arbitrary for ${JSON.stringify(schema)}`);
}

/** Any data of a type, with and without what may be absent. */
function arbitraryData<T extends EventType>(type: T): fc.Arbitrary<EventData<T>> {
  const { properties = {}, required = [] } = z.toJSONSchema(eventSchemas[type]);
  const fields = Object.entries(properties).map(([name, field]) => [name, arbitraryField(field as FieldSchema)]);
  const model = Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>;
  return fc.record(model, { requiredKeys: required }) as fc.Arbitrary<EventData<T>>;
}

const arbitraryKey = fc.string({ minLength: 1 });
const arbitraryTime = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2200-01-01') });
const source = 'https://id.example.com/dex';

describe.each(eventTypes)('%s', (type) => {
  it('any event of the type fits its own JSON Schema and survives the way through the outbox', () => {
    const isValid = validatorOf(type);
    fc.assert(
      fc.property(arbitraryKey, arbitraryData(type), arbitraryTime, (key, data, time) => {
        const event = newEvent(type, key, data, time);
        expect(event).toMatchObject({ type, key, time });
        expect(JSON.parse(event.data)).toEqual(data);
        expect(isValid(JSON.parse(event.data)), ajv.errorsText(isValid.errors)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('CloudEvents 1.0 §3: the envelope has every required attribute in its form, and none that is unknown', () => {
    fc.assert(
      fc.property(arbitraryKey, arbitraryData(type), arbitraryTime, (key, data, time) => {
        const event = newEvent(type, key, data, time);
        const { data: content, ...attributes } = toCloudEvent(event, source);
        expect(content).toEqual(data);
        expect(attributes).toEqual({
          specversion: '1.0',
          id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
          source,
          type: `dev.tessera.${type}`,
          subject: key,
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
          datacontenttype: 'application/json',
          dataschema: `urn:tessera:event:${type}:1`,
        });
        expect(new Date(attributes.time)).toEqual(time);
        expect(URL.canParse(attributes.dataschema)).toBe(true);
        // §3.1: attribute names are lower-case letters and digits.
        for (const name of Object.keys(attributes)) expect(name).toMatch(/^[a-z0-9]+$/);
      }),
      { numRuns: 30 },
    );
  });

  it('N96: a field that is not of the type is refused, whatever it holds', () => {
    const isValid = validatorOf(type);
    fc.assert(
      fc.property(arbitraryData(type), (data) => {
        const more = { ...data, password: 'canary' };
        expect(() => newEvent(type, 'key', more, new Date(0))).toThrow(z.ZodError);
        expect(isValid(more)).toBe(false);
      }),
      { numRuns: 10 },
    );
  });

  it('N96: no field is one that a secret, or a name that was typed, would stand in', () => {
    const names = Object.keys(eventSchemas[type].shape);
    const suspicious = /secret|password|token|code|cookie|assertion|verifier|nonce|state|hash|name|email|payload/i;
    expect(names.filter((name) => suspicious.test(name))).toEqual([]);
  });

  it('says of itself and of every field what it means', () => {
    const { description, properties = {} } = z.toJSONSchema(eventSchemas[type]);
    for (const text of [description, ...Object.values(properties).map((field) => (field as FieldSchema).description)]) {
      expect(text).toMatch(/^[A-Z`].+[.`…]$/s);
    }
  });
});

describe('an event', () => {
  it('has an id of its own', () => {
    const data = { clientId: 'app' };
    const ids = [1, 2, 3].map(() => newEvent('consent.withdrawn', 'sub', data, new Date(0)).id);
    expect(new Set(ids).size).toBe(3);
  });

  it('of a type that only a newer version knows is passed on', () => {
    const event = { ...newEvent('consent.withdrawn', 'sub', { clientId: 'app' }, new Date(0)), type: 'moon.full' };
    expect(toCloudEvent(event, source)).toMatchObject({
      type: 'dev.tessera.moon.full',
      dataschema: 'urn:tessera:event:moon.full:1',
    });
  });

  it.each(['', 'null', '[]', '"text"', '7', '{'])('whose data is no JSON object is no CloudEvent: %s', (data) => {
    const event = { ...newEvent('consent.withdrawn', 'sub', { clientId: 'app' }, new Date(0)), data };
    expect(() => toCloudEvent(event, source)).toThrow();
  });
});
