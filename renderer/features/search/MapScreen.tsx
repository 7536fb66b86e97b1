import { useQuery } from '@tanstack/react-query';
import { MapPin } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import { EmptyFace, ErrorFace } from '../../components/faces.tsx';
import { Thumb } from '../../components/Thumb.tsx';
import { countText } from '../../data/describe.ts';
import { useCore, useSettings, useT, useTile } from '../../data/useCore.ts';
import { WorldMap } from './WorldMap.tsx';

type Cluster = {
  readonly latitude: number;
  readonly longitude: number;
  readonly count: number;
  readonly photoID: PhotoID;
};

function ClusterButton({ cluster }: { readonly cluster: Cluster }) {
  const core = useCore();
  const t = useT();
  const tile = useTile(cluster.photoID);
  return (
    <button
      type="button"
      className="map__cluster"
      aria-label={t('map.cluster', { count: cluster.count })}
      onClick={() => core.navigation.setState({ photo: cluster.photoID })}
    >
      {tile?.state === 'ready' ? <Thumb src={core.bridge.mediaURL(tile.id, 'thumb', tile.version)} /> : null}
      {cluster.count > 1 ? <span className="badge">{countText(core, cluster.count)}</span> : null}
    </button>
  );
}

/** Photos by place, gathered into as many heaps as the map has room for; a heap opens its newest photo. */
export function MapScreen() {
  const core = useCore();
  const t = useT();
  const scope = useSettings((settings) => settings.scope);
  const [box, setBox] = useState({ west: -180, south: -85, east: 180, north: 85 });
  const view = { source: { kind: 'library' as const }, scope, query: '' };
  const clusters = useQuery({
    ...core.queries.photos.mapClusters.queryOptions({ input: { view, ...box, cells: 12 } }),
    placeholderData: (before) => before,
  });
  const everywhere = useQuery(
    core.queries.photos.mapClusters.queryOptions({
      input: { view, west: -180, south: -90, east: 180, north: 90, cells: 4 },
    }),
  );
  const found = clusters.data;
  const list = useMemo(() => Symbol('map'), []);
  useEffect(
    () =>
      core.tiles.want(
        list,
        (found ?? []).slice(0, 400).map((cluster) => cluster.photoID),
      ),
    [core, list, found],
  );
  useEffect(() => () => core.tiles.forget(list), [core, list]);
  if (clusters.error !== null && found === undefined)
    return <ErrorFace error={clusters.error} onRetry={() => void clusters.refetch()} />;
  if (everywhere.data?.length === 0)
    return <EmptyFace icon={MapPin} title={t('empty.map')} text={t('empty.mapText')} />;
  return (
    <WorldMap
      label={t('map.label')}
      controls
      markers={(found ?? []).map((cluster) => ({
        key: cluster.photoID,
        latitude: cluster.latitude,
        longitude: cluster.longitude,
        content: <ClusterButton cluster={cluster} />,
      }))}
      onFrame={setBox}
    />
  );
}
