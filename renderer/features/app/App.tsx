import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { I18nProvider } from 'react-aria-components';
import { Compass } from 'lucide-react';
import { ErrorBoundary } from '../../components/ErrorBoundary.tsx';
import { EmptyFace } from '../../components/faces.tsx';
import { Toasts } from '../../components/Toasts.tsx';
import { undoLimit } from '../../data/commandRunner.ts';
import type { Core } from '../../data/core.ts';
import { CoreContext, useCore, useNavigation, useSettings, useT, useWindow } from '../../data/useCore.ts';
import { Inspector } from '../inspector/Inspector.tsx';
import { PhotosScreen } from '../library/PhotosScreen.tsx';
import { ConnectionStrip } from './ConnectionStrip.tsx';
import { Sidebar } from './Sidebar.tsx';
import { Toolbar } from './Toolbar.tsx';
import { useCommandKeys } from './useCommandKeys.ts';
import { useTheme } from './useTheme.ts';
import { HistoryColumn } from '../organise/historyColumn.ts';
import { Viewer } from './windowParts.ts';
import { useSyncedAddress } from './useSyncedAddress.ts';
import './app.css';

/** The window: sidebar, toolbar, the place in the middle, the inspector, and whatever lies over them. */
export function App({ core }: { readonly core: Core }) {
  return (
    <CoreContext value={core}>
      <QueryClientProvider client={core.queryClient}>
        <I18nProvider locale={core.locales[0] ?? 'en'}>
          <ErrorBoundary>
            <Window />
          </ErrorBoundary>
        </I18nProvider>
      </QueryClientProvider>
    </CoreContext>
  );
}

function Window() {
  const core = useCore();
  useTheme(core);
  useCommandKeys(core);
  useSyncedAddress(core);
  useEffect(() => {
    const request = requestIdleCallback(() => {
      void (async () => {
        // One after the other, below everything a person does meanwhile. What fails is fetched, and told, when shown.
        for (const part of core.registry.preload) await part.preload().catch(() => undefined);
      })();
    });
    return () => cancelIdleCallback(request);
  }, [core]);
  // Menus ask for these without waiting: kept fresh here, whatever screen is shown.
  useQuery(core.queries.undo.list.queryOptions({ input: { limit: undoLimit } }));
  useQuery(core.queries.albums.list.queryOptions({ input: {} }));
  const inspector = useSettings((settings) => settings.inspectorVisible);
  const history = useWindow((state) => state.history);
  const shown = useNavigation((state) => state.photo);
  const viewerOpen = shown !== null;
  // Behind a viewer that shows nothing, keys would still mean its photo.
  const closeViewer = (error: unknown): void => {
    core.navigation.setState({ photo: null });
    core.report(error);
  };
  // A screen has no photos to select: the inspector would be an empty column there.
  const photos = useNavigation((state) => state.place.kind !== 'screen');
  return (
    <div className="window">
      <ConnectionStrip />
      <div className="window__body" inert={viewerOpen}>
        <Sidebar />
        <div className="window__main">
          <Toolbar />
          <div className="window__content">
            <PlaceView />
            {viewerOpen ? null : history ? <HistoryColumn /> : inspector && photos ? <Inspector /> : null}
          </div>
        </div>
      </div>
      {viewerOpen ? (
        <ErrorBoundary of={shown} onError={closeViewer}>
          <Viewer />
        </ErrorBoundary>
      ) : null}
      {core.registry.overlays.map(({ id, component: Part }) => (
        <Part key={id} />
      ))}
      <Toasts />
    </div>
  );
}

function PlaceView() {
  const core = useCore();
  const t = useT();
  const place = useNavigation((state) => state.place);
  useEffect(() => core.selection.setState({ ids: new Set(), anchor: null, focus: null }), [core, place]);
  if (place.kind !== 'screen')
    return (
      <ErrorBoundary of={place}>
        <PhotosScreen place={place} />
      </ErrorBoundary>
    );
  const screen = core.registry.screen(place.name);
  if (screen === undefined)
    return (
      <main className="screen">
        <EmptyFace icon={Compass} title={t('place.unknown')} text={t('place.unknownText')} />
      </main>
    );
  const { component: Screen } = screen;
  return (
    <main className="screen">
      <ErrorBoundary of={place}>
        <Screen key={place.name} arg={place.arg} />
      </ErrorBoundary>
    </main>
  );
}
