import { Button } from '../../components/buttons.tsx';
import { openDialog } from '../../data/core.ts';
import { useCore, useT } from '../../data/useCore.ts';

type Props = {
  /** Ask first: what is open now closes, and the app starts again. Not needed before there is anything to see. */
  readonly ask: boolean;
};

/** Opens a library in another folder, where the shell can. */
export function ChooseLibrary({ ask }: Props) {
  const core = useCore();
  const t = useT();
  if (!core.info.capabilities.switchLibrary) return null;
  const choose = async (): Promise<void> => {
    const { paths } = await core.client.app.chooseFolder({ purpose: 'library' });
    const [path] = paths;
    if (path === undefined) return;
    const open = async (): Promise<void> => {
      await core.client.app.openLibrary({ path });
    };
    if (!ask) return open();
    openDialog(core, {
      kind: 'confirm',
      title: t('library.switchTitle'),
      text: t('library.switchText', { path }),
      confirm: t('library.switch'),
      danger: false,
      done: open,
    });
  };
  return (
    <Button tone="plain" onPress={() => void choose().catch(core.report)}>
      {t('library.choose')}
    </Button>
  );
}
