import { QueryClient } from '@tanstack/react-query';
import { createTanstackQueryUtils } from '@orpc/tanstack-query';
import type { RouterUtils } from '@orpc/tanstack-query';
import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import { errorMessage } from '../../shared/errors.ts';
import type { PhotoID } from '../../shared/ids.ts';
import type { Album } from '../../shared/model/album.ts';
import type { AppInfo, Settings } from '../../shared/model/app.ts';
import type { PhotoView } from '../../shared/model/photo.ts';
import type { Bridge, CoreClient } from '../bridge/bridge.ts';
import type { Registry } from '../features/registry.ts';
import { followEvents } from './events.ts';
import { createFormats } from './formats.ts';
import type { Formats } from './formats.ts';
import { createLeaving } from './leaving.ts';
import type { Leaving } from './leaving.ts';
import type { Translate } from './messages.ts';
import { createNavigation, viewOf } from './navigation.ts';
import type { Navigation, NavigationStore } from './navigation.ts';
import { createPosters } from './posters.ts';
import type { Posters } from './posters.ts';
import { createSelection } from './selection.ts';
import type { SelectionStore } from './selection.ts';
import { createTimeline } from './timeline.ts';
import type { Timeline } from './timeline.ts';
import { createTiles } from './tiles.ts';
import type { Tiles } from './tiles.ts';
import { createToasts, showToast } from './toasts.ts';
import type { ToastStore } from './toasts.ts';
import { base64Of } from './videoFrames.ts';
import type { VideoFrames } from './videoFrames.ts';

/** A dialog or panel of the organising features that is open, with what it is about. */
export type Dialog =
  | { readonly kind: 'none' }
  | { readonly kind: 'palette' }
  | { readonly kind: 'shortcuts' }
  | { readonly kind: 'addFolder'; readonly purpose: 'watch' | 'import' }
  | { readonly kind: 'addToAlbum'; readonly photoIDs: readonly PhotoID[] }
  | { readonly kind: 'tags'; readonly photoIDs: readonly PhotoID[] }
  | { readonly kind: 'date'; readonly photoIDs: readonly PhotoID[] }
  | { readonly kind: 'place'; readonly photoIDs: readonly PhotoID[] }
  | { readonly kind: 'rules'; readonly album: Album | null }
  | {
      readonly kind: 'name';
      readonly title: string;
      readonly value: string;
      readonly confirm: string;
      readonly done: (name: string) => Promise<void>;
    }
  | {
      readonly kind: 'confirm';
      readonly title: string;
      readonly text: string;
      readonly confirm: string;
      readonly danger: boolean;
      readonly done: (ticked: boolean) => Promise<void>;
      readonly option?: string;
    };

/** Dropped files on their way to the shell as bytes. */
export type Upload = {
  readonly batch: string;
  readonly done: number;
  readonly total: number;
  readonly stop: () => void;
};

/** Panels and modes of the window that are not settings. */
export type WindowState = {
  readonly dialog: Dialog;
  readonly history: boolean;
  /** The sidebar lies over the list, in a window too narrow to hold both. */
  readonly sidebarOver: boolean;
  readonly slideshow: boolean;
  /** Photos copied with Ctrl/Cmd+C, for pasting into an album. */
  readonly copied: readonly PhotoID[];
  /** Asks the photo grid to show a photo or a day; counted so that the same wish can be made twice. */
  readonly reveal: { readonly id: PhotoID; readonly count: number } | null;
  /** Comments begun and not sent yet: they outlast going on to another photo. */
  readonly commentDrafts: ReadonlyMap<PhotoID, string>;
  /** The photo whose comment field gets the keyboard as soon as it is there. */
  readonly commentsWanted: PhotoID | null;
  readonly uploads: readonly Upload[];
  /** What other features contribute to the enablement of commands. */
  readonly editsCopied: boolean;
  readonly signedIn: boolean;
  readonly shareExists: boolean;
};

/** Everything a screen needs, made once per window and passed down by context. */
export type Core = {
  readonly bridge: Bridge;
  readonly client: CoreClient;
  readonly queries: RouterUtils<CoreClient>;
  readonly queryClient: QueryClient;
  readonly info: AppInfo;
  readonly registry: Registry;
  readonly t: Translate;
  readonly locales: readonly string[];
  readonly formats: Formats;
  readonly navigation: NavigationStore;
  /** Asks whoever holds unsaved work before the window goes elsewhere. */
  readonly leaving: Leaving;
  readonly selection: SelectionStore;
  readonly toasts: ToastStore;
  readonly window: StoreApi<WindowState>;
  readonly tiles: Tiles;
  /** Makes the pictures that videos lack. */
  readonly posters: Posters;
  /** The skeleton of a view; the same object for the same view while it is among the last few used. */
  readonly timeline: (view: PhotoView) => Timeline;
  /** The list the viewer leafs through: the current place's, or the whole library behind a screen without one. */
  readonly viewerTimeline: () => Timeline;
  readonly settings: StoreApi<Settings>;
  readonly changeSettings: (change: Partial<Settings>) => void;
  /** Says in words what went wrong. */
  readonly report: (error: unknown) => void;
  readonly dispose: () => void;
};

export type CoreDeps = {
  readonly bridge: Bridge;
  readonly info: AppInfo;
  readonly settings: Settings;
  readonly registry: Registry;
  readonly t: Translate;
  readonly locales: readonly string[];
  readonly start: Pick<Navigation, 'place' | 'query' | 'photo'>;
  readonly now: () => number;
  /** Opens a video by its address for taking pictures of it. */
  readonly openVideo: (url: string) => Promise<VideoFrames>;
  readonly setTimer: (run: () => void, milliseconds: number) => number;
  readonly clearTimer: (timer: number) => void;
};

/** Timelines kept for going back without waiting. */
const timelinesKept = 4;

/** Builds the state of one window on a bridge. `dispose` lets go of everything, in reverse order. */
export function createCore(deps: CoreDeps): Core {
  const { bridge, setTimer, clearTimer } = deps;
  const { client } = bridge;
  const queryClient = new QueryClient({
    defaultOptions: {
      queries: { retry: false, refetchOnWindowFocus: false, staleTime: 30_000, networkMode: 'always' },
      mutations: { networkMode: 'always' },
    },
  });
  const toasts = createToasts();
  const report = (error: unknown): void =>
    showToast(toasts, { tone: 'error', text: errorMessage(error), action: null });

  const tiles = createTiles({ read: (ids) => client.photos.tiles({ ids }), setTimer, clearTimer });
  const timelines = new Map<string, Timeline>();
  function timeline(view: PhotoView): Timeline {
    const key = JSON.stringify(view);
    const known = timelines.get(key);
    if (known !== undefined) {
      timelines.delete(key);
      timelines.set(key, known);
      return known;
    }
    const made = createTimeline(view, {
      readPage: (of, after, limit, signal) =>
        client.photos.timeline({ view: of, limit, ...(after === undefined ? {} : { after }) }, { signal }),
      now: deps.now,
      setTimer,
      clearTimer,
    });
    timelines.set(key, made);
    for (const [oldKey, old] of timelines) {
      if (timelines.size <= timelinesKept) break;
      timelines.delete(oldKey);
      old.dispose();
    }
    return made;
  }

  const settings = createStore<Settings>(() => deps.settings);
  const readSettings = async (): Promise<void> => settings.setState(await client.app.settings({}));
  const stopEvents = followEvents({
    bridge,
    queryClient,
    reloadPhotos: () => {
      tiles.refresh();
      for (const each of timelines.values()) each.reload();
    },
    readSettings,
    setTimer,
    clearTimer,
    linkLeft: () => showToast(toasts, { tone: 'error', text: deps.t('sharing.linkLeft'), action: null }),
  });

  const navigation = createNavigation(deps.start);
  const posters = createPosters({
    detail: (id) => client.photos.get({ id }),
    open: (tile) => deps.openVideo(bridge.mediaURL(tile.id, 'original', tile.version)),
    save: async (id, picture) => void (await client.photos.savePoster({ id, image: await base64Of(picture) })),
    wantedFrame: async (id) => (await client.edits.wantedFrame({ id })).wanted,
    saveFrame: async (id, image, { picture }) =>
      void (await client.edits.saveFrame({ id, image: await base64Of(image), as: picture })),
  });

  return {
    bridge,
    client,
    queries: createTanstackQueryUtils(client),
    queryClient,
    info: deps.info,
    registry: deps.registry,
    t: deps.t,
    locales: deps.locales,
    formats: createFormats(deps.locales),
    navigation,
    leaving: createLeaving(),
    selection: createSelection(),
    toasts,
    window: createStore<WindowState>(() => ({
      dialog: { kind: 'none' },
      history: false,
      sidebarOver: false,
      slideshow: false,
      copied: [],
      reveal: null,
      commentDrafts: new Map(),
      commentsWanted: null,
      uploads: [],
      editsCopied: false,
      signedIn: false,
      shareExists: false,
    })),
    tiles,
    posters,
    timeline,
    viewerTimeline: () => {
      const { place, query } = navigation.getState();
      const { scope } = settings.getState();
      return timeline(viewOf(place, query, scope) ?? { source: { kind: 'library' }, scope, query: '' });
    },
    settings,
    changeSettings: (change) => {
      settings.setState(change);
      client.app.updateSettings(change).catch((error: unknown) => {
        report(error);
        // Shown as it is kept; where nobody answers, that is read once somebody does.
        readSettings().catch(() => undefined);
      });
    },
    report,
    dispose: () => {
      stopEvents();
      for (const each of timelines.values()) each.dispose();
      posters.dispose();
      tiles.dispose();
      queryClient.clear();
      bridge.dispose();
    },
  };
}

/** The view of the current place, or null on a screen that shows no list of photos. */
export function currentView(core: Core): PhotoView | null {
  const { place, query } = core.navigation.getState();
  return viewOf(place, query, core.settings.getState().scope);
}

export function openDialog(core: Core, dialog: Dialog): void {
  core.window.setState({ dialog });
}

export function closeDialog(core: Core): void {
  core.window.setState({ dialog: { kind: 'none' } });
}
