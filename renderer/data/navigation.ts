import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import type { AlbumID, PhotoID, TagID, ZoneID } from '../../shared/ids.ts';
import type { PhotoScope, PhotoView } from '../../shared/model/photo.ts';

/** Where the person is. `screen` places belong to features and are found by name (features/registry.ts). */
export type Place =
  | { readonly kind: 'library' | 'favourites' | 'recent' | 'hidden' | 'trash' }
  | { readonly kind: 'album'; readonly id: AlbumID }
  | { readonly kind: 'tag'; readonly id: TagID }
  | { readonly kind: 'share'; readonly id: ZoneID }
  | { readonly kind: 'screen'; readonly name: string; readonly arg: string };

export type Navigation = {
  readonly place: Place;
  /** Text of the search field; it narrows the photos of the place. */
  readonly query: string;
  /** The photo in the viewer, or null when the viewer is closed. */
  readonly photo: PhotoID | null;
  readonly back: readonly { readonly place: Place; readonly query: string }[];
};

export type NavigationStore = StoreApi<Navigation>;

export function createNavigation(start: Pick<Navigation, 'place' | 'query' | 'photo'>): NavigationStore {
  return createStore<Navigation>(() => ({ ...start, back: [] }));
}

const remembered = 50;

/** Goes to a place; the search text stays behind. */
export function goTo(store: NavigationStore, place: Place, query = ''): void {
  store.setState((before) => {
    if (samePlace(before.place, place) && before.query === query) return { photo: null };
    const back = [...before.back, { place: before.place, query: before.query }].slice(-remembered);
    return { place, query, photo: null, back };
  });
}

/** Back to the previous place, or nowhere when there is none. */
export function goBack(store: NavigationStore): void {
  store.setState((before) => {
    if (before.photo !== null) return { photo: null };
    const last = before.back.at(-1);
    return last === undefined ? before : { ...last, photo: null, back: before.back.slice(0, -1) };
  });
}

export function samePlace(left: Place, right: Place): boolean {
  return placePath(left) === placePath(right);
}

/** The photos a place shows, or null for a screen that is no list of photos. */
export function viewOf(place: Place, query: string, scope: PhotoScope): PhotoView | null {
  switch (place.kind) {
    case 'library':
    case 'favourites':
    case 'recent':
    case 'hidden':
    case 'trash':
      return { source: { kind: place.kind }, scope, query };
    case 'album':
      return { source: { kind: 'album', id: place.id }, scope: 'both', query };
    case 'tag':
      return { source: { kind: 'tag', id: place.id }, scope, query };
    case 'share':
      return { source: { kind: 'share', id: place.id }, scope: 'both', query };
    case 'screen':
      return null;
  }
}

/** Whether the person chooses there between personal and shared photos; the other lists have no choice. */
export function isScoped(place: Place): boolean {
  return place.kind !== 'screen' && place.kind !== 'album' && place.kind !== 'share' && place.kind !== 'trash';
}

function placePath(place: Place): string {
  if (place.kind === 'screen') return `${place.name}${place.arg === '' ? '' : `/${encodeURIComponent(place.arg)}`}`;
  if ('id' in place) return `${place.kind}/${encodeURIComponent(place.id)}`;
  return place.kind;
}

/** A place as the part of an address after `#`, so that reloading the page stays where it was. */
export function toHash({ place, query, photo }: Pick<Navigation, 'place' | 'query' | 'photo'>): string {
  const search = new URLSearchParams();
  if (query !== '') search.set('q', query);
  if (photo !== null) search.set('photo', photo);
  const text = search.toString();
  return `#/${placePath(place)}${text === '' ? '' : `?${text}`}`;
}

/** Reads such an address; anything unknown becomes the library. */
export function fromHash(hash: string): Pick<Navigation, 'place' | 'query' | 'photo'> {
  const [path = '', search = ''] = hash.replace(/^#\/?/u, '').split('?');
  const [kind = '', ...rest] = path.split('/');
  const params = new URLSearchParams(search);
  return {
    place: readPlace(kind, safeDecode(rest.join('/'))),
    query: params.get('q') ?? '',
    photo: params.get('photo') as PhotoID | null,
  };
}

function readPlace(kind: string, arg: string): Place {
  switch (kind) {
    case '':
    case 'library':
      return { kind: 'library' };
    case 'favourites':
    case 'recent':
    case 'hidden':
    case 'trash':
      return { kind };
    case 'album':
      return { kind, id: arg as AlbumID };
    case 'tag':
      return { kind, id: arg as TagID };
    case 'share':
      return { kind, id: arg as ZoneID };
    default:
      return { kind: 'screen', name: kind, arg };
  }
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
