import type { Album } from '../../../shared/model/album.ts';
import type { MenuEntry, MenuGroups } from '../../components/menus.tsx';
import type { Core } from '../../data/core.ts';
import { goTo } from '../../data/navigation.ts';
import * as steps from './albumSteps.ts';
import { mayMoveInto, siblings } from './albumTree.ts';

/** The context menu of one album; sharing adds its entries through the registry. */
export function albumMenu(core: Core, album: Album, albums: readonly Album[]): MenuGroups {
  const { t } = core;
  const refused = album.mayEdit ? null : t('need.editableAlbum');
  const entry = (id: string, label: string, run: () => void, obstacle: string | null = null): MenuEntry => ({
    id,
    label,
    run,
    obstacle,
  });
  const step = (run: () => Promise<void>) => (): void => void run().catch(core.report);
  const line = siblings(albums, album);
  const at = line.findIndex((each) => each.id === album.id);
  const move = (before: Album | undefined): (() => void) =>
    step(
      async () =>
        void (await core.client.albums.move({ id: album.id, parentID: album.parentID, before: before?.id ?? null })),
    );
  const folders = albums.filter((each) => each.kind === 'folder' && mayMoveInto(albums, album.id, each.id));
  const featureItems = core.registry.albumMenu
    .filter((item) => item.applies(core, album))
    .map<MenuEntry>((item) => ({
      id: item.id,
      label: item.label(core, album),
      obstacle: item.obstacle?.(core, album) ?? null,
      danger: item.danger === true,
      run: step(async () => item.run(core, album)),
    }));
  return [
    [entry('open', t('albums.open'), () => goTo(core.navigation, { kind: 'album', id: album.id }))],
    [
      entry('rename', t('albums.rename'), () => steps.renameAlbum(core, album), refused),
      ...(album.kind === 'smart'
        ? [entry('rules', t('albums.editRules'), () => steps.editRules(core, album), refused)]
        : []),
      entry(
        'duplicate',
        t('albums.duplicate'),
        step(() => steps.duplicateAlbum(core, album)),
      ),
      ...(album.kind === 'smart'
        ? [
            entry(
              'convert',
              t('albums.convert'),
              step(() => steps.convertAlbum(core, album)),
              refused,
            ),
          ]
        : []),
    ],
    [
      {
        id: 'moveTo',
        label: t('albums.moveTo'),
        obstacle: refused ?? (folders.length === 0 && album.parentID === null ? t('albums.noFolder') : null),
        groups: [
          [
            ...(album.parentID === null
              ? []
              : [
                  entry(
                    'top',
                    t('albums.top'),
                    step(
                      async () => void (await core.client.albums.move({ id: album.id, parentID: null, before: null })),
                    ),
                  ),
                ]),
            ...folders
              .filter((folder) => folder.id !== album.parentID)
              .map((folder) =>
                entry(
                  `to-${folder.id}`,
                  folder.title,
                  step(
                    async () =>
                      void (await core.client.albums.move({ id: album.id, parentID: folder.id, before: null })),
                  ),
                ),
              ),
          ],
        ],
      },
      entry('up', t('albums.up'), move(line[at - 1]), refused ?? (at <= 0 ? t('albums.isFirst') : null)),
      entry(
        'down',
        t('albums.down'),
        move(line[at + 2]),
        refused ?? (at === line.length - 1 ? t('albums.isLast') : null),
      ),
    ],
    featureItems,
    [{ ...entry('delete', t('albums.delete'), () => steps.deleteAlbum(core, album), refused), danger: true }],
  ];
}
