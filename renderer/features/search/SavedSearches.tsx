import { useQuery } from '@tanstack/react-query';
import { Bookmark } from 'lucide-react';
import { useState } from 'react';
import type { SavedSearch } from '../../../shared/contract/search.ts';
import { ContextMenu } from '../../components/menus.tsx';
import type { MenuGroups } from '../../components/menus.tsx';
import { announce } from '../../data/actions.ts';
import { openDialog } from '../../data/core.ts';
import type { Core } from '../../data/core.ts';
import { goTo } from '../../data/navigation.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { SidebarRow } from '../app/SidebarRow.tsx';

const refresh = (core: Core): Promise<void> =>
  core.queryClient.invalidateQueries({ queryKey: core.queries.search.key() });

function rename(core: Core, search: SavedSearch): void {
  openDialog(core, {
    kind: 'name',
    title: core.t('search.renameTitle'),
    value: search.title,
    confirm: core.t('action.rename'),
    done: async (title) => {
      await core.client.search.renameSaved({ id: search.id, title });
      await refresh(core);
    },
  });
}

function remove(core: Core, search: SavedSearch): void {
  openDialog(core, {
    kind: 'confirm',
    title: core.t('search.removeSaved', { title: search.title }),
    text: core.t('search.removeSavedText'),
    confirm: core.t('action.remove'),
    danger: true,
    done: async () => {
      await core.client.search.removeSaved({ id: search.id });
      await refresh(core);
      announce(core, core.t('search.removed', { title: search.title }));
    },
  });
}

/** Searches kept by name, below the albums. The menu of each renames and removes it, as F2 and Delete do. */
export function SavedSearches() {
  const core = useCore();
  const t = useT();
  const { data: saved = [] } = useQuery(core.queries.search.saved.queryOptions({ input: {} }));
  const [menu, setMenu] = useState<{ readonly x: number; readonly y: number; readonly search: SavedSearch } | null>(
    null,
  );
  if (saved.length === 0) return null;
  const groups = (search: SavedSearch): MenuGroups => [
    [
      {
        id: 'open',
        label: t('albums.open'),
        run: () => goTo(core.navigation, { kind: 'library' }, search.query),
      },
    ],
    [{ id: 'rename', label: t('albums.rename'), keys: 'F2', run: () => rename(core, search) }],
    [{ id: 'remove', label: t('search.remove'), keys: 'Del', danger: true, run: () => remove(core, search) }],
  ];
  return (
    <>
      <ul aria-label={t('sidebar.saved')}>
        {saved.map((search) => (
          <SidebarRow
            key={search.id}
            icon={Bookmark}
            label={search.title}
            place={{ kind: 'library' }}
            query={search.query}
            onMenu={(at) => setMenu({ ...at, search })}
            keys={{
              F2: () => rename(core, search),
              Delete: () => remove(core, search),
              Backspace: () => remove(core, search),
            }}
          />
        ))}
      </ul>
      {menu === null ? null : (
        <ContextMenu at={menu} label={menu.search.title} groups={groups(menu.search)} onClose={() => setMenu(null)} />
      )}
    </>
  );
}
