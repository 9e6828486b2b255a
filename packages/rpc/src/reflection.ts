import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import {
  type handleBidiStreamingCall,
  type MethodDefinition,
  type Server,
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

/** Both names that clients know the service by. */
const PATHS = [
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
];

type Method = MethodDefinition<unknown, unknown>;
type Handler = handleBidiStreamingCall<unknown, unknown>;

interface Reflection {
  readonly method: Method;
  readonly handle: Handler;
}

/**
 * Lets `grpcurl` and the like list services and messages (gRPC server reflection v1 and v1alpha). What answers is loaded when
 * somebody asks for the first time: it takes longer to load than all the rest of a server, and hardly any is ever asked.
 */
export function addReflection(server: Server): void {
  let loading: Promise<ReadonlyMap<string, Reflection>> | undefined;
  for (const path of PATHS) {
    let reflection: Reflection | undefined;
    const handle = async (call: ServerDuplexStream<unknown, unknown>): Promise<void> => {
      try {
        loading ??= loadReflections();
        reflection = (await loading).get(path);
      } catch {
        loading = undefined;
      }
      if (reflection === undefined)
        call.emit('error', { code: status.UNAVAILABLE, details: 'reflection is not there' });
      else reflection.handle(call);
    };
    server.register(
      path,
      ((call) => void handle(call)) as Handler,
      // Nothing is read or written before the handler has what reads and writes.
      (value: unknown) => (reflection as Reflection).method.responseSerialize(value),
      (bytes) => (reflection as Reflection).method.requestDeserialize(bytes),
      'bidi',
    );
  }
}

/** By the path of the method. */
async function loadReflections(): Promise<ReadonlyMap<string, Reflection>> {
  const [{ ReflectionService }, { loadFileDescriptorSetFromBuffer }] = await Promise.all([
    import('@grpc/reflection'),
    import('@grpc/proto-loader'),
  ]);
  const file = createRequire(import.meta.url).resolve('@tessera/proto/descriptors.binpb');
  const found = new Map<string, Reflection>();
  new ReflectionService(loadFileDescriptorSetFromBuffer(await readFile(file))).addToServer({
    addService(service: ServiceDefinition, implementation: UntypedServiceImplementation) {
      for (const [name, method] of Object.entries(service)) {
        found.set(method.path, { method, handle: implementation[name] as Handler });
      }
    },
  });
  return found;
}
