import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultSettings, settings as settingsSchema, type Settings } from '../../shared/model/app.ts';

/** The settings of this computer, in `settings.json` of the library folder. */
export interface SettingsFile {
  get(): Settings;
  /** Changes some keys and writes the file whole, by a temporary name, so that a crash leaves the old or the new. */
  update(change: Partial<Settings>): Settings;
}

/**
 * Reads the settings once. A key that is missing or no longer valid takes its default and a key nobody knows is
 * dropped: a damaged settings file must not keep anybody from their photos.
 */
export function openSettings(directory: string): SettingsFile {
  const path = join(directory, 'settings.json');
  let current = read(path);
  return {
    get: () => current,
    update: (change) => {
      const next = settingsSchema.parse({ ...current, ...change });
      writeFileSync(`${path}.new`, `${JSON.stringify(next, null, 2)}\n`);
      renameSync(`${path}.new`, path);
      current = next;
      return next;
    },
  };
}

function read(path: string): Settings {
  let stored: unknown;
  try {
    stored = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return defaultSettings;
  }
  if (typeof stored !== 'object' || stored === null) return defaultSettings;
  const valid = Object.entries(settingsSchema.shape).flatMap(([key, schema]) => {
    const value = schema.safeParse(Object.hasOwn(stored, key) ? stored[key as keyof typeof stored] : undefined);
    return value.success ? [[key, value.data] as const] : [];
  });
  return settingsSchema.parse({ ...defaultSettings, ...Object.fromEntries(valid) });
}
