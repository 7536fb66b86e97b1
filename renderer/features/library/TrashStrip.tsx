import { useQuery } from '@tanstack/react-query';
import { Button } from '../../components/buttons.tsx';
import { runCommand } from '../../data/commandRunner.ts';
import { useCore, useT } from '../../data/useCore.ts';

/** Over the trash: how long things stay, and the way to empty it. */
export function TrashStrip() {
  const core = useCore();
  const t = useT();
  const { data: info } = useQuery(core.queries.library.info.queryOptions({ input: {} }));
  if (info === undefined || info.trashed === 0) return null;
  return (
    <div className="search-strip">
      <span className="search-strip__chips">{t('trash.explanation')}</span>
      <Button tone="plain" onPress={() => runCommand(core, 'trash.empty')}>
        {t('trash.empty')}
      </Button>
    </div>
  );
}
