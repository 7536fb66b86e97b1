import { useQuery } from '@tanstack/react-query';
import type { Account, Device } from '../../../shared/model/sync.ts';
import { Button } from '../../components/buttons.tsx';
import { ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { WorkButton } from '../../components/WorkButton.tsx';
import { openDialog } from '../../data/core.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { refreshAccount } from './accountQueries.ts';
import { SignInForm } from './SignInForm.tsx';
import './sync.css';

/** Account and devices: sign in or up, who I am, which computers are signed in, and running a server here. */
export function AccountPage() {
  const core = useCore();
  const { data: account, error, refetch } = useQuery(core.queries.account.get.queryOptions({ input: {} }));
  if (account === undefined)
    return error === null ? <LoadingFace /> : <ErrorFace error={error} onRetry={() => void refetch()} />;
  return (
    <div className="rows">
      {account?.state === 'signedIn' ? (
        <SignedIn account={account} />
      ) : (
        <>
          {account?.state === 'needsSignIn' ? <PersonRow account={account} /> : null}
          <div className="account__form">
            <SignInForm account={account} />
          </div>
        </>
      )}
      <Hosting />
    </div>
  );
}

function SignedIn({ account }: { readonly account: Account }) {
  const core = useCore();
  const t = useT();
  const { data: devices } = useQuery(core.queries.account.devices.queryOptions({ input: {} }));
  return (
    <>
      <PersonRow account={account} />
      <h3>{t('account.devices')}</h3>
      <ul className="rows">
        {(devices ?? []).map((device) => (
          <DeviceRow key={device.id} device={device} />
        ))}
      </ul>
    </>
  );
}

/** Whose library this is, and signing out: also when the session has ended, so that somebody else can take over. */
function PersonRow({ account }: { readonly account: Account }) {
  const core = useCore();
  const t = useT();
  const { data: status } = useQuery(core.queries.sync.status.queryOptions({ input: {} }));
  const signOut = (): void => {
    const unsent = status?.waitingChanges ?? 0;
    openDialog(core, {
      kind: 'confirm',
      title: t(unsent > 0 ? 'account.unsentTitle' : 'account.signOutTitle'),
      text: unsent > 0 ? t('account.unsentText', { count: unsent }) : t('account.signOutText'),
      confirm: t(unsent > 0 ? 'account.keepAndSignOut' : 'account.signOut'),
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
      confirm: t('account.revoke'),
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
        <span className="row__soft">
          {new Date(device.createdAt).toLocaleDateString(undefined, { dateStyle: 'long' })}
        </span>
      </div>
      {device.current ? (
        <span className="row__count">{t('account.thisDevice')}</span>
      ) : (
        <Button onPress={revoke}>{t('account.revoke')}</Button>
      )}
    </li>
  );
}

function Hosting() {
  const core = useCore();
  const t = useT();
  const { data: hosted } = useQuery(core.queries.sync.hosted.queryOptions({ input: {} }));
  const { data: info } = useQuery(core.queries.app.info.queryOptions({ input: {} }));
  if (hosted === undefined || info?.capabilities.hostServer !== true) return null;
  const change = async (): Promise<void> => {
    await (hosted.running ? core.client.sync.stopHosting({}) : core.client.sync.startHosting({}));
    await refreshAccount(core);
  };
  return (
    <div className="row">
      <div className="row__main">
        {t('account.host')}
        <span className="row__soft selectable">
          {hosted.running
            ? hosted.addresses.map((address) => t('account.hostAt', { address })).join(' ')
            : t('account.hostText')}
        </span>
      </div>
      <WorkButton work={change}>{t(hosted.running ? 'account.hostStop' : 'account.hostStart')}</WorkButton>
    </div>
  );
}
