import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { PhotoID } from '../../../shared/ids.ts';
import { Sheet } from '../../components/dialogs.tsx';
import { TextInput } from '../../components/fields.tsx';
import { addToAlbum } from '../../data/actions.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { AlbumIcon } from './AlbumSidebar.tsx';
import { newAlbum } from './albumSteps.ts';
import './albums.css';

/** Chooses an album by name, or makes a new one, and puts photos into it. */
export function AddToAlbumDialog({
  photoIDs,
  onClose,
}: {
  readonly photoIDs: readonly PhotoID[];
  readonly onClose: () => void;
}) {
  const core = useCore();
  const t = useT();
  const [text, setText] = useState('');
  const { data } = useQuery(core.queries.albums.list.queryOptions({ input: {} }));
  const wanted = text.trim().toLowerCase();
  const offers = (data ?? []).filter(
    (album) => album.kind === 'manual' && album.mayAdd && album.title.toLowerCase().includes(wanted),
  );
  const choose = (index: number): void => {
    const album = offers[index];
    if (album === undefined) return;
    onClose();
    addToAlbum(core, album, photoIDs).catch(core.report);
  };
  return (
    <Sheet title={t('albums.addTitle', { count: photoIDs.length })} onClose={onClose}>
      <TextInput
        label={t('albums.find')}
        hideLabel
        placeholder={t('albums.find')}
        value={text}
        onChange={setText}
        autoFocus
        maxLength={200}
        // Nothing is marked as chosen, so that Return means an album only where one was looked for.
        onKeyDown={(key) => (key === 'Enter' && wanted !== '' ? choose(0) : undefined)}
      />
      <ul className="pick-list" aria-label={t('place.albums')}>
        <li>
          <AriaButton className="pick" onPress={() => newAlbum(core, 'manual', photoIDs, text.trim())}>
            <Plus size={16} aria-hidden />
            {t('albums.new')}
          </AriaButton>
        </li>
        {offers.map((album, index) => (
          <li key={album.id}>
            <AriaButton className="pick" onPress={() => choose(index)}>
              <AlbumIcon album={album} />
              <span className="sidebar__label">{album.title}</span>
              <span className="row__count">{t('count.photos', { count: album.count })}</span>
            </AriaButton>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}
