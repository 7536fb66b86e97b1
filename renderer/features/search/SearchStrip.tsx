import { useQuery } from '@tanstack/react-query';
import { BookmarkPlus, X } from 'lucide-react';
import { Button } from '../../components/buttons.tsx';
import { runCommand } from '../../data/commandRunner.ts';
import type { PhotoView } from '../../../shared/model/photo.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { withoutChip } from './queryText.ts';
import { chipIcons } from './chipIcons.ts';

/** Under the toolbar while a search is on: how it was understood, how much it found, and a way to keep it. */
export function SearchStrip({ view }: { readonly view: PhotoView }) {
  const core = useCore();
  const t = useT();
  const { data } = useQuery({
    ...core.queries.search.interpret.queryOptions({ input: { view } }),
    placeholderData: (before) => before,
  });
  return (
    <div className="search-strip" role="status">
      <span className="search-strip__count">{data === undefined ? '' : t('search.found', { count: data.count })}</span>
      <ul className="search-strip__chips" aria-label={t('search.understood')}>
        {(data?.chips ?? []).map((chip) => {
          const Icon = chipIcons[chip.kind];
          return (
            <li key={`${chip.kind}:${chip.start}`}>
              <button
                type="button"
                className="search-strip__chip"
                aria-label={t('search.removeChip', { label: chip.label })}
                onClick={() => core.navigation.setState({ query: withoutChip(view.query, chip) })}
              >
                <Icon size={13} aria-hidden />
                <span>{chip.label}</span>
                <X size={12} aria-hidden />
              </button>
            </li>
          );
        })}
      </ul>
      <Button tone="plain" icon={BookmarkPlus} onPress={() => runCommand(core, 'search.save')}>
        {t('search.save')}
      </Button>
    </div>
  );
}
