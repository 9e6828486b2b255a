import type { ModuleRun } from '../driver/module-run.ts';

/** A module of the certification. */
export interface ConformanceModule {
  /** What it asks for beyond what is checked in every flow: failures and warnings of the suite alike. */
  readonly checks: string;
  /** Why a certification lets it end as skipped here; `run` then shows that the reason is true. */
  readonly skipReason?: string;
  /** Throws where the provider is wrong. */
  readonly run: (run: ModuleRun) => Promise<void>;
}

/** Modules by their public ids. */
export type Modules = Readonly<Record<string, ConformanceModule>>;
