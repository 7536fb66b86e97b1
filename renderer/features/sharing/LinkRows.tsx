import type { ShareDetail, ShareLinkInfo } from '../../../shared/model/share.ts';
import { Button } from '../../components/buttons.tsx';
import { openDialog } from '../../data/core.ts';
import { useCore, useT } from '../../data/useCore.ts';
import type { SharingStore } from './sharingState.ts';
import { dayText } from './sharingSteps.ts';

/** The link objects of a share: what each gives, how long, how often it was used. */
export function LinkRows({ share, state }: { readonly share: ShareDetail; readonly state: SharingStore }) {
  const core = useCore();
  const t = useT();
  const revoke = (link: ShareLinkInfo, name: string): void =>
    openDialog(core, {
      kind: 'confirm',
      title: t('sharing.people.revokeTitle', { name }),
      text: t('sharing.people.revokeText'),
      confirm: t('sharing.people.revoke'),
      danger: true,
      done: async () => {
        await core.client.sharing.revokeLink({ id: share.id, linkID: link.id });
      },
    });
  return (
    <section aria-label={t('sharing.people.links')} className="share-panel">
      <div className="page__bar">
        <h3>{t('sharing.people.links')}</h3>
        {share.state === 'active' ? (
          <Button onPress={() => state.setState({ sheet: { kind: 'newLink', shareID: share.id } })}>
            {t('sharing.people.newLink')}
          </Button>
        ) : null}
      </div>
      <ul className={share.links.length === 0 ? undefined : 'rows'}>
        {share.links.map((link) => {
          const name = link.label ?? t('sharing.people.link');
          const facts = [
            t(`sharing.preset.${link.preset}`),
            t(`sharing.people.linkState.${link.state}`),
            t('sharing.people.linkUses', { uses: link.uses, max: link.maxUses ?? 0 }),
            ...(link.expiresAt === null
              ? []
              : [t('sharing.people.linkExpires', { date: dayText(core, link.expiresAt) })]),
            ...(link.hasPassword ? [t('sharing.people.linkPassword')] : []),
          ];
          return (
            <li key={link.id} className="row">
              <div className="row__main">
                <strong>{name}</strong>
                <span className="row__soft">{facts.join(' · ')}</span>
              </div>
              {link.state === 'active' ? (
                <Button onPress={() => revoke(link, name)}>{t('sharing.people.revoke')}</Button>
              ) : null}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
