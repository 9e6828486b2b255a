import type { LogoutDelivery } from '@tessera/contracts';

/** A delivery as it is kept. */
export interface KeptDelivery {
  readonly delivery: LogoutDelivery;
  /** Until then somebody is at it; undefined = nobody is. */
  readonly leasedUntil?: Date;
}

interface DeliveryJson extends Omit<LogoutDelivery, 'dueAt' | 'expiresAt'> {
  readonly dueAtMs: number;
  readonly expiresAtMs: number;
  readonly leasedUntilMs?: number;
}

/** A delivery as JSON. */
export function deliveryToJson({ delivery, leasedUntil }: KeptDelivery): string {
  const { id, clientId, subject, sessionId, attempts, dueAt, expiresAt } = delivery;
  const plain: DeliveryJson = {
    id,
    clientId,
    ...(subject === undefined ? {} : { subject }),
    ...(sessionId === undefined ? {} : { sessionId }),
    attempts,
    dueAtMs: dueAt.getTime(),
    expiresAtMs: expiresAt.getTime(),
    ...(leasedUntil === undefined ? {} : { leasedUntilMs: leasedUntil.getTime() }),
  };
  return JSON.stringify(plain);
}

/** The delivery of its JSON. */
export function deliveryFromJson(json: string): KeptDelivery {
  const { dueAtMs, expiresAtMs, leasedUntilMs, ...rest } = JSON.parse(json) as DeliveryJson;
  return {
    delivery: { ...rest, dueAt: new Date(dueAtMs), expiresAt: new Date(expiresAtMs) },
    ...(leasedUntilMs === undefined ? {} : { leasedUntil: new Date(leasedUntilMs) }),
  };
}
