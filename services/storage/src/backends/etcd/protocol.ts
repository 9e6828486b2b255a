import { loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

/** 64-bit integers come as text. */
export interface KeyValue {
  readonly key: Buffer;
  readonly create_revision: string;
  readonly mod_revision: string;
  /** How often it was put since it was created. */
  readonly version: string;
  readonly value: Buffer;
}

/** Keys from `key` up to but without `range_end`; one key without it. Linearizable. */
export interface RangeRequest {
  readonly key: Buffer;
  readonly range_end?: Buffer;
  readonly limit?: number;
  readonly revision?: string;
  readonly sort_order?: 'ASCEND';
  readonly sort_target?: 'CREATE';
  readonly keys_only?: boolean;
  readonly count_only?: boolean;
  readonly min_create_revision?: string;
}

/** What a range gave. */
export interface RangeResponse {
  readonly header: { readonly revision: string };
  readonly kvs: readonly KeyValue[];
  /** There are more than `limit`. */
  readonly more: boolean;
  readonly count: string;
}

/** A condition of a transaction. */
export interface Compare {
  readonly key: Buffer;
  readonly result: 'EQUAL' | 'GREATER';
  readonly target: 'CREATE' | 'MOD';
  readonly create_revision?: string;
  readonly mod_revision?: string;
}

/** One step of a transaction. */
export type RequestOp =
  | { readonly request_range: RangeRequest }
  | { readonly request_put: { readonly key: Buffer; readonly value: Buffer; readonly lease?: string } }
  | { readonly request_delete_range: { readonly key: Buffer } }
  | { readonly request_txn: TxnRequest };

/** If all conditions hold, `success`, else `failure`; atomic. */
export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

/** The answer of one step: of the kind it was. */
export interface ResponseOp {
  readonly response_range?: RangeResponse;
  readonly response_txn?: TxnResponse;
}

/** What a transaction did. */
export interface TxnResponse {
  readonly header: { readonly revision: string };
  /** Whether the conditions held. */
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}

const enumOf = (...names: readonly string[]) => ({
  values: Object.fromEntries(names.map((name, index) => [name, index])),
});
const fieldsOf = (fields: Readonly<Record<string, readonly [type: string, id: number]>>) => ({
  fields: Object.fromEntries(Object.entries(fields).map(([name, [type, id]]) => [name, { type, id }])),
});
const listsIn = (fields: Readonly<Record<string, readonly [type: string, id: number]>>) =>
  Object.fromEntries(Object.entries(fields).map(([name, [type, id]]) => [name, { rule: 'repeated', type, id }]));
const method = (name: string) => ({ requestType: `${name}Request`, responseType: `${name}Response` });

/** The part of etcd's API (v3, stable since 3.0) that is spoken here, with the field numbers of its `rpc.proto`. */
const etcdserverpb = {
  KV: { methods: { Range: method('Range'), Txn: method('Txn') } },
  Lease: { methods: { LeaseGrant: method('LeaseGrant'), LeaseRevoke: method('LeaseRevoke') } },
  Auth: { methods: { Authenticate: method('Authenticate') } },
  SortOrder: enumOf('NONE', 'ASCEND', 'DESCEND'),
  SortTarget: enumOf('KEY', 'VERSION', 'CREATE', 'MOD', 'VALUE'),
  CompareResult: enumOf('EQUAL', 'GREATER', 'LESS', 'NOT_EQUAL'),
  CompareTarget: enumOf('VERSION', 'CREATE', 'MOD', 'VALUE', 'LEASE'),
  ResponseHeader: fieldsOf({ revision: ['int64', 3] }),
  KeyValue: fieldsOf({
    key: ['bytes', 1],
    create_revision: ['int64', 2],
    mod_revision: ['int64', 3],
    version: ['int64', 4],
    value: ['bytes', 5],
  }),
  RangeRequest: fieldsOf({
    key: ['bytes', 1],
    range_end: ['bytes', 2],
    limit: ['int64', 3],
    revision: ['int64', 4],
    sort_order: ['SortOrder', 5],
    sort_target: ['SortTarget', 6],
    keys_only: ['bool', 8],
    count_only: ['bool', 9],
    min_create_revision: ['int64', 12],
  }),
  RangeResponse: {
    fields: {
      ...fieldsOf({ header: ['ResponseHeader', 1], more: ['bool', 3], count: ['int64', 4] }).fields,
      ...listsIn({ kvs: ['KeyValue', 2] }),
    },
  },
  PutRequest: fieldsOf({ key: ['bytes', 1], value: ['bytes', 2], lease: ['int64', 3] }),
  DeleteRangeRequest: fieldsOf({ key: ['bytes', 1] }),
  RequestOp: {
    oneofs: { request: { oneof: ['request_range', 'request_put', 'request_delete_range', 'request_txn'] } },
    ...fieldsOf({
      request_range: ['RangeRequest', 1],
      request_put: ['PutRequest', 2],
      request_delete_range: ['DeleteRangeRequest', 3],
      request_txn: ['TxnRequest', 4],
    }),
  },
  ResponseOp: {
    oneofs: { response: { oneof: ['response_range', 'response_txn'] } },
    ...fieldsOf({ response_range: ['RangeResponse', 1], response_txn: ['TxnResponse', 4] }),
  },
  Compare: {
    oneofs: { target_union: { oneof: ['create_revision', 'mod_revision'] } },
    ...fieldsOf({
      result: ['CompareResult', 1],
      target: ['CompareTarget', 2],
      key: ['bytes', 3],
      create_revision: ['int64', 5],
      mod_revision: ['int64', 6],
    }),
  },
  TxnRequest: {
    fields: listsIn({ compare: ['Compare', 1], success: ['RequestOp', 2], failure: ['RequestOp', 3] }),
  },
  TxnResponse: {
    fields: {
      ...fieldsOf({ header: ['ResponseHeader', 1], succeeded: ['bool', 2] }).fields,
      ...listsIn({ responses: ['ResponseOp', 3] }),
    },
  },
  LeaseGrantRequest: fieldsOf({ TTL: ['int64', 1] }),
  LeaseGrantResponse: fieldsOf({ ID: ['int64', 2] }),
  LeaseRevokeRequest: fieldsOf({ ID: ['int64', 1] }),
  LeaseRevokeResponse: fieldsOf({}),
  AuthenticateRequest: fieldsOf({ name: ['string', 1], password: ['string', 2] }),
  AuthenticateResponse: fieldsOf({ token: ['string', 2] }),
};

/** Every method that is called, with what goes and comes. */
export interface EtcdMethods {
  readonly Range: readonly [RangeRequest, RangeResponse];
  readonly Txn: readonly [TxnRequest, TxnResponse];
  readonly LeaseGrant: readonly [{ readonly TTL: number }, { readonly ID: string }];
  readonly LeaseRevoke: readonly [{ readonly ID: string }, unknown];
  readonly Authenticate: readonly [{ readonly name: string; readonly password: string }, { readonly token: string }];
}

/** Name of a method. */
export type EtcdMethod = keyof EtcdMethods;

const SERVICES: Readonly<Record<EtcdMethod, 'KV' | 'Lease' | 'Auth'>> = {
  Range: 'KV',
  Txn: 'KV',
  LeaseGrant: 'Lease',
  LeaseRevoke: 'Lease',
  Authenticate: 'Auth',
};

/** How a method is called on the wire. */
type MethodDefinition = ServiceClientConstructor['service'][string];

/** The methods as gRPC needs them. */
export const etcdMethods: Readonly<Record<EtcdMethod, MethodDefinition>> = loadMethods();

function loadMethods(): Readonly<Record<EtcdMethod, MethodDefinition>> {
  const json = { nested: { etcdserverpb: { nested: etcdserverpb } } } as Parameters<typeof fromJSON>[0];
  const loaded = loadPackageDefinition(fromJSON(json, { keepCase: true, longs: String, defaults: true, oneofs: true }));
  const services = loaded['etcdserverpb'] as unknown as Readonly<Record<string, ServiceClientConstructor>>;
  const definition = (name: EtcdMethod): MethodDefinition => {
    const found = services[SERVICES[name]]?.service[name];
    if (found === undefined) throw new Error(`etcd's API has no method ${name}`);
    return found;
  };
  return {
    Range: definition('Range'),
    Txn: definition('Txn'),
    LeaseGrant: definition('LeaseGrant'),
    LeaseRevoke: definition('LeaseRevoke'),
    Authenticate: definition('Authenticate'),
  };
}
