import { decodeHtml, type Page, type UserAgent } from '@tessera/testkit';
import { walkPages } from './sign-in.ts';

/** Goes to the address that a device shows, lets the local person agree, and returns the last page. */
export async function agreeForDevice(agent: UserAgent, verificationUri: string, userCode: string): Promise<Page> {
  const asking = await agent.get(verificationUri);
  const confirming = await agent.submit(asking.form('user_code'), { fields: { user_code: userCode } });
  const [, href] = /<a [^>]*id="continue"[^>]* href="([^"]+)"/.exec(confirming.body) ?? [];
  if (href === undefined)
    throw new Error(`no way on from ${confirming.url.pathname}: ${confirming.body.slice(0, 400)}`);
  return walkPages(agent, new URL(decodeHtml(href), confirming.url));
}
