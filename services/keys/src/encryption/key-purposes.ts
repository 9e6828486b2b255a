/** What private signing keys are sealed for; their name is the `kid`. */
export const SIGNING_KEY_PURPOSE = 'signing';

/** What master secrets are sealed for; their name is the version. */
export const MASTER_SECRET_PURPOSE = 'master secret';
