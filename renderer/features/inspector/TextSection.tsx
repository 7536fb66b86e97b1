import { useEffect, useState } from 'react';
import { TextInput } from '../../components/fields.tsx';
import type { PhotoDetail } from '../../../shared/model/photo.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { RatingStars } from './RatingStars.tsx';

/** Title, caption and rating. Text is kept when the field is left; Esc takes the change back. */
export function TextSection({ photo }: { readonly photo: PhotoDetail }) {
  const core = useCore();
  const t = useT();
  const [title, setTitle] = useState(photo.title ?? '');
  const [caption, setCaption] = useState(photo.caption ?? '');
  useEffect(() => setTitle(photo.title ?? ''), [photo.title]);
  useEffect(() => setCaption(photo.caption ?? ''), [photo.caption]);
  const save = (change: { title?: string | null; caption?: string | null }): void => {
    core.client.photos.setText({ ids: [photo.id], ...change }).catch(core.report);
  };
  const blur = (): void => (document.activeElement instanceof HTMLElement ? document.activeElement.blur() : undefined);
  return (
    <section className="inspector__section" aria-label={t('inspector.text')}>
      <TextInput
        label={t('inspector.title')}
        hideLabel
        placeholder={t('inspector.addTitle')}
        value={title}
        maxLength={500}
        disabled={!photo.mayEdit}
        onChange={setTitle}
        onBlur={() => (title === (photo.title ?? '') ? undefined : save({ title: title.trim() === '' ? null : title }))}
        onKeyDown={(key) => {
          if (key === 'Escape') setTitle(photo.title ?? '');
          if (key === 'Enter') blur();
        }}
      />
      <TextInput
        label={t('inspector.caption')}
        hideLabel
        multiline
        placeholder={t('inspector.addCaption')}
        value={caption}
        maxLength={10_000}
        disabled={!photo.mayEdit}
        onChange={setCaption}
        onBlur={() =>
          caption === (photo.caption ?? '') ? undefined : save({ caption: caption.trim() === '' ? null : caption })
        }
        onKeyDown={(key) => (key === 'Escape' ? setCaption(photo.caption ?? '') : undefined)}
      />
      <div className="inspector__line">
        <RatingStars ids={[photo.id]} rating={photo.rating} />
        {photo.ratings > 1 && photo.averageRating !== null ? (
          <span className="inspector__soft">
            {t('rating.average', { average: photo.averageRating, count: photo.ratings })}
          </span>
        ) : null}
      </div>
      {photo.addedBy === null ? null : (
        <p className="inspector__soft">{t('inspector.addedBy', { name: photo.addedBy })}</p>
      )}
    </section>
  );
}
