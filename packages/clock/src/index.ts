export { addSeconds, type Clock, epochSeconds, systemClock, type Timer } from './clock.ts';
export { createFakeClock, type FakeClock } from './fake-clock.ts';
export { createPause, type Pause } from './pause.ts';
export { within } from './within.ts';
