import { ArrowLeft, Info, PanelLeft } from 'lucide-react';
import { IconButton } from '../../components/buttons.tsx';
import { Range, Segments } from '../../components/fields.tsx';
import { runCommand } from '../../data/commandRunner.ts';
import { keyLabel } from '../../data/keys.ts';
import { isScoped, viewOf } from '../../data/navigation.ts';
import { isMac } from '../../data/platform.ts';
import { useCore, useNavigation, useSettings, useT, useWindow } from '../../data/useCore.ts';
import { SearchField } from '../search/SearchField.tsx';
import { AppMenu } from './AppMenu.tsx';
import { PlaceTitle } from './PlaceTitle.tsx';
import { useSidebarVisible } from './sidebarPlace.ts';
import './toolbar.css';

/** Smallest and largest row height of the timeline, px; the settings schema allows the same. */
export const densityRange = { min: 80, max: 480, step: 20 } as const;

/** The strip above every screen: where one is, search, scope, density, and what features add. */
export function Toolbar() {
  const core = useCore();
  const t = useT();
  const place = useNavigation((state) => state.place);
  const canGoBack = useNavigation((state) => state.back.length > 0);
  const scope = useSettings((settings) => settings.scope);
  const density = useSettings((settings) => settings.density);
  const sidebarVisible = useSidebarVisible();
  const inspectorVisible = useSettings((settings) => settings.inspectorVisible);
  const history = useWindow((state) => state.history);
  const photos = viewOf(place, '', scope) !== null;
  return (
    <header className="toolbar">
      <AppMenu />
      <IconButton
        icon={PanelLeft}
        label={t('toolbar.sidebar')}
        keys={keyLabel('Mod+Alt+S', isMac())}
        selected={sidebarVisible}
        onPress={() => runCommand(core, 'view.sidebar')}
      />
      <IconButton
        icon={ArrowLeft}
        label={t('toolbar.back')}
        keys={keyLabel('Alt+ArrowLeft', isMac())}
        disabled={!canGoBack}
        onPress={() => runCommand(core, 'view.back')}
      />
      <PlaceTitle />
      <SearchField />
      {isScoped(place) ? (
        <Segments
          label={t('toolbar.scope')}
          value={scope}
          options={[
            { id: 'personal', label: t('scope.personal') },
            { id: 'shared', label: t('scope.shared') },
            { id: 'both', label: t('scope.both') },
          ]}
          onChange={(next) => core.changeSettings({ scope: next })}
        />
      ) : null}
      {photos ? (
        <Range
          label={t('toolbar.density')}
          value={density}
          {...densityRange}
          onChange={(next) => core.changeSettings({ density: next })}
        />
      ) : null}
      {core.registry.toolbar.map(({ id, component: Part }) => (
        <Part key={id} />
      ))}
      {photos ? (
        <IconButton
          icon={Info}
          label={t('toolbar.inspector')}
          keys={keyLabel('I', isMac())}
          selected={inspectorVisible && !history}
          onPress={() => runCommand(core, 'view.inspector')}
        />
      ) : null}
    </header>
  );
}
