import { createRoot } from 'react-dom/client';
import { contractVersion } from '../shared/contract/version.ts';
import { errorMessage } from '../shared/errors.ts';
import { connect } from './bridge/connect.ts';
import { createCore } from './data/core.ts';
import { createTranslate } from './data/messages.ts';
import { fromHash } from './data/navigation.ts';
import { openVideoFrames } from './data/videoFrames.ts';
import { features } from './features/all.ts';
import { App } from './features/app/App.tsx';
import { StartTrouble } from './features/app/StartTrouble.tsx';
import { createRegistry } from './features/registry.ts';
import './styles/tokens.css';
import './styles/base.css';
import './components/components.css';
import './components/pages.css';
import './components/toasts.css';

const container = document.querySelector('#root');
if (container === null) throw new Error('The page has no place for the app.');
const root = createRoot(container);
const dark = window.matchMedia('(prefers-color-scheme: dark)').matches;
document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
const locales = [...navigator.languages];
const t = createTranslate(locales);

/** Connects, asks what the shell can do, and shows the window; what goes wrong is said in words, with another try. */
async function start(): Promise<void> {
  try {
    const bridge = await connect();
    const [info, settings] = await Promise.all([bridge.client.app.info({}), bridge.client.app.settings({})]);
    if (info.contractVersion !== contractVersion) throw new Error(t('start.otherVersion'));
    const core = createCore({
      bridge,
      info,
      settings,
      registry: createRegistry(features),
      t,
      locales,
      start: fromHash(window.location.hash),
      now: () => performance.now(),
      openVideo: openVideoFrames,
      setTimer: (run, milliseconds) => window.setTimeout(run, milliseconds),
      clearTimer: (timer) => window.clearTimeout(timer),
    });
    root.render(<App core={core} />);
  } catch (error) {
    root.render(<StartTrouble t={t} message={errorMessage(error)} onRetry={() => void start()} />);
  }
}

void start();
