import type { Parser } from './reading.ts';

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** An amount of memory or storage, in bytes. */
export const bytes: Parser<number> = (value, path) => {
  const [, digits = '', unit = ''] = /^(\d+)(k|M|G|Ki|Mi|Gi)?$/.exec(String(value)) ?? [];
  const factor = BYTES[unit];
  if (digits === '' || factor === undefined)
    throw new Error(`${path} is no amount of memory: ${JSON.stringify(value)}`);
  return Number(digits) * factor;
};

/** Processors, in thousandths. */
export const millicores: Parser<number> = (value, path) => {
  const [, digits = '', milli] = /^(\d+(?:\.\d+)?)(m)?$/.exec(String(value)) ?? [];
  if (digits === '') throw new Error(`${path} is no number of processors: ${JSON.stringify(value)}`);
  return milli === undefined ? Number(digits) * 1000 : Number(digits);
};

/** A number of pods of `total`, given as such or as percent. */
export function podsOf(value: number | string, total: number, round: (pods: number) => number): number {
  if (typeof value === 'number') return value;
  const [, percent] = /^(\d+)%$/.exec(value) ?? [];
  if (percent === undefined) throw new Error(`${value} is no number of pods`);
  return round((Number(percent) * total) / 100);
}
