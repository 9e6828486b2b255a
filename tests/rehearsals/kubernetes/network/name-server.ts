import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Finds the addresses of a name without its last dot; undefined where there is no such name. */
export type NameLookup = (name: string) => readonly string[] | undefined;

/** A running name server. */
export interface NameServer {
  close(): Promise<void>;
}

const A = 1;
const INTERNET = 1;
const NAME_ERROR = 3;
const HEADER_BYTES = 12;
/** As CoreDNS answers on a cluster that kubeadm made. */
const TTL_SECONDS = 30;

/** Starts a name server over UDP that answers for addresses of IPv4 (RFC 1035 §4.1). Of other kinds, names have none. */
export async function startNameServer(address: string, port: number, lookup: NameLookup): Promise<NameServer> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const answer = answerOf(query, lookup);
    if (answer !== undefined) socket.send(answer, from.port, from.address);
  });
  socket.bind(port, address);
  await once(socket, 'listening');
  return {
    async close() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

function answerOf(query: Buffer, lookup: NameLookup): Buffer | undefined {
  if (query.length < HEADER_BYTES || query.readUInt16BE(4) !== 1) return undefined;
  const labels = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
    if (at >= query.length) return undefined;
  }
  if (at + 5 > query.length) return undefined;
  const [type, kind] = [query.readUInt16BE(at + 1), query.readUInt16BE(at + 3)];
  const question = query.subarray(HEADER_BYTES, at + 5);
  const found = kind === INTERNET ? lookup(labels.join('.').toLowerCase()) : undefined;
  const records = (type === A ? (found ?? []) : []).map(recordOf);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  // An answer, authoritative, recursion desired as asked, recursion available.
  const flags = 0x8480 | (query.readUInt16BE(2) & 0x0100) | (found === undefined ? NAME_ERROR : 0);
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question, ...records]);
}

function recordOf(address: string): Buffer {
  const record = Buffer.alloc(16);
  // The name of the question.
  record.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  record.writeUInt16BE(A, 2);
  record.writeUInt16BE(INTERNET, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(4, 10);
  for (const [index, byte] of address.split('.').entries()) record.writeUInt8(Number(byte), 12 + index);
  return record;
}
