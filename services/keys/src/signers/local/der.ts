/** The bytes of one DER value (ITU-T X.690 §8.1 and §10): its tag, its length in the shortest form, its contents. */
export function encodeDer(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag), encodeLength(content.length), content]);
}

/** A SEQUENCE. */
export function derSequence(...members: readonly Uint8Array[]): Buffer {
  return encodeDer(0x30, ...members);
}

/** A SET of one member. */
export function derSet(member: Uint8Array): Buffer {
  return encodeDer(0x31, member);
}

/** An INTEGER that is not negative, of its bytes in big-endian order. */
export function derUnsigned(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const shortest = first === -1 ? Buffer.of(0) : bytes.subarray(first);
  const sign = (shortest[0] ?? 0) >= 0x80 ? Buffer.of(0) : Buffer.alloc(0);
  return encodeDer(0x02, sign, shortest);
}

/** A BIT STRING; the last `unusedBits` bits of `bytes` do not belong to it. */
export function derBits(bytes: Uint8Array, unusedBits = 0): Buffer {
  return encodeDer(0x03, Buffer.of(unusedBits), bytes);
}

/** An OCTET STRING. */
export function derOctets(bytes: Uint8Array): Buffer {
  return encodeDer(0x04, bytes);
}

/** TRUE. */
export function derTrue(): Buffer {
  return encodeDer(0x01, Buffer.of(0xff));
}

/** A UTF8String. */
export function derText(text: string): Buffer {
  return encodeDer(0x0c, Buffer.from(text, 'utf8'));
}

/** An OBJECT IDENTIFIER in dotted form, e.g. `2.5.4.3`. */
export function derObjectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  return encodeDer(0x06, Buffer.from([first * 40 + second, ...others].flatMap(encodeArc)));
}

/** A context-specific, constructed value: `[number] EXPLICIT`. */
export function derTagged(number: number, content: Uint8Array): Buffer {
  return encodeDer(0xa0 + number, content);
}

/** A moment of a certificate (RFC 5280 §4.1.2.5): UTCTime up to 2049, GeneralizedTime from 2050 on. Seconds are the smallest unit. */
export function derMoment(moment: Date): Buffer {
  const text = `${moment.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return moment.getUTCFullYear() < 2050
    ? encodeDer(0x17, Buffer.from(text.slice(2), 'ascii'))
    : encodeDer(0x18, Buffer.from(text, 'ascii'));
}

/** Seven bits a byte, the highest first; all but the last have their top bit set. */
function encodeArc(arc: number): readonly number[] {
  const bytes = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 + (rest % 128));
  return bytes;
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.of(0x80 + bytes.length, ...bytes);
}
