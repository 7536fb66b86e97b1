import { useMemo, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { CompletionList, useCompletion } from '../../components/completion.tsx';
import { runCommand, shownCommands } from '../../data/commandRunner.ts';
import type { ShownCommand } from '../../data/commandRunner.ts';
import { keyLabel } from '../../data/keys.ts';
import { isMac } from '../../data/platform.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { rankCommands } from './rankCommands.ts';
import './palette.css';

/** Every command by name: type a part of it, Return runs it. Commands that cannot be used now say why. */
export function CommandPalette({ onClose }: { readonly onClose: () => void }) {
  const core = useCore();
  const t = useT();
  const [text, setText] = useState('');
  const all = useMemo(() => shownCommands(core).filter((shown) => shown.command.id !== 'app.palette'), [core]);
  const found = useMemo(() => rankCommands(all, text), [all, text]);
  const completion = useCompletion(found, { always: true });
  const run = (shown: ShownCommand | null): void => {
    if (shown === null || shown.obstacle !== null) return;
    onClose();
    // After the focus is back where it was: some commands act on the focused list.
    requestAnimationFrame(() => runCommand(core, shown.command.id));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (completion.move(event) || event.key !== 'Enter') return;
    event.preventDefault();
    run(completion.marked);
  };
  return (
    <ModalOverlay
      className="scrim scrim--top"
      isOpen
      isDismissable
      onOpenChange={(open) => (open ? undefined : onClose())}
    >
      <Modal className="sheet palette">
        <Dialog className="dialog">
          <Heading slot="title" className="visually-hidden">
            {t('palette.title')}
          </Heading>
          <input
            className="palette__input"
            {...completion.field}
            aria-label={t('palette.label')}
            placeholder={t('palette.placeholder')}
            spellCheck={false}
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- typing is the only thing to do here
            autoFocus
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              completion.unmark();
            }}
            onKeyDown={onKeyDown}
          />
          <CompletionList
            completion={completion}
            label={t('palette.title')}
            className="palette__list"
            optionClassName="palette__item"
            keyOf={(shown) => shown.command.id}
            onChoose={run}
            disabled={(shown) => shown.obstacle !== null}
          >
            {(shown) => (
              <>
                <span className="menu__text">
                  {shown.label}
                  {shown.obstacle === null ? null : <span className="menu__reason">{shown.obstacle}</span>}
                </span>
                <span className="palette__keys">
                  {shown.command.keys.slice(0, 1).map((key) => (
                    <kbd key={key} className="kbd">
                      {keyLabel(key, isMac())}
                    </kbd>
                  ))}
                </span>
              </>
            )}
          </CompletionList>
          {found.length === 0 ? <p className="palette__none">{t('palette.none')}</p> : null}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
