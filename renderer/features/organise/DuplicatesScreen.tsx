import { useQuery } from '@tanstack/react-query';
import { CopyCheck } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import { Button } from '../../components/buttons.tsx';
import { EmptyFace, ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { Thumb } from '../../components/Thumb.tsx';
import { announceCount } from '../../data/actions.ts';
import { bytesText, localTime } from '../../data/describe.ts';
import { showToast } from '../../data/toasts.ts';
import { useCore, useT, useTile } from '../../data/useCore.ts';
import './organise.css';

const perPage = 60;

type Group = { readonly reason: 'sameMoment' | 'sameNameAndSize' | 'looksAlike'; readonly ids: readonly PhotoID[] };

function Candidate({
  id,
  kept,
  onKeep,
}: {
  readonly id: PhotoID;
  readonly kept: boolean;
  readonly onKeep: () => void;
}) {
  const core = useCore();
  const t = useT();
  const tile = useTile(id);
  const { data } = useQuery(core.queries.photos.get.queryOptions({ input: { id } }));
  const taken = data?.takenAt == null ? null : localTime(data.takenAt);
  return (
    <li className="duplicate__photo" data-kept={kept || undefined}>
      <button
        type="button"
        className="duplicate__picture"
        aria-pressed={kept}
        aria-label={t('duplicates.keepThis', { name: tile?.fileName ?? '' })}
        onClick={onKeep}
        onDoubleClick={() => core.navigation.setState({ photo: id })}
      >
        {tile?.state === 'ready' ? <Thumb src={core.bridge.mediaURL(id, 'thumb', tile.version)} /> : null}
      </button>
      <div>
        <strong>{tile?.fileName}</strong>
        <span className="row__soft">
          {[
            data?.width == null || data.height === null ? null : `${data.width} × ${data.height}`,
            data?.byteSize == null ? null : bytesText(core, data.byteSize),
          ]
            .filter((part) => part !== null)
            .join('  ')}
        </span>
        <span className="row__soft">{taken === null ? '' : core.formats.capturedShort.format(taken)}</span>
        {data === undefined || data.albums.length === 0 ? null : (
          <span className="row__soft">{data.albums.map((album) => album.title).join(', ')}</span>
        )}
      </div>
    </li>
  );
}

function GroupView({ group }: { readonly group: Group }) {
  const core = useCore();
  const t = useT();
  const [keep, setKeep] = useState<PhotoID | null>(group.ids[0] ?? null);
  const merge = async (): Promise<void> => {
    if (keep === null) return;
    const others = group.ids.filter((id) => id !== keep);
    const { changed, refused } = await core.client.photos.mergeDuplicates({ keep, others });
    announceCount(core, 'duplicates.merged', changed, refused);
  };
  const setApart = async (apart: boolean): Promise<void> => {
    await core.client.photos.keepDuplicates({ ids: [...group.ids], apart });
    await core.queryClient.invalidateQueries({ queryKey: core.queries.photos.duplicates.key() });
  };
  const keepAll = async (): Promise<void> => {
    await setApart(true);
    showToast(core.toasts, {
      tone: 'plain',
      text: t('duplicates.keptAll', { count: group.ids.length }),
      action: { label: t('action.undo'), run: () => void setApart(false).catch(core.report) },
    });
  };
  return (
    <section className="duplicate" aria-label={t(`duplicates.${group.reason}`)}>
      <h2 className="page__intro">{t(`duplicates.${group.reason}`)}</h2>
      <ul className="duplicate__photos">
        {group.ids.map((id) => (
          <Candidate key={id} id={id} kept={id === keep} onKeep={() => setKeep(id)} />
        ))}
      </ul>
      <div className="duplicate__foot">
        <Button onPress={() => void keepAll().catch(core.report)}>{t('duplicates.keepAll')}</Button>
        <Button tone="primary" onPress={() => void merge().catch(core.report)}>
          {t('duplicates.merge', { count: group.ids.length - 1 })}
        </Button>
      </div>
    </section>
  );
}

/** Photos that look like copies of each other, to keep one: its albums, tags and rating gather on it. */
export function DuplicatesScreen() {
  const core = useCore();
  const t = useT();
  const { data, error, refetch } = useQuery(core.queries.photos.duplicates.queryOptions({ input: { limit: perPage } }));
  const list = useMemo(() => Symbol('duplicates'), []);
  useEffect(() => core.tiles.want(list, (data ?? []).flatMap((group) => group.ids).slice(0, 500)), [core, list, data]);
  useEffect(() => () => core.tiles.forget(list), [core, list]);
  if (data === undefined)
    return error === null ? <LoadingFace /> : <ErrorFace error={error} onRetry={() => void refetch()} />;
  if (data.length === 0)
    return <EmptyFace icon={CopyCheck} title={t('empty.duplicates')} text={t('empty.duplicatesText')} />;
  return (
    <div className="page">
      <div className="column">
        <p className="page__intro">{t('duplicates.intro', { count: data.length })}</p>
        {data.map((group) => (
          <GroupView key={group.ids.join()} group={group} />
        ))}
      </div>
    </div>
  );
}
