/** Puts a text on the clipboard. @returns false where that is not allowed: whoever wanted it is shown it instead */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
