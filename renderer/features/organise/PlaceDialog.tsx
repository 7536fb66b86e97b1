import { useState } from 'react';
import { Button } from '../../components/buttons.tsx';
import { TextInput } from '../../components/fields.tsx';
import { useCore, useT } from '../../data/useCore.ts';
import { WorldMap } from '../search/WorldMap.tsx';
import { parsePlace } from './parsePlace.ts';
import { PhotosForm, useFirstPhoto } from './PhotosForm.tsx';
import type { PhotosDialogProps } from './PhotosForm.tsx';
import { setPlace } from './setPlace.ts';
import './organise.css';

/** Sets or removes the place of photos: typed as coordinates, or pressed on the map. */
export function PlaceDialog({ photoIDs, onClose }: PhotosDialogProps) {
  const core = useCore();
  const t = useT();
  const data = useFirstPhoto(photoIDs);
  const known =
    data?.latitude == null || data.longitude === null ? null : { latitude: data.latitude, longitude: data.longitude };
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? (known === null ? '' : `${known.latitude.toFixed(5)}, ${known.longitude.toFixed(5)}`);
  const place = parsePlace(text);
  return (
    <PhotosForm
      title={t('place.title', { count: photoIDs.length })}
      confirm={t('place.confirm')}
      wide
      disabled={place === null}
      onClose={onClose}
      onConfirm={() => setPlace(core, photoIDs, place)}
      aside={
        <Button tone="plain" onPress={() => void setPlace(core, photoIDs, null).then(onClose).catch(core.report)}>
          {t('place.remove')}
        </Button>
      }
    >
      <TextInput
        label={t('place.coordinates')}
        value={text}
        onChange={setTyped}
        placeholder="35.3387, 25.1442"
        autoFocus
      />
      <div className="place-map">
        <WorldMap
          key={known === null ? 'world' : 'known'}
          label={t('place.map')}
          controls
          {...(known === null ? {} : { center: { ...known, zoom: 5 } })}
          markers={place === null ? [] : [{ key: 'place', ...place }]}
          onPick={(point) => setTyped(`${point.latitude.toFixed(5)}, ${point.longitude.toFixed(5)}`)}
        />
      </div>
    </PhotosForm>
  );
}
