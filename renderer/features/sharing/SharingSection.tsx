import { useQuery } from '@tanstack/react-query';
import type { PhotoDetail } from '../../../shared/model/photo.ts';
import { Button } from '../../components/buttons.tsx';
import { goTo } from '../../data/navigation.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { showToast } from '../../data/toasts.ts';
import { InspectorSection } from '../inspector/InspectorSection.tsx';
import type { SharingStore } from './sharingState.ts';
import './sharing.css';

/** Of a shared photo: which share it is in, who takes part, and the way to a copy of one's own. */
export function SharingSection({ photo, state }: { readonly photo: PhotoDetail; readonly state: SharingStore }) {
  const core = useCore();
  const t = useT();
  const { data } = useQuery(core.queries.sharing.list.queryOptions({ input: {} }));
  const share = data?.find((one) => one.id === photo.zoneID);
  if (share === undefined) return null;
  const copy = async (): Promise<void> => {
    const { copied } = await core.client.sharing.copyToLibrary({ photoIDs: [photo.id] });
    showToast(core.toasts, { tone: 'plain', text: t('sharing.inspector.copied', { count: copied }), action: null });
  };
  return (
    <InspectorSection title={t('sharing.shared')}>
      <p>
        {t('sharing.inspector.in')}{' '}
        <button
          type="button"
          className="row__link"
          onClick={() => goTo(core.navigation, { kind: 'share', id: share.id })}
        >
          {share.title}
        </button>
      </p>
      {photo.copiedFrom === null ? null : <p>{t('sharing.inspector.copyOf')}</p>}
      <div className="share-panel__bar">
        <Button onPress={() => state.setState({ sheet: { kind: 'participants', shareID: share.id } })}>
          {t('sharing.participants')}
        </Button>
        {share.mine ? null : (
          <Button onPress={() => void copy().catch(core.report)}>{t('sharing.inspector.copyToLibrary')}</Button>
        )}
      </div>
    </InspectorSection>
  );
}
