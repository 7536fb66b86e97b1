import { FolderPlus, HardDrive, Images } from 'lucide-react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { Button } from '../../components/buttons.tsx';
import { chooseSource } from '../import/importSteps.ts';
import { ChooseLibrary } from './ChooseLibrary.tsx';
import { useCore, useT } from '../../data/useCore.ts';
import './firstRun.css';

/** The first thing a person sees: what this is, where the library lies, and how photos get in. */
export function FirstRun({ directory }: { readonly directory: string }) {
  const core = useCore();
  const t = useT();
  const finish = (): void => core.changeSettings({ onboarded: true });
  const add = (purpose: 'watch' | 'import'): void => {
    finish();
    chooseSource(core, purpose).catch(core.report);
  };
  return (
    <ModalOverlay className="scrim first-run__scrim" isOpen>
      <Modal className="sheet sheet--wide">
        <Dialog className="dialog first-run">
          <span className="first-run__mark" aria-hidden>
            <Images size={34} strokeWidth={1.5} />
          </span>
          <Heading slot="title" className="first-run__title">
            {t('first.title')}
          </Heading>
          <p className="first-run__text">{t('first.text')}</p>
          <p className="first-run__library">
            <HardDrive size={16} aria-hidden />
            <span>
              {t('first.library')} <span className="selectable">{directory}</span>
            </span>
            <ChooseLibrary ask={false} />
          </p>
          <div className="first-run__choices">
            <button type="button" className="first-run__choice" onClick={() => add('watch')}>
              <FolderPlus size={24} strokeWidth={1.5} aria-hidden />
              <strong>{t('import.addFolder')}</strong>
              <span>{t('first.watch')}</span>
            </button>
            <button type="button" className="first-run__choice" onClick={() => add('import')}>
              <Images size={24} strokeWidth={1.5} aria-hidden />
              <strong>{t('import.copy')}</strong>
              <span>{t('first.copy')}</span>
            </button>
          </div>
          <Button tone="plain" onPress={finish}>
            {t('first.later')}
          </Button>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
