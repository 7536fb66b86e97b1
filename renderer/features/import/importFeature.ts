import { goTo } from '../../data/navigation.ts';
import { showToast } from '../../data/toasts.ts';
import { deferred } from '../deferred.tsx';
import type { Feature } from '../registry.ts';
import { DropZone } from './DropZone.tsx';
import { ImportChip } from './ImportChip.tsx';
import { chooseSource } from './importSteps.ts';
import { UploadChip } from './UploadChip.tsx';

const ImportReport = deferred(() => import('./ImportReport.tsx').then((part) => part.ImportReport));

/** Taking photos in. */
export const importFeature: Feature = {
  id: 'import',
  preload: [ImportReport],
  toolbar: [
    { id: 'upload', order: 90, component: UploadChip },
    { id: 'import', order: 100, component: ImportChip },
  ],
  screens: [{ name: 'imports', title: (core) => core.t('import.report'), component: ImportReport }],
  overlays: [{ id: 'dropZone', component: DropZone }],
  commands: {
    'import.files': { run: (core) => chooseSource(core, 'import') },
    'import.addFolder': { run: (core) => chooseSource(core, 'watch') },
    'import.rescan': {
      run: async (core) => {
        await core.client.library.rescan({});
        showToast(core.toasts, { tone: 'plain', text: core.t('import.rescanning'), action: null });
      },
    },
    'import.report': { run: (core) => goTo(core.navigation, { kind: 'screen', name: 'imports', arg: '' }) },
  },
};
