import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import type { ZoneID } from '../../../shared/ids.ts';
import type { Share } from '../../../shared/model/share.ts';
import { FormSheet } from '../../components/dialogs.tsx';
import { Check, Segments } from '../../components/fields.tsx';
import { goTo } from '../../data/navigation.ts';
import type { Core } from '../../data/core.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { showToast } from '../../data/toasts.ts';
import { ShareStepProgress, useShareStep } from './ShareStepProgress.tsx';
import { dayText } from './sharingSteps.ts';
import './sharing.css';

type Props = { readonly shareID: ZoneID; readonly onClose: () => void };

/**
 * The share a question is about, once it is known. About one that is gone, ended elsewhere say, or that cannot be read,
 * nothing can be asked: a sheet that draws nothing must not stay open, for a link from outside waits until it is closed.
 */
function useShare({ shareID, onClose }: Props): Share | undefined {
  const core = useCore();
  const { data, error, isFetching } = useQuery(core.queries.sharing.list.queryOptions({ input: {} }));
  const share = data?.find(({ id }) => id === shareID);
  const isNowhere = share === undefined && !isFetching;
  useEffect(() => {
    if (!isNowhere) return;
    if (error !== null) core.report(error);
    onClose();
  }, [core, error, isNowhere, onClose]);
  return share;
}

/** A share that has ended is no place to be. */
function leavePlace(core: Core, shareID: ZoneID): void {
  const { place } = core.navigation.getState();
  if (place.kind === 'share' && place.id === shareID) goTo(core.navigation, { kind: 'library' });
}

type FrameProps = {
  readonly shareID: ZoneID;
  readonly title: string;
  readonly confirm: string;
  readonly onClose: () => void;
  /** Ends it. @returns what is said then, and whether the share is gone from this window at once */
  readonly end: () => Promise<{ readonly text: string; readonly gone: boolean }>;
  readonly children: ReactNode;
};

/** A question about the end of a share, and what follows the answer. */
function EndSheet({ shareID, end, children, ...sheet }: FrameProps) {
  const core = useCore();
  const step = useShareStep(['stop', 'leave']);
  const confirm = async (): Promise<void> => {
    const { text, gone } = await step.run(end);
    if (gone) leavePlace(core, shareID);
    showToast(core.toasts, { tone: 'plain', text, action: null });
  };
  return (
    <FormSheet {...sheet} onConfirm={confirm} danger aside={<ShareStepProgress step={step} />}>
      <div className="share-sheet">{children}</div>
    </FormSheet>
  );
}

/** Remove Me…: leaving a share, with copies of what I added unless I say otherwise. */
export function LeaveSheet({ shareID, onClose }: Props) {
  const core = useCore();
  const t = useT();
  const share = useShare({ shareID, onClose });
  const [keepMine, setKeepMine] = useState(true);
  const [keepAll, setKeepAll] = useState(false);
  if (share === undefined) return null;
  const owner = share.owner.name ?? share.owner.email ?? '';
  const leave: FrameProps['end'] = async () => {
    const keepCopies = keepAll ? 'everything' : keepMine ? 'mine' : 'none';
    const { copied } = await core.client.sharing.leave({ id: shareID, keepCopies });
    return { text: t('sharing.leave.left', { title: share.title, copied }), gone: true };
  };
  return (
    <EndSheet
      shareID={shareID}
      title={t('sharing.leave.title', { title: share.title })}
      confirm={t('sharing.leave.confirm')}
      onClose={onClose}
      end={leave}
    >
      <p>{t('sharing.leave.text', { name: owner })}</p>
      <p>{t(share.departureRule === 'GO' ? 'sharing.leave.goes' : 'sharing.leave.stays')}</p>
      <div className="choice">
        <Check selected={keepMine || keepAll} disabled={keepAll} onChange={setKeepMine}>
          {t('sharing.leave.keepMine')}
        </Check>
        <Check selected={keepAll} onChange={setKeepAll}>
          {t('sharing.leave.keepAll')}
        </Check>
      </div>
    </EndSheet>
  );
}

const graces = ['0', '7', '30'] as const;

/** Stop Sharing…: what comes home, and how long people may still take copies. */
export function StopSheet({ shareID, onClose }: Props) {
  const core = useCore();
  const t = useT();
  const share = useShare({ shareID, onClose });
  const [keep, setKeep] = useState<'everything' | 'mine'>('everything');
  const [grace, setGrace] = useState<(typeof graces)[number]>('7');
  if (share === undefined) return null;
  const stop: FrameProps['end'] = async () => {
    const { kept, endsAt, ended } = await core.client.sharing.stop({ id: shareID, keep, graceDays: Number(grace) });
    const text = ended
      ? t('sharing.stop.ended', { title: share.title, kept })
      : endsAt === null
        ? t('sharing.stop.stopping', { title: share.title })
        : t('sharing.stop.ending', { title: share.title, date: dayText(core, endsAt) });
    return { text, gone: ended };
  };
  return (
    <EndSheet
      shareID={shareID}
      title={t('sharing.stop.title', { title: share.title })}
      confirm={t('sharing.stop.confirm')}
      onClose={onClose}
      end={stop}
    >
      <p>
        {t('sharing.stop.text', { people: share.people - 1 })} {t('sharing.stop.ends', { invited: share.invited })}
      </p>
      <Segments
        titled
        label={t('sharing.stop.keep')}
        value={keep}
        options={[
          { id: 'everything', label: t('sharing.stop.everything') },
          { id: 'mine', label: t('sharing.stop.mine') },
        ]}
        onChange={setKeep}
      />
      {/* Without anybody else the core ends the share at once. */}
      {share.people <= 1 ? null : (
        <Segments
          titled
          label={t('sharing.stop.grace')}
          value={grace}
          options={graces.map((id) => ({ id, label: t('sharing.stop.days', { days: Number(id) }) }))}
          onChange={setGrace}
        />
      )}
    </EndSheet>
  );
}
