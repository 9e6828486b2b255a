import { stringify } from 'yaml';
import type { TesseraConfig } from '../types.ts';
import { toFileForm } from './file-form.ts';
import { maskSecrets } from './mask-secrets.ts';

/** The effective configuration as YAML with the file's key names, defaults included, every secret masked as `*****`. */
export function effectiveYaml(config: TesseraConfig): string {
  return stringify(maskSecrets(toFileForm(config)), { lineWidth: 0, aliasDuplicateObjects: false });
}
