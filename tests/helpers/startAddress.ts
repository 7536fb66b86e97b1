/**
 * A fresh start address of the shell that has this library open. Each works once, so every page needs its own.
 * @param library absolute path of the library's folder
 */
export async function freshStartURL(library: string): Promise<string> {
  const { default: endpoint } = (await import(`${library}/endpoint.json?${Math.random()}`, {
    with: { type: 'json' },
  })) as { default: { port: number; token: string } };
  const origin = `http://127.0.0.1:${endpoint.port}`;
  const answer = await fetch(`${origin}/start-url`, {
    method: 'POST',
    headers: { authorization: `Bearer ${endpoint.token}`, origin },
  });
  return answer.text();
}
