import { useQuery } from '@tanstack/react-query';
import { useCore, useSettings } from '../../data/useCore.ts';
import { deferred } from '../deferred.tsx';

const FirstRun = deferred(() => import('./FirstRun.tsx').then((part) => part.FirstRun), { as: 'overlay' });

/**
 * The welcome, where there is somebody to welcome. That is known before it is fetched: what stands there meanwhile takes the
 * keys, which in a library with photos are meant for those.
 */
export function Welcome() {
  const core = useCore();
  const onboarded = useSettings((settings) => settings.onboarded);
  const { data: info } = useQuery({ ...core.queries.library.info.queryOptions({ input: {} }), enabled: !onboarded });
  // A library that was filled from the command line or on another computer needs no welcome.
  if (onboarded || info === undefined || info.photos + info.videos + info.hidden > 0) return null;
  return <FirstRun directory={info.directory} />;
}
