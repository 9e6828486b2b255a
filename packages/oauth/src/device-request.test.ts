import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DeviceRequestPayload, decodeDeviceRequest, encodeDeviceRequest } from './device-request.ts';

const payloads: fc.Arbitrary<DeviceRequestPayload> = fc.record(
  {
    scopes: fc.array(fc.string()),
    resources: fc.array(fc.webUrl()),
    pkce: fc.record({ challenge: fc.string(), method: fc.constantFrom('S256' as const, 'plain' as const) }),
  },
  { requiredKeys: ['scopes', 'resources'] },
);

it('RFC 8628 §3.1: what a device asked for is read as it was written', () => {
  fc.assert(
    fc.property(payloads, (payload) => {
      expect(decodeDeviceRequest(encodeDeviceRequest(payload))).toEqual(payload);
    }),
  );
});

it('anything else is no device request', () => {
  const others = [
    '',
    'null',
    '[]',
    '{}',
    '{"format":2,"scopes":[],"resources":[]}',
    '{"format":1,"scopes":[1],"resources":[]}',
    '{"format":1,"scopes":[],"resources":"x"}',
    '{"format":1,"scopes":[],"resources":[],"pkce":{"challenge":"x","method":"S512"}}',
    '{"format":1,"scopes":[],"resources":[],"pkce":null}',
  ];
  for (const text of others) expect(decodeDeviceRequest(Buffer.from(text))).toBeUndefined();
  fc.assert(fc.property(fc.uint8Array(), (bytes) => decodeDeviceRequest(bytes) === undefined));
});
