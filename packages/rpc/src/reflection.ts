import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Server } from '@grpc/grpc-js';

/** Lets `grpcurl` and the like list services and messages (gRPC server reflection v1 and v1alpha). */
export async function addReflection(server: Server): Promise<void> {
  const [{ ReflectionService }, { loadFileDescriptorSetFromBuffer }] = await Promise.all([
    import('@grpc/reflection'),
    import('@grpc/proto-loader'),
  ]);
  const file = createRequire(import.meta.url).resolve('@tessera/proto/descriptors.binpb');
  new ReflectionService(loadFileDescriptorSetFromBuffer(await readFile(file))).addToServer(server);
}
