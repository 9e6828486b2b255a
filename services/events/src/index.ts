export type { EventsServiceOptions } from './ports.ts';
export { createEventsService } from './server.ts';
