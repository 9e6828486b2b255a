import { attributes, html, type SafeHtml } from './html.ts';
import type { StaySignedInLink } from './models.ts';
import { localUrl } from './safe-url.ts';
import type { Say } from './say.ts';

/** The box by which a browser keeps the sign-in when it is closed; nothing where nothing is kept. */
export function staySignedInBox(isTicked: boolean | undefined, say: Say): SafeHtml | undefined {
  if (isTicked === undefined) return undefined;
  return html`<label class="box" for="remember-me"><input id="remember-me" name="remember_me" type="checkbox" value="yes"${attributes({ checked: isTicked })}><span>${say.text('staySignedIn.box')}</span></label>
`;
}

/**
 * The same choice on a page without a form: it says how it stands, and a link leads to the same page with the other choice, so
 * that it works without a script.
 */
export function staySignedInChoice(choice: StaySignedInLink | undefined, say: Say): SafeHtml | undefined {
  if (choice === undefined) return undefined;
  const [state, change] = choice.isOn
    ? (['staySignedIn.on', 'staySignedIn.turnOff'] as const)
    : (['staySignedIn.off', 'staySignedIn.turnOn'] as const);
  return html`<p class="stay-signed-in" id="stay-signed-in">${say.text(state)} <a id="stay-signed-in-change" href="${localUrl(choice.otherHref)}">${say.text(change)}</a></p>
`;
}
