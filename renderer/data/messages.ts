import { setupI18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { en } from '../strings/en.ts';
import type { MessageID } from '../strings/en.ts';

export type MessageValues = Readonly<Record<string, string | number | Date>>;

/** Looks up a sentence and fills it in; numbers, plurals and dates follow the person's locale. */
export type Translate = (id: MessageID, values?: MessageValues) => string;

/**
 * The catalogue of one language, compiled. English is the source and the fallback.
 * @param locales the person's languages, most wanted first; they decide number and date formats
 */
export function createTranslate(locales: readonly string[]): Translate {
  const compiled = Object.fromEntries(Object.entries(en).map(([id, text]) => [id, compileMessage(text)]));
  const i18n = setupI18n({ locale: 'en', locales: [...locales], messages: { en: compiled } });
  return (id, values) => i18n._(id, values === undefined ? undefined : { ...values });
}
