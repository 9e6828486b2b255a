import { ANSWER_MODULES } from './answers.ts';
import { CHANNEL_LOGOUT_MODULES } from './channel-logout.ts';
import { CODE_MODULES } from './codes.ts';
import { DISCOVERY_MODULES } from './discovery.ts';
import { REQUEST_OBJECT_MODULES } from './request-objects.ts';
import { REQUEST_MODULES } from './requests.ts';
import { RP_INITIATED_LOGOUT_MODULES } from './rp-initiated-logout.ts';
import { SCOPE_MODULES } from './scopes.ts';
import { SESSION_MANAGEMENT_MODULES } from './session-management.ts';
import { SIGN_IN_MODULES } from './sign-in.ts';
import { USERINFO_MODULES } from './userinfo.ts';

/** Every module there is, by its public id. */
export const MODULES = {
  ...DISCOVERY_MODULES,
  ...ANSWER_MODULES,
  ...USERINFO_MODULES,
  ...SCOPE_MODULES,
  ...REQUEST_MODULES,
  ...SIGN_IN_MODULES,
  ...CODE_MODULES,
  ...REQUEST_OBJECT_MODULES,
  ...RP_INITIATED_LOGOUT_MODULES,
  ...SESSION_MANAGEMENT_MODULES,
  ...CHANNEL_LOGOUT_MODULES,
} as const;

/** A module's public id. */
export type ModuleName = keyof typeof MODULES;
