// Reads and shortens programs and libraries in ELF, of any kind of machine: what an image needs of another platform's files
// can so be told without running them. ELF-64, little-endian (amd64, arm64).

import { readFileSync, writeFileSync } from 'node:fs';

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;

/**
 * The libraries that a file names, and the program that loads them.
 *
 * @param {string} file
 * @returns {{needed: string[], interpreter: string | undefined}}
 */
export function readElf(file) {
  const bytes = readFileSync(file);
  const segments = programHeaders(bytes);
  const interp = segments.find(({ type }) => type === PT_INTERP);
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  return {
    needed: dynamic === undefined ? [] : neededLibraries(bytes, segments, dynamic),
    interpreter: interp && text(bytes, interp.offset),
  };
}

/**
 * Cuts off what is for linkers and debuggers: everything behind the last part that is ever loaded. Of Node's program that is a
 * fifth.
 *
 * @param {string} file
 */
export function stripElf(file) {
  const bytes = readFileSync(file);
  const end = Math.max(...programHeaders(bytes).map(({ offset, size }) => offset + size));
  const kept = Buffer.from(bytes.subarray(0, end));
  // No table of sections any more: e_shoff, e_shnum, e_shstrndx.
  kept.writeBigUInt64LE(0n, 0x28);
  kept.writeUInt16LE(0, 0x3c);
  kept.writeUInt16LE(0, 0x3e);
  writeFileSync(file, kept);
}

/**
 * @typedef {{type: number, offset: number, address: number, size: number}} Segment
 *
 * @param {Buffer} bytes
 * @returns {Segment[]}
 */
function programHeaders(bytes) {
  if (bytes.toString('latin1', 0, 4) !== '\x7fELF' || bytes[4] !== 2 || bytes[5] !== 1) {
    throw new Error('not a file in ELF of 64 bits, little-endian');
  }
  const start = Number(bytes.readBigUInt64LE(0x20));
  const size = bytes.readUInt16LE(0x36);
  return Array.from({ length: bytes.readUInt16LE(0x38) }, (_, at) => {
    const header = start + at * size;
    return {
      type: bytes.readUInt32LE(header),
      offset: Number(bytes.readBigUInt64LE(header + 8)),
      address: Number(bytes.readBigUInt64LE(header + 16)),
      size: Number(bytes.readBigUInt64LE(header + 32)),
    };
  });
}

/**
 * @param {Buffer} bytes
 * @param {readonly Segment[]} segments
 * @param {Segment} dynamic
 */
function neededLibraries(bytes, segments, dynamic) {
  const entries = Array.from({ length: dynamic.size / 16 }, (_, at) => ({
    tag: bytes.readBigUInt64LE(dynamic.offset + at * 16),
    value: Number(bytes.readBigUInt64LE(dynamic.offset + at * 16 + 8)),
  }));
  const address = entries.find(({ tag }) => tag === DT_STRTAB)?.value ?? 0;
  const segment = segments.find(
    (part) => part.type === PT_LOAD && part.address <= address && address < part.address + part.size,
  );
  const names = address - (segment?.address ?? 0) + (segment?.offset ?? 0);
  return entries.filter(({ tag }) => tag === DT_NEEDED).map(({ value }) => text(bytes, names + value));
}

/**
 * @param {Buffer} bytes
 * @param {number} start
 */
function text(bytes, start) {
  return bytes.toString('latin1', start, bytes.indexOf(0, start));
}
