import * as z from 'zod';
import type { FrontendConfig } from '../types.ts';
import { httpUrlFault } from './addresses.ts';
import { cssColourFault } from './css-colour.ts';
import { checkedText, optionalText, text } from './fields.ts';

const themes = { light: 'light', dark: 'dark', auto: 'auto', coreos: 'light', tectonic: 'light' } as const;

/** `frontend`: how the pages look. */
export const frontendSchema = z
  .strictObject({
    dir: optionalText(
      'Folder whose files replace ours one by one; the environment variable DEX_FRONTEND_DIR when left out.',
    ),
    logoURL: checkedText('Logo: an http or https URL, or a path that begins with a slash.', imageFault).exactOptional(),
    issuer: text('Display name of this installation.').default('Tessera'),
    theme: z
      .enum(['light', 'dark', 'auto', 'coreos', 'tectonic'])
      .default('auto')
      .describe('Colours; `auto` follows the person’s system. `coreos` and `tectonic` are older names of `light`.'),
    extra: z.record(z.string(), z.string()).default({}).describe('Texts for own templates, by name.'),
    accentColor: checkedText('CSS colour of buttons and links.', cssColourFault).exactOptional(),
    backgroundColor: checkedText('CSS colour behind the pages.', cssColourFault).exactOptional(),
  })
  .prefault({})
  .describe('How the pages look.');

/** A rule for addresses of pictures: no other scheme, nothing that could end an HTML attribute or a CSS url(). */
export function imageFault(value: string): string | undefined {
  if (value === '') return undefined;
  const isRooted = /^\/(?![/\\])[^\s"'()<>\\]*$/.test(value);
  const isAbsolute = httpUrlFault(value) === undefined && /^[^\s"'()<>\\]*$/.test(value);
  return isRooted || isAbsolute ? undefined : 'must be an http or https URL, or a path that begins with a slash';
}

/** The effective block. */
export function toFrontendConfig(
  frontend: z.output<typeof frontendSchema>,
  defaultDir: string | undefined,
): FrontendConfig {
  const { dir = defaultDir, logoURL, theme, ...rest } = frontend;
  return { ...rest, theme: themes[theme], ...(dir ? { dir } : {}), ...(logoURL ? { logoUrl: logoURL } : {}) };
}
