import { displayName } from './display-name.ts';
import { html, type SafeHtml } from './html.ts';
import type { ErrorModel, Problem, Turn } from './models.ts';
import { applicationName, nameHtml, type Page, renderPage, type Site } from './page.ts';
import { localUrl, safeUrl } from './safe-url.ts';
import type { Say } from './say.ts';

const USUAL_TURN: Readonly<Record<Problem, Turn>> = {
  'bad-request': 'application-owner',
  'bad-logout': 'application-owner',
  'unknown-application': 'application-owner',
  'untrusted-return': 'application-owner',
  'sign-in-failed': 'try-again',
  'not-allowed': 'administrator',
  'wrong-browser': 'try-again',
  'not-found': 'from-application',
  unavailable: 'try-again',
  internal: 'try-again',
};

/** Explains an error: what happened, whose turn it is, and the id that is also in the log. */
export function errorPage(site: Site, model: ErrorModel): Page {
  const say = site.say(model.locale);
  const turn = model.turn ?? USUAL_TURN[model.problem];
  const title = say.text(`error.${model.problem}.title`);
  return renderPage(site, model, {
    id: 'error',
    title,
    main: html`<h1 id="error-title">${title}</h1>
<p class="lead" id="error-text">${say.text(`error.${model.problem}.text`)}</p>
<section class="turn" aria-labelledby="turn-title"><h2 id="turn-title">${say.text('error.turn')}</h2><p id="error-turn">${say.text(`error.turn.${turn}`)}</p></section>
${waysOn(model, turn, say)}
<dl class="facts">
<div><dt>${say.text('error.reference')}</dt><dd><code id="error-reference">${displayName(model.reference)}</code> <span>${say.text('error.referenceHint')}</span></dd></div>
${detail(model.detail, say)}</dl>`,
  });
}

function detail(text: string | undefined, say: Say): SafeHtml | undefined {
  return text === undefined
    ? undefined
    : html`<div><dt>${say.text('error.detail')}</dt><dd id="error-detail" lang="en">${displayName(text)}</dd></div>
`;
}

function waysOn(model: ErrorModel, turn: Turn, say: Say): SafeHtml | undefined {
  const back = safeUrl(model.returnHref);
  const name = nameHtml(applicationName(model.application, say));
  const again =
    model.startAgainHref !== undefined &&
    html`<a class="${turn === 'try-again' ? 'primary' : 'secondary'}" id="start-again" href="${localUrl(model.startAgainHref)}">${say.text('error.startAgain')}</a>
`;
  const home =
    back !== undefined &&
    html`<a class="secondary" id="return" href="${back}"><span>${say.html('error.return', { application: name })}</span></a>
`;
  return again === false && home === false ? undefined : html`<div class="choices">${again}${home}</div>`;
}
