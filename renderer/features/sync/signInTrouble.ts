import type { Translate } from '../../data/messages.ts';
import { isEmailAddress } from '../../../shared/emailAddress.ts';

/** What is wrong with what was typed, in words and before any server is asked; null while nothing is. */
export function signInTrouble(
  t: Translate,
  { server, email }: { readonly server: string; readonly email: string },
): string | null {
  if (!isServerAddress(server.trim())) return t('account.badServer', { server: server.trim() });
  if (!isEmailAddress(email.trim())) return t('sharing.sheet.badEmail', { email: email.trim() });
  return null;
}

/** An address with or without its scheme. Whether it may be reached as it stands, the core knows. */
function isServerAddress(text: string): boolean {
  if (/[\s@]/u.test(text)) return false;
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
}
