import { useQuery } from '@tanstack/react-query';
import { Button } from '../../components/buttons.tsx';
import { goTo } from '../../data/navigation.ts';
import { useCore, useT } from '../../data/useCore.ts';

/** True once it is known that nobody is signed in: sharing goes through a server. */
export function useSignedOut(): boolean {
  const core = useCore();
  const { data: account } = useQuery(core.queries.account.get.queryOptions({ input: {} }));
  return account !== undefined && account?.state !== 'signedIn';
}

/** Leads to where one signs in. `onPress`: what closes before. */
export function SignInButton({ onPress }: { readonly onPress?: () => void }) {
  const core = useCore();
  const t = useT();
  return (
    <Button
      tone="primary"
      onPress={() => {
        onPress?.();
        goTo(core.navigation, { kind: 'screen', name: 'settings', arg: 'account' });
      }}
    >
      {t('sync.connect')}
    </Button>
  );
}

/** Over what is remembered of shares while nobody is signed in: why nothing new comes, and the way out. */
export function SignedOutStrip() {
  const t = useT();
  if (!useSignedOut()) return null;
  return (
    <div className="signed-out">
      <p>{t('sharing.signedOut')}</p>
      <SignInButton />
    </div>
  );
}
