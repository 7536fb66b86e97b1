/** Whether the keyboard in front of the person has a Command key. */
export function isMac(): boolean {
  return /Mac|iPhone|iPad/u.test(navigator.userAgent);
}
