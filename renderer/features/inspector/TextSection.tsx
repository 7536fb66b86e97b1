import { TextInput } from '../../components/fields.tsx';
import type { PhotoDetail } from '../../../shared/model/photo.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { RatingStars } from './RatingStars.tsx';
import { useTextDraft } from './useTextDraft.ts';

/** Title, caption and rating. Text is kept when the field is left; Esc takes the change back. */
export function TextSection({ photo }: { readonly photo: PhotoDetail }) {
  const core = useCore();
  const t = useT();
  const save = (change: { title?: string | null; caption?: string | null }): Promise<unknown> =>
    core.client.photos.setText({ ids: [photo.id], ...change });
  const title = useTextDraft(photo.title ?? '', (text) => save({ title: text === '' ? null : text }));
  const caption = useTextDraft(photo.caption ?? '', (text) => save({ caption: text === '' ? null : text }));
  const blur = (): void => (document.activeElement instanceof HTMLElement ? document.activeElement.blur() : undefined);
  return (
    <section className="inspector__section" aria-label={t('inspector.text')}>
      <TextInput
        label={t('inspector.title')}
        hideLabel
        placeholder={t('inspector.addTitle')}
        maxLength={500}
        disabled={!photo.mayEdit}
        {...title}
        onKeyDown={(key) => {
          title.onKeyDown(key);
          if (key === 'Enter') blur();
        }}
      />
      <TextInput
        label={t('inspector.caption')}
        hideLabel
        multiline
        placeholder={t('inspector.addCaption')}
        maxLength={10_000}
        disabled={!photo.mayEdit}
        {...caption}
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
