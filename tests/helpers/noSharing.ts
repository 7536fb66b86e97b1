import type { SharingHooks } from '../../electron/core/sync/importer.ts';

/** The sharing part of a mirror whose test or bench shares nothing. */
export const noSharing: SharingHooks = {
  apply: () => undefined,
  adoptPair: () => undefined,
  firstTag: () => undefined,
  zoneEnding: () => undefined,
  zoneRemoved: () => undefined,
};
