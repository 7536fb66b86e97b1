const pattern = /^[^\s@]+@[^\s@]+\.[^\s@]+$/u;

/** Whether a text, trimmed, is what servers take for an e-mail address. */
export const isEmailAddress = (text: string): boolean => pattern.test(text);
