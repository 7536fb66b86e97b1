import { useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { errorMessage, isAppError } from '../../../shared/errors.ts';
import type { Account } from '../../../shared/model/sync.ts';
import { Button } from '../../components/buttons.tsx';
import { Segments, TextInput } from '../../components/fields.tsx';
import { openDialog } from '../../data/core.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { refreshAccount } from './accountQueries.ts';
import { signInTrouble } from './signInTrouble.ts';

type SignInFormProps = {
  readonly account: Account | null;
  /** A server that has just been started here, on which nobody has an account yet: the form turns to making one. */
  readonly started: string | null;
};

/** Signing in, or making an account. A library that belongs to somebody else is taken over only after asking. */
export function SignInForm({ account, started }: SignInFormProps) {
  const core = useCore();
  const t = useT();
  const [mode, setMode] = useState<'signIn' | 'signUp'>('signIn');
  const [server, setServer] = useState(account?.server ?? '');
  const [email, setEmail] = useState(account?.email ?? '');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [trouble, setTrouble] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [turnedTo, setTurnedTo] = useState<string | null>(null);
  if (started !== turnedTo) {
    setTurnedTo(started);
    if (started !== null) {
      setMode('signUp');
      setServer(started);
      setTrouble(null);
    }
  }
  const ready =
    server.trim() !== '' && email.trim() !== '' && password !== '' && (mode === 'signIn' || name.trim() !== '');

  const enter = async (otherAccount?: 'merge'): Promise<void> => {
    const person = { server: server.trim(), email: email.trim(), password };
    const invitation = code.trim() === '' ? {} : { invitationCode: code.trim() };
    if (mode === 'signUp') await core.client.account.signUp({ ...person, name: name.trim(), ...invitation });
    else await core.client.account.signIn({ ...person, ...(otherAccount === undefined ? {} : { otherAccount }) });
    setPassword('');
    await refreshAccount(core);
  };
  const submit = async (): Promise<void> => {
    const typed = signInTrouble(t, { server, email });
    setTrouble(typed);
    if (typed !== null) return;
    setBusy(true);
    try {
      await enter();
    } catch (error) {
      if (isAppError(error) && error.code === 'conflict' && mode === 'signIn') {
        openDialog(core, {
          kind: 'confirm',
          title: t('account.otherTitle'),
          text: error.message,
          confirm: t('account.takeOver'),
          danger: true,
          done: () => enter('merge'),
        });
      } else setTrouble(errorMessage(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      className="sync__form"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !busy) void submit();
      }}
    >
      {account?.state === 'needsSignIn' ? <p role="status">{t('account.needsSignIn')}</p> : null}
      <Segments
        label={t('sync.account')}
        value={mode}
        options={[
          { id: 'signIn', label: t('account.haveAccount') },
          { id: 'signUp', label: t('account.newAccount') },
        ]}
        onChange={setMode}
      />
      <TextInput
        label={t('account.server')}
        value={server}
        onChange={setServer}
        placeholder="https://photos.example"
        maxLength={500}
      />
      {mode === 'signUp' ? (
        <TextInput
          label={t('account.name')}
          value={name}
          onChange={setName}
          maxLength={200}
          autoFocus={started !== null}
        />
      ) : null}
      <TextInput label={t('account.email')} value={email} onChange={setEmail} maxLength={320} />
      <TextField className="field" type="password" value={password} onChange={setPassword} maxLength={1_000}>
        <Label className="field__label">{t('account.password')}</Label>
        <Input className="input" autoComplete={mode === 'signUp' ? 'new-password' : 'current-password'} />
      </TextField>
      {mode === 'signUp' ? (
        <TextInput label={t('account.invitationCode')} value={code} onChange={setCode} maxLength={200} />
      ) : null}
      {trouble === null ? null : (
        <p className="sync__trouble" role="alert">
          {trouble}
        </p>
      )}
      <Button tone="primary" disabled={!ready || busy} onPress={() => void submit()}>
        {t(mode === 'signIn' ? 'account.signIn' : 'account.signUp')}
      </Button>
    </form>
  );
}
