import { useState } from 'react';
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { errorMessage } from '../../shared/errors.ts';
import { useCore, useT } from '../data/useCore.ts';
import { Button } from './buttons.tsx';
import { FieldError } from './fields.tsx';
import { useShown } from './useShown.ts';

type SheetProps = {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
  readonly wide?: boolean;
  /** `alertdialog` interrupts with a question about something that is lost. */
  readonly role?: 'dialog' | 'alertdialog';
};

/** A sheet in the middle of the window. Esc and a press outside close it; focus stays in and returns where it was. */
export function Sheet({ title, onClose, children, foot, wide = false, role = 'dialog' }: SheetProps) {
  return (
    <ModalOverlay className="scrim" isOpen isDismissable onOpenChange={(open) => (open ? undefined : onClose())}>
      <Modal className={wide ? 'sheet sheet--wide' : 'sheet'}>
        <AriaDialog className="dialog" role={role}>
          <Heading slot="title" className="dialog__title">
            {title}
          </Heading>
          <div className="dialog__body">{children}</div>
          {foot === undefined ? null : <div className="dialog__foot">{foot}</div>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

type FormSheetProps = {
  readonly title: string;
  readonly confirm: string;
  readonly onClose: () => void;
  /**
   * Closes the sheet when it succeeds; what it throws is shown and the sheet stays. A sheet closed before lets it go on, and
   * what it throws is said outside.
   */
  readonly onConfirm: () => Promise<void>;
  readonly disabled?: boolean;
  readonly danger?: boolean;
  /** What is confirmed leads on to another sheet in this one's place. */
  readonly staysOpen?: boolean;
  readonly wide?: boolean;
  readonly children: ReactNode;
  /** Left of the buttons. */
  readonly aside?: ReactNode;
};

/** A sheet that asks for something and does it: Return confirms, the button says what will happen. */
export function FormSheet(props: FormSheetProps) {
  const { title, confirm, onClose, onConfirm, disabled = false, danger = false, wide = false, children, aside } = props;
  const { staysOpen = false } = props;
  const { report } = useCore();
  const t = useT();
  const shown = useShown();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (): Promise<void> => {
    if (disabled || busy) return;
    setBusy(true);
    setProblem(null);
    try {
      await onConfirm();
      if (!staysOpen && shown.current) onClose();
    } catch (error) {
      if (!shown.current) return report(error);
      // It stays beside what has to be corrected; a toast would be gone before a long sentence is read.
      setProblem(errorMessage(error));
      setBusy(false);
    }
  };
  return (
    <Sheet
      title={title}
      onClose={onClose}
      wide={wide}
      role={danger ? 'alertdialog' : 'dialog'}
      foot={
        <>
          {aside === undefined ? null : <div className="dialog__foot-start">{aside}</div>}
          <Button onPress={onClose} autoFocus={danger}>
            {t(busy ? 'action.close' : 'action.cancel')}
          </Button>
          <Button
            tone={danger ? 'danger' : 'primary'}
            disabled={disabled}
            // It keeps the keyboard, so that Esc closes the sheet while the step goes on.
            pending={busy}
            onPress={() => void submit()}
          >
            {confirm}
          </Button>
        </>
      }
    >
      <form
        className="field"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {children}
        <FieldError text={problem} />
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Sheet>
  );
}
