import { commandMenus, commands } from '../../../shared/commands.ts';
import { Sheet } from '../../components/dialogs.tsx';
import { Button } from '../../components/buttons.tsx';
import { keyLabel } from '../../data/keys.ts';
import { isMac } from '../../data/platform.ts';
import { useCore, useT } from '../../data/useCore.ts';
import './palette.css';

/** All commands with keys, by menu. */
export function ShortcutList() {
  const core = useCore();
  const t = useT();
  const handled = commands.filter(
    (command) => command.keys.length > 0 && core.registry.handler(command.id) !== undefined,
  );
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a long list must be scrollable by key
    <div className="shortcuts" tabIndex={0} role="group" aria-label={t('shortcuts.title')}>
      {commandMenus.map((menu) => {
        const lines = handled.filter((command) => command.menu === menu);
        if (lines.length === 0) return null;
        return (
          <section key={menu} className="shortcuts__group">
            <h3>{t(`menu.${menu}`)}</h3>
            <dl>
              {lines.map((command) => (
                <div key={command.id} className="shortcuts__line">
                  <dt>{command.label}</dt>
                  <dd>
                    {command.keys.slice(0, 1).map((key) => (
                      <kbd key={key} className="kbd">
                        {keyLabel(key, isMac())}
                      </kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        );
      })}
    </div>
  );
}

/** The sheet of shortcuts. */
export function ShortcutSheet({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  return (
    <Sheet
      title={t('shortcuts.title')}
      wide
      onClose={onClose}
      foot={
        <Button tone="primary" onPress={onClose}>
          {t('action.done')}
        </Button>
      }
    >
      <ShortcutList />
    </Sheet>
  );
}
