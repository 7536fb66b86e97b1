import { Settings } from 'lucide-react';
import { useT } from '../../data/useCore.ts';
import { SidebarRow } from '../app/SidebarRow.tsx';

/** The way to the settings, at the foot of the sidebar. */
export function SettingsRow() {
  const t = useT();
  return (
    <ul>
      <SidebarRow
        icon={Settings}
        label={t('settings.title')}
        place={{ kind: 'screen', name: 'settings', arg: '' }}
        allPages
      />
    </ul>
  );
}
