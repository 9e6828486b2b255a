import { count, flag, list, object, oneOf, only, type Parser, text } from './reading.ts';

/** What a container, or every container of a pod, may do. What is left out is as the image and the engine say. */
export interface SecurityContext {
  readonly runAsUser?: number | undefined;
  readonly runAsGroup?: number | undefined;
  readonly runAsNonRoot?: boolean | undefined;
  readonly fsGroup?: number | undefined;
  readonly readOnlyRootFilesystem?: boolean | undefined;
  readonly allowPrivilegeEscalation?: boolean | undefined;
  readonly drop?: readonly string[] | undefined;
  readonly add?: readonly string[] | undefined;
  readonly seccomp?: 'RuntimeDefault' | 'Unconfined' | undefined;
}

const seccompProfile = object((fields) => fields.required('type', oneOf('RuntimeDefault', 'Unconfined')));

/** The security context of a container. */
export const securityContext: Parser<SecurityContext> = object((fields) => {
  fields.optional('privileged', only(false));
  const capabilities = fields.optional(
    'capabilities',
    object((one) => ({ drop: one.optional('drop', list(text)), add: one.optional('add', list(text)) })),
  );
  return {
    runAsUser: fields.optional('runAsUser', count),
    runAsGroup: fields.optional('runAsGroup', count),
    runAsNonRoot: fields.optional('runAsNonRoot', flag),
    readOnlyRootFilesystem: fields.optional('readOnlyRootFilesystem', flag),
    allowPrivilegeEscalation: fields.optional('allowPrivilegeEscalation', flag),
    seccomp: fields.optional('seccompProfile', seccompProfile),
    ...capabilities,
  };
});

/** The security context of a pod. */
export const podSecurityContext: Parser<SecurityContext> = object((fields) => {
  fields.optional('fsGroupChangePolicy', oneOf('OnRootMismatch', 'Always'));
  return {
    runAsUser: fields.optional('runAsUser', count),
    runAsGroup: fields.optional('runAsGroup', count),
    runAsNonRoot: fields.optional('runAsNonRoot', flag),
    fsGroup: fields.optional('fsGroup', count),
    seccomp: fields.optional('seccompProfile', seccompProfile),
  };
});
