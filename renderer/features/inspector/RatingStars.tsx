import { Star } from 'lucide-react';
import type { PhotoID } from '../../../shared/ids.ts';
import { rate } from '../../data/actions.ts';
import { useCore, useT } from '../../data/useCore.ts';

const values = [1, 2, 3, 4, 5] as const;

/** My own rating of some photos as five stars; the chosen one again takes the rating away. */
export function RatingStars({ ids, rating }: { readonly ids: readonly PhotoID[]; readonly rating: number }) {
  const core = useCore();
  const t = useT();
  return (
    <div className="stars" role="group" aria-label={t('rating.label')}>
      {values.map((value) => (
        <button
          key={value}
          type="button"
          className="stars__star"
          data-on={value <= rating || undefined}
          aria-label={t('rating.set', { rating: value })}
          aria-pressed={value === rating}
          onClick={() => void rate(core, ids, value).catch(core.report)}
        >
          <Star size={16} strokeWidth={1.5} fill={value <= rating ? 'currentColor' : 'none'} aria-hidden />
        </button>
      ))}
    </div>
  );
}
