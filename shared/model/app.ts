import { z } from 'zod';
import { importProgress } from './library.ts';
import { shareProgress } from './share.ts';

/** What this shell can do. The interface hides what it lacks; calling it anyway answers notSupported. */
export const capabilities = z.strictObject({
  shell: z.enum(['desktop', 'headless', 'cli', 'test']),
  chooseFolder: z.boolean().describe('a native folder dialog'),
  browseFolders: z.boolean().describe('app.listFolders answers'),
  reveal: z.boolean(),
  systemTrash: z.boolean(),
  dragOut: z.boolean().describe('app.dragOut hands photos to other programs'),
  switchLibrary: z.boolean().describe('app.openLibrary opens another library'),
  openExternal: z.boolean(),
  notifications: z.boolean(),
  keychain: z.enum(['system', 'file', 'none']),
  hostServer: z.boolean().describe('"Share from this computer"'),
});
export type Capabilities = z.infer<typeof capabilities>;

/** What the shell's menu does to a text that is being written. */
export const textAction = z.enum(['undo', 'redo', 'copy', 'paste', 'selectAll']);
export type TextAction = z.infer<typeof textAction>;

export const appInfo = z.strictObject({
  version: z.string(),
  contractVersion: z.number().int(),
  platform: z.string(),
  capabilities,
});
export type AppInfo = z.infer<typeof appInfo>;

/** Settings of this computer; not synced. */
export const settings = z.strictObject({
  theme: z.enum(['system', 'light', 'dark']),
  density: z.number().int().min(80).max(480).describe('target row height of the timeline, px'),
  grouping: z.enum(['day', 'month', 'year']),
  scope: z.enum(['personal', 'shared', 'both']),
  sidebarWidth: z.number().int().min(160).max(400),
  sidebarVisible: z.boolean(),
  inspectorVisible: z.boolean(),
  reducedMotion: z.boolean(),
  onboarded: z.boolean(),
  originals: z.enum(['everywhere', 'onDemand']),
  cacheLimitGB: z.number().min(1).max(10_000),
  sharePreset: z.enum(['viewer', 'contributor', 'editor', 'manager']),
  shareDepartureRule: z.enum(['STAY', 'GO']),
});
export type Settings = z.infer<typeof settings>;

/** What a fresh library starts with; also fills keys that an older settings file lacks. */
export const defaultSettings: Settings = {
  theme: 'system',
  density: 200,
  grouping: 'day',
  scope: 'both',
  sidebarWidth: 220,
  sidebarVisible: true,
  inspectorVisible: false,
  reducedMotion: false,
  onboarded: false,
  originals: 'everywhere',
  cacheLimitGB: 50,
  sharePreset: 'contributor',
  shareDepartureRule: 'STAY',
};

/** What the core tells every window: that something changed, never the data itself. A lost event costs nothing. */
export const appEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('storeChanged'),
    store: z.enum(['private', 'shared']),
    token: z.number().int(),
    local: z.boolean(),
  }),
  z.strictObject({ type: z.literal('importProgress'), progress: importProgress }),
  z.strictObject({ type: z.literal('foldersChanged') }),
  z.strictObject({ type: z.literal('settingsChanged') }),
  z.strictObject({ type: z.literal('syncStatusChanged') }),
  z.strictObject({ type: z.literal('sharingChanged') }),
  z.strictObject({ type: z.literal('shareProgress'), progress: shareProgress }),
  z.strictObject({ type: z.literal('openLink'), link: z.string().describe('a share link that arrived from outside') }),
  z.strictObject({ type: z.literal('command'), command: z.string().describe('a menu command to run in the window') }),
]);
export type AppEvent = z.infer<typeof appEvent>;
