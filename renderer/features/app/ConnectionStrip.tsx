import { WifiOff } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useCore, useT } from '../../data/useCore.ts';

/** Over everything while the core does not answer: says so, and that nothing is lost. */
export function ConnectionStrip() {
  const { bridge } = useCore();
  const t = useT();
  const state = useSyncExternalStore(bridge.connection.subscribe, bridge.connection.state);
  if (state !== 'closed' && state !== 'refused') return null;
  return (
    <div className="connection-strip" role="alert">
      <WifiOff size={14} aria-hidden />
      {t(state === 'closed' ? 'connection.lost' : 'connection.refused')}
    </div>
  );
}
