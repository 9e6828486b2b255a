import { applicationLinks } from './application-links.ts';
import { displayName } from './display-name.ts';
import { attributes, html, type SafeHtml } from './html.ts';
import { BACK } from './marks.ts';
import type { LoginFailure, LoginModel } from './models.ts';
import { cancelForm, nextStep } from './next-step.ts';
import { applicationName, nameHtml, type Page, renderPage, type Site } from './page.ts';
import { localUrl } from './safe-url.ts';
import type { Say } from './say.ts';
import { staySignedInBox } from './stay-signed-in.ts';
import { type UsernamePrompt, usernamePrompt } from './username-prompt.ts';
import { waitText } from './wait-text.ts';

/** Asks for a name and a password. The password is never part of the model, so it cannot be shown again. */
export function loginPage(site: Site, model: LoginModel): Page {
  const say = site.say(model.locale);
  const prompt = usernamePrompt(model.usernamePrompt, say);
  const title =
    model.application === undefined
      ? say.text('login.title')
      : say.text('login.titleFor', { application: applicationName(model.application, say) });
  const method = displayName(model.methodName ?? '');
  return renderPage(site, model, {
    id: 'login',
    title: model.failure === undefined ? title : say.text('login.failedTitle', { title }),
    main: html`<h1 id="title">${say.text('login.title')}</h1>
${method !== '' && html`<p class="lead" id="login-method">${say.html('login.with', { method: nameHtml(method) })}</p>`}
${model.failure !== undefined && failureSummary(model.failure, prompt, say)}
${loginForm(model, prompt, say)}
${backLink(model.backHref, say)}${cancelForm(model.cancelAction, model.application, say)}${nextStep(model.application, say)}${applicationLinks(model.application, say)}`,
    redirectUri: model.application?.redirectUri,
  });
}

function loginForm(model: LoginModel, prompt: UsernamePrompt, say: Say): SafeHtml {
  const hasFailed = model.failure !== undefined;
  const isWrong = model.failure?.reason === 'wrong-credentials';
  const login = model.login ?? '';
  // After a failure the summary has the focus; on a first visit the first field that is still empty.
  const field = (isFirst: boolean) =>
    attributes({
      'aria-invalid': isWrong ? 'true' : undefined,
      'aria-describedby': hasFailed ? 'login-error' : undefined,
      autofocus: !hasFailed && isFirst,
    });
  return html`<form id="login-form" class="fields" method="post" action="${localUrl(model.action)}" data-once>
<div class="field">
<label for="login">${prompt.label}</label>
<input id="login" name="login" type="text"${attributes({ inputmode: prompt.isEmail ? 'email' : undefined, value: login })} autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" required${field(login === '')}>
</div>
<div class="field">
<label for="password">${say.text('login.password')}</label>
<div class="with-button">
<input id="password" name="password" type="password" autocomplete="current-password" autocapitalize="none" autocorrect="off" spellcheck="false" required${field(login !== '')}>
<button id="show-password" type="button" hidden aria-controls="password" aria-label="${say.text('login.showPassword')}" data-show="${say.text('login.show')}" data-hide="${say.text('login.hide')}" data-show-label="${say.text('login.showPassword')}" data-hide-label="${say.text('login.hidePassword')}">${say.text('login.show')}</button>
</div>
<p class="hint" id="caps-lock" role="status" data-text="${say.text('login.capsLock')}"></p>
</div>
${staySignedInBox(model.staySignedIn, say)}<button class="primary" id="submit-login" type="submit">${say.text('login.submit')}</button>
</form>`;
}

function failureSummary(failure: LoginFailure, prompt: UsernamePrompt, say: Say): SafeHtml {
  return html`<div class="alert" id="login-error" role="alert" tabindex="-1" autofocus>
<p class="alert-title">${failureTitle(failure, say)}</p>
<p>${failureText(failure, prompt, say)}</p>
</div>`;
}

function failureTitle(failure: LoginFailure, say: Say): string {
  switch (failure.reason) {
    case 'wrong-credentials':
      return say.text('login.wrong.title');
    case 'throttled':
      return say.text('login.throttled.title');
    case 'account-problem':
      return say.text('login.accountProblem.title');
    case 'unavailable':
      return say.text('login.unavailable.title');
  }
}

function failureText(failure: LoginFailure, prompt: UsernamePrompt, say: Say): string {
  switch (failure.reason) {
    case 'wrong-credentials':
      return say.text('login.wrong.text', { field: prompt.label });
    case 'throttled':
      return failure.retryAfterSeconds === undefined
        ? say.text('login.throttled.soon')
        : say.text('login.throttled.text', { wait: waitText(failure.retryAfterSeconds, say) });
    case 'account-problem':
      return say.text('login.accountProblem.text');
    case 'unavailable':
      return say.text('login.unavailable.text');
  }
}

function backLink(backHref: string | undefined, say: Say): SafeHtml | undefined {
  if (backHref === undefined) {
    return undefined;
  }
  return html`<a class="quiet" id="back" href="${localUrl(backHref)}">${BACK}<span>${say.text('login.back')}</span></a>
`;
}
