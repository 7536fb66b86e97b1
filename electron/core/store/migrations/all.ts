import type { Migration } from '../migrator.ts';
import { library } from './0001-library.ts';
import { sync } from './0002-sync.ts';
import { sharing } from './0003-sharing.ts';
import { organise } from './0004-organise.ts';
import { ingest } from './0005-ingest.ts';
import { shareFeed } from './0006-share-feed.ts';
import { lateOwners } from './0007-late-owners.ts';
import { placeZone } from './0008-place-zone.ts';
import { grace } from './0009-grace.ts';
import { mapCells } from './0010-map-cells.ts';
import { assetOwners } from './0011-asset-owners.ts';
import { declined } from './0012-declined.ts';
import { attemptedAt } from './0013-attempted-at.ts';
import { keptApart } from './0014-kept-apart.ts';
import { setByHand } from './0015-set-by-hand.ts';

/** Every migration in order. Append only. */
export const migrations: readonly Migration[] = [
  library,
  sync,
  sharing,
  organise,
  ingest,
  shareFeed,
  lateOwners,
  placeZone,
  grace,
  mapCells,
  assetOwners,
  declined,
  attemptedAt,
  keptApart,
  setByHand,
];
