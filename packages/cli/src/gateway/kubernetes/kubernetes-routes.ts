/** What routes in Kubernetes are made of. */
export interface KubernetesRoutes {
  /** The issuer's path, `''` or like `/dex`. */
  readonly basePath: string;
  /** The issuer's host, without a port. */
  readonly hostname: string;
  /** Name of the Gateway that takes the HTTPRoute, or the class of the Ingress. */
  readonly gateway: string;
}
