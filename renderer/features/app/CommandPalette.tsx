import { useId, useMemo, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { runCommand, shownCommands } from '../../data/commandRunner.ts';
import { keyLabel } from '../../data/keys.ts';
import { isMac } from '../../data/platform.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { rankCommands } from './rankCommands.ts';
import './palette.css';

/** Every command by name: type a part of it, Return runs it. Commands that cannot be used now say why. */
export function CommandPalette({ onClose }: { readonly onClose: () => void }) {
  const core = useCore();
  const t = useT();
  const listID = useId();
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const all = useMemo(() => shownCommands(core).filter((shown) => shown.command.id !== 'app.palette'), [core]);
  const found = useMemo(() => rankCommands(all, text), [all, text]);
  const run = (index: number): void => {
    const shown = found[index];
    if (shown === undefined || shown.obstacle !== null) return;
    onClose();
    // After the focus is back where it was: some commands act on the focused list.
    requestAnimationFrame(() => runCommand(core, shown.command.id));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && found.length > 0) {
      event.preventDefault();
      const next = (active + step + found.length) % found.length;
      setActive(next);
      document.getElementById(`${listID}-${next}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(active);
    }
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
            role="combobox"
            aria-label={t('palette.label')}
            aria-expanded
            aria-controls={listID}
            aria-autocomplete="list"
            aria-activedescendant={found.length > 0 ? `${listID}-${active}` : undefined}
            placeholder={t('palette.placeholder')}
            autoComplete="off"
            spellCheck={false}
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- typing is the only thing to do here
            autoFocus
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setActive(0);
            }}
            onKeyDown={onKeyDown}
          />
          <ul id={listID} role="listbox" aria-label={t('palette.title')} className="palette__list">
            {found.map((shown, index) => (
              <li
                key={shown.command.id}
                id={`${listID}-${index}`}
                role="option"
                className="palette__item"
                aria-selected={index === active}
                aria-disabled={shown.obstacle !== null}
                onPointerMove={() => setActive(index)}
                onClick={() => run(index)}
              >
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
              </li>
            ))}
          </ul>
          {found.length === 0 ? <p className="palette__none">{t('palette.none')}</p> : null}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
