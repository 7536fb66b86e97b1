import { Button } from '../../components/buttons.tsx';
import { runCommand } from '../../data/commandRunner.ts';
import { useCore, useT } from '../../data/useCore.ts';

/** Over the trash: how long things stay, and the way to empty it. */
export function TrashStrip() {
  const core = useCore();
  const t = useT();
  return (
    <div className="search-strip">
      <span className="search-strip__chips">{t('trash.explanation')}</span>
      <Button tone="plain" onPress={() => runCommand(core, 'trash.empty')}>
        {t('trash.empty')}
      </Button>
    </div>
  );
}
