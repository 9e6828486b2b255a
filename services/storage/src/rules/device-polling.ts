/** By how much a device that polled too early has to slow down, from then on (RFC 8628 §3.5). */
export const SLOW_DOWN_SECONDS = 5;
