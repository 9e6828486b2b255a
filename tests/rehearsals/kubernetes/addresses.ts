/** The network of the pods, as kind and kubeadm have it. */
export const POD_SUBNET = '10.244.0.0/16';
/** The network of the virtual addresses of Services. */
export const SERVICE_SUBNET = '10.96.0.0/16';
/** The machine, as pods see it: where probes come from, and where the API of Kubernetes is. */
export const NODE_ADDRESS = '172.18.0.2';
/** Somebody outside of the cluster. */
export const OUTSIDE_ADDRESS = '172.18.0.1';
/** Where the name server is, and its virtual address. */
export const NAME_SERVER = { address: '10.244.0.2', service: '10.96.0.10', port: 53 };
/** Where the API of Kubernetes is, and its virtual address. */
export const API = { address: NODE_ADDRESS, port: 6443, service: '10.96.0.1', servicePort: 443 };
/** The domain of the cluster. */
export const CLUSTER_DOMAIN = 'cluster.local';

/** The address that is so many further than the first of a network of 65,536. */
export function addressAt(subnet: string, index: number): string {
  const [first = '0', second = '0'] = subnet.split('.');
  if (index < 0 || index > 0xffff) throw new Error(`${subnet} has no address ${index}`);
  return `${first}.${second}.${index >> 8}.${index & 0xff}`;
}
