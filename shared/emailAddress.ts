/** Enough to refuse what could never be an e-mail address; delivery is the real check. @param text trimmed */
export function isEmailAddress(text: string): boolean {
  return text.length <= 320 && /^[^\s@\u0000-\u001f]+@[^\s@\u0000-\u001f]+\.[^\s@\u0000-\u001f]+$/.test(text);
}
