import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { Core } from '../../data/core.ts';

/** Puts the chosen theme and motion on the document; "system" follows the system as it changes. */
export function useTheme(core: Core): void {
  const theme = useStore(core.settings, (settings) => settings.theme);
  const reducedMotion = useStore(core.settings, (settings) => settings.reducedMotion);
  useEffect(() => {
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    const apply = (): void => {
      document.documentElement.dataset['theme'] = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
    };
    apply();
    dark.addEventListener('change', apply);
    return () => dark.removeEventListener('change', apply);
  }, [theme]);
  useEffect(() => {
    if (reducedMotion) document.documentElement.dataset['motion'] = 'reduced';
    else delete document.documentElement.dataset['motion'];
  }, [reducedMotion]);
}
