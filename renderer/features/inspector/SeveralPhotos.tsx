import { CalendarClock, FolderPlus, Heart, MapPin } from 'lucide-react';
import { useMemo } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import { Button } from '../../components/buttons.tsx';
import { runCommand } from '../../data/commandRunner.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { InspectorSection } from './InspectorSection.tsx';
import { RatingStars } from './RatingStars.tsx';
import { TagField } from './TagField.tsx';
import { useTagStates } from './tagStates.ts';

/** What can be done with several photos at once: rate, tag with partial state, add to an album, move in time and place. */
export function SeveralPhotos({ ids }: { readonly ids: ReadonlySet<PhotoID> }) {
  const core = useCore();
  const t = useT();
  const photoIDs = useMemo(() => [...ids], [ids]);
  const { tags } = useTagStates(photoIDs);
  const ratings = new Set(photoIDs.slice(0, 500).map((id) => core.tiles.get(id)?.rating ?? 0));
  const [common = 0] = ratings.size === 1 ? ratings : [0];
  return (
    <>
      <section className="inspector__section" aria-label={t('inspector.selection')}>
        <h2 className="inspector__big">{t('selection.count', { count: ids.size })}</h2>
        <RatingStars ids={photoIDs} rating={common} />
        <div className="inspector__actions">
          <Button icon={Heart} onPress={() => runCommand(core, 'photo.favourite')}>
            {t('photo.favourite')}
          </Button>
          <Button icon={FolderPlus} onPress={() => runCommand(core, 'photo.addToAlbum')}>
            {t('albums.addTo')}
          </Button>
          <Button icon={CalendarClock} onPress={() => runCommand(core, 'photo.date')}>
            {t('inspector.editDate')}
          </Button>
          <Button icon={MapPin} onPress={() => runCommand(core, 'photo.place')}>
            {t('inspector.editPlace')}
          </Button>
        </div>
      </section>
      <InspectorSection title={t('inspector.tags')}>
        <TagField photoIDs={photoIDs} tags={tags} />
      </InspectorSection>
    </>
  );
}
