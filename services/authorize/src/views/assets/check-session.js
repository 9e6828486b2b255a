// The session iframe (OpenID Connect Session Management 1.0 §3.2, §4.2): tells a client whether the session changed since it was answered.
(() => {
  const cookieName = document.documentElement.dataset.cookie;

  // FIPS 180-4 §4.2.2, §5.3.3: the first bits of the fractional parts of roots of the first primes.
  const primes = [];
  for (let n = 2; primes.length !== 64; n += 1) {
    if (primes.every((prime) => n % prime !== 0)) {
      primes.push(n);
    }
  }
  const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
  const constants = primes.map((prime) => fraction(Math.cbrt(prime)));
  const initial = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
  const rotate = (word, bits) => (word >>> bits) | (word << (32 - bits));

  // SHA-256 (FIPS 180-4 §6.2) by hand, because browsers have their own on secure origins only.
  const sha256 = (bytes) => {
    const blocks = Math.ceil((bytes.length + 9) / 64);
    const view = new DataView(new ArrayBuffer(blocks * 64));
    bytes.forEach((byte, index) => {
      view.setUint8(index, byte);
    });
    view.setUint8(bytes.length, 0x80);
    view.setUint32(blocks * 64 - 4, bytes.length * 8);
    const state = [...initial];
    const words = new Int32Array(64);
    for (let block = 0; block !== blocks; block += 1) {
      for (let t = 0; t !== 64; t += 1) {
        if (t >= 16) {
          const a = words[t - 15];
          const b = words[t - 2];
          const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
          const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
          words[t] = words[t - 16] + s0 + words[t - 7] + s1;
        } else {
          words[t] = view.getInt32(block * 64 + t * 4);
        }
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let t = 0; t !== 64; t += 1) {
        const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
        const choice = (e & f) ^ (~e & g);
        const first = (h + s1 + choice + constants[t] + words[t]) | 0;
        const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
        const majority = (a & b) ^ (a & c) ^ (b & c);
        const second = (s0 + majority) | 0;
        [a, b, c, d, e, f, g, h] = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g];
      }
      [a, b, c, d, e, f, g, h].forEach((word, index) => {
        state[index] = (state[index] + word) | 0;
      });
    }
    return state.flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
  };

  const base64url = (bytes) =>
    btoa(String.fromCharCode(...bytes))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '');

  const browserState = () => {
    for (const pair of document.cookie.split(';')) {
      const equals = pair.indexOf('=');
      if (pair.slice(0, equals).trim() === cookieName) {
        return pair.slice(equals + 1).trim();
      }
    }
    return '';
  };

  const statusOf = (message, origin) => {
    const parts = typeof message === 'string' ? /^([\s\S]{1,512}) ([\w-]{43})\.([\w-]{1,64})$/.exec(message) : null;
    if (parts === null) {
      return 'error';
    }
    const [, clientId, hash, salt] = parts;
    const text = [clientId, origin, browserState(), salt].join(' ');
    return base64url(sha256(new TextEncoder().encode(text))) === hash ? 'unchanged' : 'changed';
  };

  window.addEventListener('message', (event) => {
    // A frame of no origin cannot be told so that nobody else hears it.
    if (event.source === null || event.origin === 'null' || event.origin === '') {
      return;
    }
    event.source.postMessage(statusOf(event.data, event.origin), event.origin);
  });
})();
