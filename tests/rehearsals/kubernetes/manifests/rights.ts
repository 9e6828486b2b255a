import { list, object, only, type Parser, text } from './reading.ts';

/** What may be done to resources: empty names are all of them. */
export interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly verbs: readonly string[];
}

/** Who has a role. */
export interface RoleBinding {
  readonly roleName: string;
  readonly accounts: readonly { readonly name: string; readonly namespace: string | undefined }[];
}

/** The `rules` of a Role. */
export const roleRules: Parser<readonly RoleRule[]> = list(
  object((fields) => ({
    apiGroups: fields.required('apiGroups', list(text)),
    resources: fields.required('resources', list(text)),
    resourceNames: fields.either('resourceNames', list(text), []),
    verbs: fields.required('verbs', list(text)),
  })),
);

const GROUP = 'rbac.authorization.k8s.io';

/** The `roleRef` of a RoleBinding: the name of a Role of the same namespace. */
export const roleReference = object((fields) => {
  fields.required('apiGroup', only(GROUP));
  fields.required('kind', only('Role'));
  return fields.required('name', text);
});

/** The `subjects` of a RoleBinding. */
export const subjects = list(
  object((fields) => {
    fields.required('kind', only('ServiceAccount'));
    return { name: fields.required('name', text), namespace: fields.optional('namespace', text) };
  }),
);
