import { useQuery } from '@tanstack/react-query';
import { ClockArrowUp, Copy, Heart, Images, Map as MapIcon, Tag, Trash } from 'lucide-react';
import { toggleFavourite, trash } from '../../data/actions.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { SidebarRow } from '../app/SidebarRow.tsx';

/** The first lines of the sidebar: the whole library and the fixed ways to look at it. */
export function LibrarySidebar() {
  const core = useCore();
  const t = useT();
  const { data: info } = useQuery(core.queries.library.info.queryOptions({ input: {} }));
  return (
    <ul>
      <SidebarRow
        icon={Images}
        label={t('place.library')}
        place={{ kind: 'library' }}
        count={info === undefined ? undefined : info.photos + info.videos}
      />
      <SidebarRow
        icon={Heart}
        label={t('place.favourites')}
        place={{ kind: 'favourites' }}
        count={info?.favourites}
        onDropPhotos={(ids) => {
          const missing = ids.filter((id) => core.tiles.get(id)?.favourite !== true);
          if (missing.length > 0) toggleFavourite(core, missing).catch(core.report);
        }}
      />
      <SidebarRow icon={ClockArrowUp} label={t('place.recent')} place={{ kind: 'recent' }} />
      <SidebarRow icon={MapIcon} label={t('place.map')} place={{ kind: 'screen', name: 'map', arg: '' }} />
      <SidebarRow icon={Tag} label={t('place.tags')} place={{ kind: 'screen', name: 'tags', arg: '' }} />
      <SidebarRow icon={Copy} label={t('place.duplicates')} place={{ kind: 'screen', name: 'duplicates', arg: '' }} />
    </ul>
  );
}

/** The last line of the sidebar. */
export function TrashSidebar() {
  const core = useCore();
  const t = useT();
  const { data: info } = useQuery(core.queries.library.info.queryOptions({ input: {} }));
  return (
    <ul className="sidebar__group">
      <SidebarRow
        icon={Trash}
        label={t('place.trash')}
        place={{ kind: 'trash' }}
        count={info?.trashed}
        onDropPhotos={(ids) => void trash(core, ids).catch(core.report)}
      />
    </ul>
  );
}
