import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { useCore, useT } from '../../data/useCore.ts';
import { goTo } from '../../data/navigation.ts';
import './settings.css';

/** All settings, one page per subject; features add theirs through the registry. `arg` is the page. */
export function SettingsScreen({ arg }: { readonly arg: string }) {
  const core = useCore();
  const t = useT();
  const pages = core.registry.settings;
  const current = pages.find((page) => page.id === arg) ?? pages[0];
  if (current === undefined) return null;
  return (
    <Tabs
      className="settings"
      orientation="vertical"
      selectedKey={current.id}
      onSelectionChange={(key) => goTo(core.navigation, { kind: 'screen', name: 'settings', arg: String(key) })}
    >
      <TabList className="settings__tabs" aria-label={t('settings.title')}>
        {pages.map(({ id, icon: Icon, label }) => (
          <Tab key={id} id={id} className="settings__tab">
            <Icon size={16} strokeWidth={1.75} aria-hidden />
            {label(core)}
          </Tab>
        ))}
      </TabList>
      {pages.map(({ id, component: Page, label }) => (
        <TabPanel key={id} id={id} className="settings__panel">
          <div className="column">
            <h2 className="settings__title">{label(core)}</h2>
            <Page />
          </div>
        </TabPanel>
      ))}
    </Tabs>
  );
}
