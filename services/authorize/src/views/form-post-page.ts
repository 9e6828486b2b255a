import { createHash } from 'node:crypto';
import { html } from './html.ts';
import type { FormPostModel } from './models.ts';
import { applicationName, nameHtml, type Page, renderPage, type Site } from './page.ts';
import { safeUrl } from './safe-url.ts';

/** Posts the form at once. It stands in the page itself, so that no script of a theme can be in its place. */
const SCRIPT = "document.getElementById('form-post').submit()";
const SCRIPT_SOURCE = `'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`;

/**
 * Posts an answer to the application (OAuth 2.0 Form Post Response Mode §2): by itself, or by its button where scripts are off.
 * The policy admits this one script, and forms to nowhere but the application (N13). Throws `TypeError` for a redirect URI that
 * is not on the web.
 */
export function formPostPage(site: Site, model: FormPostModel): Page {
  const say = site.say(model.locale);
  const name = nameHtml(applicationName(model.application, say));
  const action = safeUrl(model.redirectUri);
  if (action === undefined) throw new TypeError('a form can only be posted to the web');
  const fields = model.fields.map(([field, value]) => html`<input type="hidden" name="${field}" value="${value}">\n`);
  return renderPage(site, model, {
    id: 'form-post',
    title: say.text('formPost.title'),
    main: html`<h1 id="title">${say.text('formPost.title')}</h1>
<p class="lead" id="form-post-text">${say.html('formPost.text', { application: name })}</p>
<form id="form-post" class="choices" method="post" action="${action}">
${fields}<button class="primary" id="continue" type="submit"><span>${say.html('formPost.continue', { application: name })}</span></button>
</form>
<script>document.getElementById('form-post').submit()</script>`,
    redirectUri: model.redirectUri,
    inlineScript: SCRIPT_SOURCE,
  });
}
