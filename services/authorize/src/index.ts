export type { AuthorizePorts } from './ports.ts';
export { type AuthorizeService, createAuthorizeService } from './server.ts';
