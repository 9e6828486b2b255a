export type {
  ExtensionGrant,
  ExtensionGrantOutcome,
  ExtensionGrantRequest,
} from './grants/extension/extension-grant.ts';
export type { TokenServiceOptions } from './ports.ts';
export { createTokenService } from './server.ts';
