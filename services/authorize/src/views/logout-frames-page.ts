import { createHash } from 'node:crypto';
import { html } from './html.ts';
import { logoutFrames } from './logout-frames.ts';
import type { LogoutFramesModel } from './models.ts';
import { nameHtml, type Page, renderPage, type Site } from './page.ts';
import { safeUrl, urlText } from './safe-url.ts';

/** Goes on when the page is loaded with all of its frames, and after five seconds in any case. */
const SCRIPT =
  "const go=()=>location.replace(document.getElementById('continue').href);addEventListener('load',go);setTimeout(go,5000)";
const SCRIPT_SOURCE = `'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`;

/** When browsers go on that run no scripts, in seconds. */
const REFRESH_SECONDS = 7;

/**
 * Tells applications of a logout in frames, and goes on without a click once they are loaded (OIDC Front-Channel Logout §3).
 * Without script the browser goes on after some seconds, and there is a link. Throws `TypeError` for an address to go on to
 * that is neither on this server nor on the web.
 */
export function logoutFramesPage(site: Site, model: LogoutFramesModel): Page {
  const say = site.say(model.locale);
  const next = safeUrl(model.continueHref);
  if (next === undefined) throw new TypeError('a page can only go on to this server or to the web');
  const page = renderPage(site, model, {
    id: 'logout-frames',
    title: say.text('logoutFrames.title'),
    main: html`<h1 id="title">${say.text('logoutFrames.title')}</h1>
<p class="lead" id="logout-frames-text">${say.html('logoutFrames.text', { issuer: nameHtml(site.issuerName) })}</p>
<div class="choices"><a class="primary" id="continue" href="${next}">${say.text('logoutFrames.continue')}</a></div>
${logoutFrames(model.frames)}<script>const go=()=>location.replace(document.getElementById('continue').href);addEventListener('load',go);setTimeout(go,5000)</script>`,
    inlineScript: SCRIPT_SOURCE,
    frames: model.frames,
  });
  return { ...page, headers: { ...page.headers, refresh: `${REFRESH_SECONDS};url=${urlText(next)}` } };
}
