import { Brush, Folder, HardDrive, Keyboard, Library, Wrench } from 'lucide-react';
import type { PhotoScope } from '../../../shared/model/photo.ts';
import { redoStep, undoStep } from '../../data/actions.ts';
import { openDialog } from '../../data/core.ts';
import type { Core } from '../../data/core.ts';
import { goBack, goTo, isScoped } from '../../data/navigation.ts';
import type { CommandHandler, Feature } from '../registry.ts';
import { deferred } from '../deferred.tsx';
import { Welcome } from '../onboarding/Welcome.tsx';
import { Dialogs, dialogParts } from '../organise/Dialogs.tsx';
import type * as SettingsPages from '../settings/pages.tsx';
import { SettingsRow } from '../settings/SettingsRow.tsx';
import { sendZoom } from '../viewer/viewerEvents.ts';
import { toggleSidebar } from './sidebarPlace.ts';
import { densityRange } from './Toolbar.tsx';
import { windowParts } from './windowParts.ts';

const grouping = (value: 'day' | 'month' | 'year'): CommandHandler => ({
  run: (core) => core.changeSettings({ grouping: value }),
});

const scope = (value: PhotoScope): CommandHandler => ({
  applies: (core) => isScoped(core.navigation.getState().place),
  run: (core) => core.changeSettings({ scope: value }),
});

const theme = (value: 'system' | 'light' | 'dark'): CommandHandler => ({
  run: (core) => core.changeSettings({ theme: value }),
});

function density(core: Core, steps: number): void {
  const { min, max, step } = densityRange;
  const next = core.settings.getState().density + steps * step * 2;
  core.changeSettings({ density: Math.min(max, Math.max(min, next)) });
}

/** History stands in the inspector's place: asked for then, the inspector comes in any case. */
function toggleInspector(core: Core): void {
  const { history } = core.window.getState();
  core.window.setState({ history: false });
  core.changeSettings({ inspectorVisible: history || !core.settings.getState().inspectorVisible });
}

async function toggleFullScreen(): Promise<void> {
  if (document.fullscreenElement === null) await document.documentElement.requestFullscreen();
  else await document.exitFullscreen();
}

function startSlideshow(core: Core): void {
  const { photo } = core.navigation.getState();
  const first = photo ?? core.selection.getState().focus ?? core.viewerTimeline().snapshot().ids[0] ?? null;
  if (first === null) return;
  core.navigation.setState({ photo: first });
  core.window.setState((before) => ({ slideshow: !before.slideshow }));
}

const SettingsScreen = deferred(() => import('../settings/SettingsScreen.tsx').then((part) => part.SettingsScreen));
const pages = (): Promise<typeof SettingsPages> => import('../settings/pages.tsx');

/** The window itself: going around, appearance, undo, palette, settings. */
export const appFeature: Feature = {
  id: 'app',
  preload: [...windowParts, ...dialogParts, SettingsScreen],
  sidebar: [{ id: 'settings', order: 990, component: SettingsRow }],
  screens: [{ name: 'settings', title: (core) => core.t('settings.title'), component: SettingsScreen }],
  overlays: [
    { id: 'dialogs', component: Dialogs },
    { id: 'firstRun', component: Welcome },
  ],
  settings: [
    {
      id: 'library',
      order: 100,
      icon: Library,
      label: (core) => core.t('settings.library'),
      component: deferred(() => pages().then((part) => part.LibraryPage)),
    },
    {
      id: 'folders',
      order: 200,
      icon: Folder,
      label: (core) => core.t('settings.folders'),
      component: deferred(() => pages().then((part) => part.FoldersPage)),
    },
    {
      id: 'appearance',
      order: 500,
      icon: Brush,
      label: (core) => core.t('settings.appearance'),
      component: deferred(() => pages().then((part) => part.AppearancePage)),
    },
    {
      id: 'shortcuts',
      order: 600,
      icon: Keyboard,
      label: (core) => core.t('settings.shortcuts'),
      component: deferred(() => pages().then((part) => part.ShortcutsPage)),
    },
    {
      id: 'storage',
      order: 700,
      icon: HardDrive,
      label: (core) => core.t('settings.storage'),
      component: deferred(() => pages().then((part) => part.StoragePage)),
    },
    {
      id: 'advanced',
      order: 900,
      icon: Wrench,
      label: (core) => core.t('settings.advanced'),
      component: deferred(() => pages().then((part) => part.AdvancedPage)),
    },
  ],
  commands: {
    'app.settings': { run: (core) => goTo(core.navigation, { kind: 'screen', name: 'settings', arg: '' }) },
    'app.palette': { run: (core) => openDialog(core, { kind: 'palette' }) },
    'help.shortcuts': { run: (core) => openDialog(core, { kind: 'shortcuts' }) },
    'edit.undo': { run: (core) => undoStep(core) },
    'edit.redo': { run: redoStep },
    'edit.history': { run: (core) => core.window.setState((before) => ({ history: !before.history })) },
    'view.sidebar': { run: toggleSidebar },
    'view.inspector': { run: toggleInspector },
    'scope.personal': scope('personal'),
    'scope.shared': scope('shared'),
    'scope.both': scope('both'),
    'view.day': grouping('day'),
    'view.month': grouping('month'),
    'view.year': grouping('year'),
    'view.larger': { run: (core) => density(core, 1) },
    'view.smaller': { run: (core) => density(core, -1) },
    'view.fullscreen': { run: toggleFullScreen },
    'view.back': { run: (core) => goBack(core.navigation) },
    'viewer.zoom': { run: () => sendZoom('toggle') },
    'viewer.slideshow': { run: startSlideshow },
    'theme.system': theme('system'),
    'theme.light': theme('light'),
    'theme.dark': theme('dark'),
  },
};
