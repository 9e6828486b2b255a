import { html, type SafeHtml } from './html.ts';

const SET_TILES =
  'M1.6 2.2l8.6-.7.3 8.6-8.6.5zM11.9 1.7l8.5.2-.3 8.5-8-.2zM21.9 1.5l8.5.6-.2 8.4-8.6-.3zM12 11.9l8.3.2.2 8.1-8.8.2zM11.8 22.1l8.6-.3-.2 8.7-8.2-.3z';
const UNSET_TILES =
  'M1.7 12.2l8.7-.4-.2 8.5-8.7-.2zM21.8 12l8.3.2.4 8.2-8.5-.3zM1.9 21.8l8.2.2.3 8.4-8.8-.3zM22 21.7l8.4.3-.3 8.3-8.4.2z';

/** The product's own mark: nine tiles cut by hand, of which five are set and make a T. */
export const TESSERA_MARK: SafeHtml = html`<svg class="tessera" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false"><path d="${SET_TILES}"/><path class="unset" d="${UNSET_TILES}"/></svg>`;

/** The same mark as a file of its own, for the browser's tab; readable on light and dark. */
export const TESSERA_ICON_SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><style>path{fill:#0e5f5a}@media (prefers-color-scheme:dark){path{fill:#6fcabd}}</style><path d="${SET_TILES}"/><path opacity=".3" d="${UNSET_TILES}"/></svg>`;

const ENVELOPE = html`<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><rect x="3" y="5" width="18" height="14" rx="2"/><path d="M3.5 7l8.5 6 8.5-6"/></svg>`;
const DIRECTORY = html`<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><rect x="9" y="3" width="6" height="5" rx="1"/><rect x="3" y="16" width="6" height="5" rx="1"/><rect x="15" y="16" width="6" height="5" rx="1"/><path d="M12 8v4M6 16v-4h12v4"/></svg>`;
const FEDERATED = html`<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 3 3.6 6 3.6 9S15 18 12 21c-3-3-3.6-6-3.6-9S9 6 12 3z"/></svg>`;
const TRIAL = html`<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M9 3h6M10 3v6l-5.5 9.500A1.7 1.7 0 0 0 6 21h12a1.7 1.7 0 0 0 1.5-2.500L14 9V3M7.5 15h9"/></svg>`;
const KEY = html`<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><circle cx="8" cy="12" r="4.5"/><path d="M12.5 12H21v4M17 12v3"/></svg>`;

/** The mark of a way to sign in, by its connector type; a key for types without one of their own. */
export function methodMark(type: string): SafeHtml {
  switch (type) {
    case 'local':
      return ENVELOPE;
    case 'ldap':
      return DIRECTORY;
    case 'oidc':
    case 'oauth':
    case 'saml':
      return FEDERATED;
    case 'mockCallback':
    case 'mockPassword':
      return TRIAL;
    default:
      return KEY;
  }
}

/** Points on from a button that leads to another page. */
export const FORWARD: SafeHtml = html`<svg class="forward" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M9 5l7 7-7 7"/></svg>`;

/** Points back. */
export const BACK: SafeHtml = html`<svg class="backward" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M15 5l-7 7 7 7"/></svg>`;
