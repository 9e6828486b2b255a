/** Bytes as the text that stands for them in JSON. */
export function bytesToText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** The bytes of that text. */
export function bytesFromText(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
