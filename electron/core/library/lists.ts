import { AppError } from '../../../shared/errors.ts';
import { albumSort, type SmartRules } from '../../../shared/model/album.ts';
import type { PhotoView } from '../../../shared/model/photo.ts';
import type { Store } from '../store/store.ts';
import { albumsBelow, readAlbumRow, rulesOf } from '../store/queries/albumRows.ts';
import { noFilter, type ListOrder, type PhotoList } from '../store/queries/listSource.ts';
import { readTagRow, tagWithMerged } from '../store/queries/tagRows.ts';
import { both, compileRules, compileTerms } from './search/compile.ts';
import { readQuery, type Term } from './search/query.ts';

/** Turns what a screen asks for into a list the store can read. */
export interface Lists {
  /** @throws AppError notFound for an album or tag that is gone. */
  listOf(view: PhotoView): PhotoList;
  termsOf(query: string): Term[];
  rulesList(rules: SmartRules): PhotoList;
}

/** @param localNow local time in ms since 1970, as photos' places in the timeline are counted */
export function createLists({ connection }: Store, localNow: () => number): Lists {
  const termsOf = (query: string): Term[] => (query.trim() === '' ? [] : readQuery(query, localNow()));
  const rulesList = (rules: SmartRules): PhotoList => ({
    source: { kind: 'library' },
    scope: 'both',
    order: 'takenDescending',
    filter: compileRules(connection, rules, localNow()),
  });
  const sourceOf = ({ source, scope }: PhotoView): PhotoList => {
    const list = (source: PhotoList['source'], order: ListOrder = 'takenDescending'): PhotoList => ({
      source,
      scope,
      order,
      filter: noFilter,
    });
    switch (source.kind) {
      case 'trash':
        return list({ kind: 'trash' }, 'trashed');
      case 'recent':
        return list({ kind: 'recent' }, 'addedDescending');
      case 'library':
      case 'favourites':
      case 'hidden':
        return list({ kind: source.kind });
      case 'share':
        return list({ kind: 'share', zoneID: source.id });
      case 'tag': {
        if (readTagRow(connection, source.id) === undefined)
          throw new AppError('notFound', 'This tag is gone.', { id: source.id });
        return list({ kind: 'tag', tagIDs: tagWithMerged(connection, source.id) });
      }
      case 'album': {
        const album = readAlbumRow(connection, source.id);
        if (album === undefined) throw new AppError('notFound', 'This album is gone.', { id: source.id });
        const order: ListOrder = albumSort.catch('manual').parse(album.sort);
        if (album.kind === 'folder') {
          const below = albumsBelow(connection, album.id).filter((one) => one.kind === 'manual');
          return list(
            { kind: 'album', albumIDs: below.map((one) => one.id) },
            order === 'manual' ? 'takenDescending' : order,
          );
        }
        if (album.kind === 'manual') return list({ kind: 'album', albumIDs: [album.id] }, order);
        const rules = rulesOf(album);
        if (rules === null) {
          throw new AppError('notSupported', `The rules of “${album.title}” were written by a newer Shoebox.`, {
            id: album.id,
          });
        }
        return { ...rulesList(rules), scope, order: order === 'manual' ? 'takenDescending' : order };
      }
    }
  };
  return {
    termsOf,
    rulesList,
    listOf: (view) => {
      const list = sourceOf(view);
      const terms = termsOf(view.query);
      return terms.length === 0 ? list : { ...list, filter: both(list.filter, compileTerms(connection, terms)) };
    },
  };
}
