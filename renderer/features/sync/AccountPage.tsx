import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { isNearbyHost } from '../../../shared/cloud/nearbyHost.ts';
import { errorMessage } from '../../../shared/errors.ts';
import type { Account, Device } from '../../../shared/model/sync.ts';
import { Button } from '../../components/buttons.tsx';
import { ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { WorkButton } from '../../components/WorkButton.tsx';
import { copyText } from '../../data/clipboard.ts';
import { openDialog } from '../../data/core.ts';
import type { Core } from '../../data/core.ts';
import { showToast } from '../../data/toasts.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { refreshAccount } from './accountQueries.ts';
import { SignInForm } from './SignInForm.tsx';
import './sync.css';

/** Account and devices: sign in or up, who I am, which computers are signed in, and running a server here. */
export function AccountPage() {
  const core = useCore();
  const { data: account, error, refetch } = useQuery(core.queries.account.get.queryOptions({ input: {} }));
  const [started, setStarted] = useState<string | null>(null);
  if (account === undefined)
    return error === null ? <LoadingFace /> : <ErrorFace error={error} onRetry={() => void refetch()} />;
  return (
    <>
      {account?.state === 'signedIn' ? (
        <SignedIn account={account} />
      ) : (
        <div className="rows">
          {account?.state === 'needsSignIn' ? <PersonRow account={account} /> : null}
          <div className="account__form">
            {/* A library that has had an account makes no other one. */}
            <SignInForm account={account} started={account === null ? started : null} />
          </div>
        </div>
      )}
      <Hosting onStarted={setStarted} />
    </>
  );
}

function SignedIn({ account }: { readonly account: Account }) {
  const core = useCore();
  const t = useT();
  const { data: devices, error } = useQuery(core.queries.account.devices.queryOptions({ input: {} }));
  return (
    <>
      <div className="rows">
        <PersonRow account={account} />
      </div>
      <section className="account__devices" aria-label={t('account.devices')}>
        <h3>{t('account.devices')}</h3>
        {devices === undefined ? (
          <p className="row__soft" role="status">
            {error === null ? null : errorMessage(error)}
          </p>
        ) : (
          <ul className="rows">
            {devices.map((device) => (
              <DeviceRow key={device.id} device={device} />
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

/** Whose library this is, and signing out: also when the session has ended, so that somebody else can take over. */
function PersonRow({ account }: { readonly account: Account }) {
  const core = useCore();
  const t = useT();
  const { data: status } = useQuery(core.queries.sync.status.queryOptions({ input: {} }));
  const signOut = (): void => {
    const unsent = (status?.waitingChanges ?? 0) + (status?.uploads ?? 0);
    openDialog(core, {
      kind: 'confirm',
      title: t(unsent > 0 ? 'account.unsentTitle' : 'account.signOutTitle'),
      text: unsent > 0 ? t('account.unsentText', { count: unsent }) : t('account.signOutText'),
      confirm: t(unsent > 0 ? 'account.keepAndSignOut' : 'account.signOutConfirm'),
      danger: false,
      done: async () => {
        await core.client.account.signOut(unsent > 0 ? { unsent: 'keep' } : {});
        await refreshAccount(core);
      },
    });
  };
  const name = account.displayName ?? account.email;
  return (
    <div className="row">
      <div className="row__main">
        {account.state === 'signedIn' ? `${t('account.signedInAs')} ${name}` : name}
        <span className="row__soft selectable">
          {account.email} · {account.server}
        </span>
      </div>
      <Button onPress={signOut}>{t('account.signOut')}</Button>
    </div>
  );
}

function DeviceRow({ device }: { readonly device: Device }) {
  const core = useCore();
  const t = useT();
  const name = device.name ?? t('account.unnamed');
  const revoke = (): void =>
    openDialog(core, {
      kind: 'confirm',
      title: t('account.revokeTitle', { name }),
      text: t('account.revokeText'),
      confirm: t('account.revokeConfirm'),
      danger: true,
      done: async () => {
        await core.client.account.revokeDevice({ id: device.id });
        await refreshAccount(core);
      },
    });
  return (
    <li className="row">
      <div className="row__main">
        {name}
        <span className="row__soft">{core.formats.day.format(device.createdAt)}</span>
      </div>
      {device.current ? (
        <span className="row__count">{t('account.thisDevice')}</span>
      ) : (
        <Button onPress={revoke}>{t('account.revoke')}</Button>
      )}
    </li>
  );
}

async function copyAddress(core: Core, address: string): Promise<void> {
  const id = (await copyText(address)) ? 'account.hostCopied' : 'account.hostNotCopied';
  showToast(core.toasts, { tone: 'plain', text: core.t(id, { address }), action: null });
}

/** A server on this computer for the network it is in. `onStarted`: its address, or null when it has been stopped. */
function Hosting({ onStarted }: { readonly onStarted: (address: string | null) => void }) {
  const core = useCore();
  const t = useT();
  const { data: hosted } = useQuery(core.queries.sync.hosted.queryOptions({ input: {} }));
  const { data: info } = useQuery(core.queries.app.info.queryOptions({ input: {} }));
  if (hosted === undefined || info?.capabilities.hostServer !== true) return null;
  const start = async (): Promise<void> => {
    const { addresses } = await core.client.sync.startHosting({});
    // An address of this network is taken without a certificate; a computer may have others as well.
    onStarted(addresses.find((each) => isNearbyHost(new URL(each).hostname)) ?? addresses[0] ?? null);
    await refreshAccount(core);
  };
  const stop = (): Promise<void> => {
    openDialog(core, {
      kind: 'confirm',
      title: t('account.hostStopTitle'),
      text: t('account.hostStopText'),
      confirm: t('account.hostStop'),
      danger: true,
      done: async () => {
        await core.client.sync.stopHosting({});
        onStarted(null);
        await refreshAccount(core);
      },
    });
    return Promise.resolve();
  };
  return (
    <div className="rows">
      <div className="row">
        <div className="row__main">
          {t('account.host')}
          <span className="row__soft">{t('account.hostText')}</span>
        </div>
        {/* One button for both, so that the keyboard stays on it. */}
        <WorkButton work={hosted.running ? stop : start}>
          {t(hosted.running ? 'account.hostStop' : 'account.hostStart')}
        </WorkButton>
      </div>
      {hosted.addresses.map((address) => (
        <div key={address} className="row">
          <div className="row__main selectable">{t('account.hostAt', { address })}</div>
          <Button onPress={() => void copyAddress(core, address)}>{t('account.hostCopy')}</Button>
        </div>
      ))}
    </div>
  );
}
