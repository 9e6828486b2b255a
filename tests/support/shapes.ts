import { inject } from 'vitest';
import type { ConformanceSystem } from '../conformance/system.ts';
import type { SharedPorts } from './example-applications.ts';
import type { ApachePorts } from './relying-parties.ts';

/** One of the two shapes the system runs in, with the same people, clients and ways to sign in. */
export interface Shape {
  readonly name: 'one process' | 'separate services';
  readonly issuer: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    shapes: readonly Shape[];
    conformance: ConformanceSystem;
    system: {
      readonly ldapPort: number;
      readonly upstreamIssuer: string;
      readonly apachePorts: ApachePorts;
      readonly sharedPorts: SharedPorts;
    };
  }
}

/** Both shapes, as the global set-up started them. */
export const shapes: readonly Shape[] = inject('shapes');
