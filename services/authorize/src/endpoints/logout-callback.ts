import { type HttpHandler, type HttpRequest, type HttpResponse, seeOther } from '@tessera/http';
import { forgetBrowser, isSameBrowser } from '../flow/browser.ts';
import { type Continuation, consumeContinuation } from '../logout/continuation.ts';
import { isStillRegistered, postLogoutLocation } from '../logout/post-logout-target.ts';
import { pageResponse } from '../site.ts';
import { answerFailures, errorPage } from './answers.ts';
import type { EndpointContext } from './context.ts';
import { logoutHref } from './logout-places.ts';

/**
 * Where an upstream sends the browser after signing out there (OIDC RP-Initiated Logout §3): on to the application that asked,
 * or to a page that says so. Once, and in the browser that signed out.
 */
export function logoutCallbackEndpoint(context: EndpointContext): HttpHandler {
  return (request) =>
    answerFailures(context, request, { href: logoutHref(context) }, async () => {
      const continuation = await consumeContinuation(context, request.query().get('state'));
      const startAgainHref = logoutHref(context);
      if (continuation === undefined) {
        const detail = 'The sign-out was finished before, or took too long.';
        return errorPage(context, request, 400, { problem: 'bad-logout', turn: 'try-again', detail, startAgainHref });
      }
      if (!isSameBrowser(request, context.site.cookies, continuation)) {
        context.logger.warn({ client_id: continuation.target?.clientId }, 'sign-out continued in another browser');
        return errorPage(context, request, 403, { problem: 'wrong-browser', startAgainHref });
      }
      return goOn(context, request, continuation);
    });
}

function goOn(context: EndpointContext, request: HttpRequest, { target, locale }: Continuation): HttpResponse {
  const cookies = [forgetBrowser(context.site.cookies)];
  if (target !== undefined && isStillRegistered(target, context)) {
    return seeOther(postLogoutLocation(target), { 'set-cookie': cookies });
  }
  // Reloading it would find nothing any more, so it has no language switch.
  const model = { ...context.site.pageModel(request, { locale }), languageLinks: undefined };
  return pageResponse(200, context.views.signedOut(model), context.site, request, cookies);
}
