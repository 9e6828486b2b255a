export * from './arkid-claims.ts';
export * from './claim-mapping-error.ts';
export * from './compile.ts';
export * from './context.ts';
export * from './mapping-reports.ts';
