export { invalid, MAX_FORM_BYTES } from './body.ts';
export { type CookieOptions, setCookie } from './cookies.ts';
export type { CorsPolicy } from './cors.ts';
export { type HttpHandler, type HttpRequest, type HttpResponse, jsonResponse, seeOther } from './message.ts';
export type { AnswerObserver, ErrorPage, HttpServerOptions, HttpTls, TraceparentOf } from './options.ts';
export { createRemoteAddress, type RemoteAddress, type TrustedProxies } from './remote-address.ts';
export { type RouteName, type RouteNameOf, type RouteSpec, routeTable } from './route-table.ts';
export { createRouter, hasSegments, type RouteMatch, type Router, routePaths } from './router.ts';
export { type HttpServer, startHttpServer } from './server.ts';
