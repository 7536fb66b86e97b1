import { useQuery } from '@tanstack/react-query';
import { Palette, Pencil, Plus, Tag as TagIcon, Trash } from 'lucide-react';
import { useState } from 'react';
import type { Tag } from '../../../shared/model/album.ts';
import { Button, IconButton } from '../../components/buttons.tsx';
import { EmptyFace, ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { announce } from '../../data/actions.ts';
import { openDialog } from '../../data/core.ts';
import type { Core } from '../../data/core.ts';
import { goTo } from '../../data/navigation.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { TagDot, tagColors } from './TagDot.tsx';
import './organise.css';

function newTag(core: Core): void {
  openDialog(core, {
    kind: 'name',
    title: core.t('tags.new'),
    value: '',
    confirm: core.t('action.create'),
    done: async (name) => void (await core.client.tags.create({ name })),
  });
}

function renameTag(core: Core, tag: Tag): void {
  openDialog(core, {
    kind: 'name',
    title: core.t('tags.rename'),
    value: tag.name,
    confirm: core.t('action.rename'),
    done: async (name) => {
      const stays = await core.client.tags.update({ id: tag.id, name });
      if (stays.id !== tag.id) announce(core, core.t('tags.merged', { name: stays.name }));
    },
  });
}

function deleteTag(core: Core, tag: Tag): void {
  openDialog(core, {
    kind: 'confirm',
    title: core.t('tags.deleteTitle', { name: tag.name }),
    text: core.t('tags.deleteText', { count: tag.count }),
    confirm: core.t('action.delete'),
    danger: true,
    done: async () => {
      await core.client.tags.delete({ id: tag.id });
      announce(core, core.t('tags.deleted', { name: tag.name }));
    },
  });
}

function TagRow({ tag }: { readonly tag: Tag }) {
  const core = useCore();
  const t = useT();
  const [coloring, setColoring] = useState(false);
  const setColor = (color: string | null): void => {
    setColoring(false);
    core.client.tags.update({ id: tag.id, color }).catch(core.report);
  };
  return (
    <li className="row">
      <TagDot color={tag.color} />
      <div className="row__main">
        <button type="button" className="row__link" onClick={() => goTo(core.navigation, { kind: 'tag', id: tag.id })}>
          {tag.name}
        </button>
      </div>
      {coloring ? (
        <div className="swatches" role="group" aria-label={t('tags.color')}>
          {[null, ...Object.keys(tagColors)].map((color) => (
            <button
              key={color ?? 'none'}
              type="button"
              className="swatch"
              aria-label={color === null ? t('tags.noColor') : t(`color.${color as keyof typeof tagColors}`)}
              aria-pressed={tag.color === color}
              onClick={() => setColor(color)}
            >
              <TagDot color={color} />
            </button>
          ))}
        </div>
      ) : (
        <span className="row__count">{t('count.photos', { count: tag.count })}</span>
      )}
      <IconButton icon={Palette} label={t('tags.color')} onPress={() => setColoring((before) => !before)} />
      <IconButton icon={Pencil} label={t('tags.rename')} onPress={() => renameTag(core, tag)} />
      <IconButton icon={Trash} label={t('tags.delete')} onPress={() => deleteTag(core, tag)} />
    </li>
  );
}

/** All tags: how many photos carry each, colours, renaming (which may merge) and deleting. */
export function TagsScreen() {
  const core = useCore();
  const t = useT();
  const { data, error, refetch } = useQuery(core.queries.tags.list.queryOptions({ input: {} }));
  if (data === undefined)
    return error === null ? <LoadingFace /> : <ErrorFace error={error} onRetry={() => void refetch()} />;
  if (data.length === 0)
    return (
      <EmptyFace icon={TagIcon} title={t('empty.tags')} text={t('empty.tagsText')}>
        <Button icon={Plus} onPress={() => newTag(core)}>
          {t('tags.new')}
        </Button>
      </EmptyFace>
    );
  const collator = new Intl.Collator([...core.locales], { numeric: true });
  return (
    <div className="page">
      <div className="column">
        <div className="page__bar">
          <p className="page__intro">{t('tags.intro', { count: data.length })}</p>
          <Button icon={Plus} onPress={() => newTag(core)}>
            {t('tags.new')}
          </Button>
        </div>
        <ul className="rows">
          {data
            .toSorted((left, right) => collator.compare(left.name, right.name))
            .map((tag) => (
              <TagRow key={tag.id} tag={tag} />
            ))}
        </ul>
      </div>
    </div>
  );
}
