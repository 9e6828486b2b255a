export type { RelyingPartyOptions } from './options.ts';
export { type RelyingParty, startRelyingParty } from './relying-party.ts';
