/**
 * An ECDSA signature as JWS has it, `r ‖ s` of one length each (RFC 7518 §3.4), of the DER that OpenSSL makes
 * (RFC 3279 §2.2.3). OpenSSL can convert it too, which takes as long as a tenth of the signature itself.
 *
 * @param der by our own signer: it is not checked as what comes from outside has to be.
 * @param size bytes of `r` and of `s`.
 */
export function ecdsaSignatureFromDer(der: Uint8Array, size: number): Buffer {
  const raw = Buffer.allocUnsafe(size * 2);
  // A SEQUENCE, whose length has a second byte for P-521 alone.
  let at = (der[1] ?? 0) < 0x80 ? 2 : 3;
  for (const begin of [0, size]) {
    const end = at + 2 + (der[at + 1] ?? 0);
    // An INTEGER is as short as can be, but for a zero in front that makes it positive.
    for (let to = begin + size - 1, from = end - 1; to >= begin; to -= 1, from -= 1) {
      raw[to] = from < at + 2 ? 0 : (der[from] ?? 0);
    }
    at = end;
  }
  return raw;
}
