import type { PhotoView } from '../../../shared/model/photo.ts';
import type { PlaceNames } from '../media/placeNames.ts';
import type { PhotoList } from '../store/queries/listSource.ts';
import type { Store } from '../store/store.ts';
import { createTimeline, type Timeline } from '../store/queries/timeline.ts';
import { createAlbumItems, type AlbumItems } from './albumItems.ts';
import { createAlbums, type Albums } from './albums.ts';
import { createComments, type Comments } from './comments.ts';
import { createDuplicates, type Duplicates } from './duplicates.ts';
import { createLists, type Lists } from './lists.ts';
import { nearbyPlace } from './nearbyPlace.ts';
import { createPersonal, type Personal } from './personal.ts';
import type { Schedule } from './quietRunner.ts';
import { createPhotoFacts, type PhotoFacts } from './photoFacts.ts';
import { createSavedSearches, type SavedSearches } from './savedSearches.ts';
import { createSearchIndex, type SearchIndex } from './search/searchIndex.ts';
import { createSmartCounts, type SmartCounts } from './smartCounts.ts';
import { createSteps, nextTurn, type Steps } from './steps.ts';
import { createTags, type Tags } from './tags.ts';
import { createTrash, type Trash } from './trash.ts';
import { createUndo, type Undo } from './undo.ts';
import { createUpkeep, type Upkeep } from './upkeep.ts';

export interface OrganisingDependencies {
  readonly store: Store;
  /** Wall clock in ms since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly reportError: (error: unknown) => void;
  /** Moves a file to the system's trash. @throws AppError notSupported where the shell has none. */
  readonly moveToSystemTrash: (path: string) => Promise<void>;
  /** The names of a position in degrees, looked up offline. Where that fails, those of the nearest photo have to do. */
  readonly placeNames?: (latitude: number, longitude: number) => Promise<PlaceNames>;
  /** Local time is the wall clock less this many minutes; that of the computer by default. */
  readonly zoneOffset?: (at: number) => number;
  readonly pause?: () => Promise<void>;
  readonly schedule?: Schedule;
}

/** Everything a person does to organise photos, over one store. */
export interface Organising {
  readonly store: Store;
  readonly steps: Steps;
  readonly lists: Lists;
  readonly timeline: Timeline;
  readonly albums: Albums;
  readonly albumItems: AlbumItems;
  readonly tags: Tags;
  readonly facts: PhotoFacts;
  readonly personal: Personal;
  readonly comments: Comments;
  readonly trash: Trash;
  readonly duplicates: Duplicates;
  readonly savedSearches: SavedSearches;
  readonly searchIndex: SearchIndex;
  readonly smartCounts: SmartCounts;
  readonly undo: Undo;
  readonly upkeep: Upkeep;
  /** The list behind a view; for a search, of an index that knows the latest steps. @throws AppError notFound */
  listOf(view: PhotoView): PhotoList;
  /** Stops what runs in the background, then resolves. */
  dispose(): Promise<void>;
}

/** Builds the organising core; it follows the store's changes until it is disposed. */
export function createOrganising(deps: OrganisingDependencies): Organising {
  const { store, now, newId, reportError, moveToSystemTrash } = deps;
  const { connection } = store;
  const zoneOffset = deps.zoneOffset ?? ((at: number) => new Date(at).getTimezoneOffset());
  const localNow = (): number => now() - zoneOffset(now()) * 60_000;
  const paused = deps.pause === undefined ? {} : { pause: deps.pause };
  const turn = deps.pause ?? nextTurn;

  const placeNames = async (latitude: number, longitude: number): Promise<PlaceNames | null> => {
    try {
      const found = await deps.placeNames?.(latitude, longitude);
      if (found !== undefined) return found;
    } catch (error) {
      reportError(error);
    }
    return nearbyPlace(connection, latitude, longitude);
  };

  const steps = createSteps({ store, newId, ...paused });
  const background = {
    pause: async () => {
      await turn();
      await steps.quiet();
    },
    ...(deps.schedule === undefined ? {} : { schedule: deps.schedule }),
  };
  const lists = createLists(store, localNow);
  const timeline = createTimeline(connection);
  const searchIndex = createSearchIndex({ store, reportError, ...background });
  const smartCounts = createSmartCounts({ store, lists, timeline, index: searchIndex, reportError, ...background });
  const trash = createTrash({ store, steps, now, moveToSystemTrash, reportError });
  const { schedule } = deps;
  const upkeep = createUpkeep({ store, trash, now, reportError, ...(schedule === undefined ? {} : { schedule }) });
  return {
    store,
    steps,
    lists,
    timeline,
    searchIndex,
    smartCounts,
    albums: createAlbums({ store, steps, lists, timeline, now, newId }),
    albumItems: createAlbumItems({ store, steps, now }),
    tags: createTags({ store, steps, now, newId }),
    facts: createPhotoFacts({ store, steps, now, placeNames }),
    personal: createPersonal({ store, steps, now }),
    comments: createComments({ store, steps, now, newId }),
    trash,
    duplicates: createDuplicates({ store, steps, now, newId }),
    savedSearches: createSavedSearches({ store, steps, now, newId }),
    undo: createUndo({ store, steps, now, newId }),
    upkeep,
    listOf: (view) => {
      const list = lists.listOf(view);
      if (list.filter.match !== null) searchIndex.settle();
      return list;
    },
    dispose: async () => {
      upkeep.dispose();
      await smartCounts.dispose();
      await searchIndex.dispose();
      await steps.dispose();
    },
  };
}
