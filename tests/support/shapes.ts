import { inject } from 'vitest';

/** One of the two shapes the system runs in, with the same people, clients and ways to sign in. */
export interface Shape {
  readonly name: 'one process' | 'separate services';
  readonly issuer: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    shapes: readonly Shape[];
    system: { readonly ldapPort: number; readonly upstreamIssuer: string };
  }
}

/** Both shapes, as the global set-up started them. */
export const shapes: readonly Shape[] = inject('shapes');
