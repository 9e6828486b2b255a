export { createFederationService, type FederationServiceOptions } from './server.ts';
