export { addSeconds, type Clock, epochSeconds, systemClock, type Timer } from './clock.ts';
export { createFakeClock, type FakeClock } from './fake-clock.ts';
