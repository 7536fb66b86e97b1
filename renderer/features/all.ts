import { appFeature } from './app/appFeature.tsx';
import { createEditorFeature } from './editor/editorFeature.tsx';
import { importFeature } from './import/importFeature.ts';
import { libraryFeature } from './library/libraryFeature.ts';
import { organiseFeature } from './organise/organiseFeature.ts';
import type { Feature } from './registry.ts';
import { createSharingFeature } from './sharing/sharingFeature.tsx';
import { syncFeature } from './sync/syncFeature.ts';

/** Every feature of the app. A new one is added here and nowhere else. */
export const features: readonly Feature[] = [
  libraryFeature,
  organiseFeature,
  importFeature,
  createEditorFeature(),
  createSharingFeature(),
  syncFeature,
  appFeature,
];
