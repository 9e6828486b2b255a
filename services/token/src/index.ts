export type { TokenServiceOptions } from './ports.ts';
export { createTokenService } from './server.ts';
