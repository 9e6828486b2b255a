import type { Expectation, LogoutDelivery } from '@tessera/contracts';
import { deliveryToJson, type KeptDelivery } from '../codec/logout-delivery-json.ts';
import type { RecordToWrite } from '../ports.ts';
import { dueId } from '../rules/due-order.ts';

/** A delivery as the record that says how it stands with it. */
export function deliveryRecord(kept: KeptDelivery, expected: Expectation): RecordToWrite {
  const { id, expiresAt } = kept.delivery;
  return { kind: 'logout_delivery', id, body: deliveryToJson(kept), expected, expiresAt, events: [] };
}

/** The record that points to a delivery from the moment at which it is due. */
export function dueRecord(delivery: LogoutDelivery): RecordToWrite {
  const { expiresAt } = delivery;
  return { kind: 'logout_due', id: dueId(delivery), body: '{}', expected: 'any', expiresAt, events: [] };
}
