import { useState } from 'react';
import { errorMessage } from '../../../shared/errors.ts';
import { FormSheet, Sheet } from '../../components/dialogs.tsx';
import { Button } from '../../components/buttons.tsx';
import { Check, FieldError, TextInput } from '../../components/fields.tsx';
import { closeDialog } from '../../data/core.ts';
import type { Dialog } from '../../data/core.ts';
import { useCore, useT, useWindow } from '../../data/useCore.ts';
import type { PhotoID } from '../../../shared/ids.ts';
import { CommandPalette } from '../app/CommandPalette.tsx';
import { deferred } from '../deferred.tsx';
import { TagField } from '../inspector/TagField.tsx';
import { changeTags, useTagStates } from '../inspector/tagStates.ts';

const overlay = { as: 'overlay' } as const;
const FolderDialog = deferred(() => import('../import/FolderDialog.tsx').then((part) => part.FolderDialog), overlay);
const RulesDialog = deferred(() => import('../albums/RulesDialog.tsx').then((part) => part.RulesDialog), overlay);
const AddToAlbumDialog = deferred(
  () => import('../albums/AddToAlbumDialog.tsx').then((part) => part.AddToAlbumDialog),
  overlay,
);
const ShortcutSheet = deferred(() => import('../app/ShortcutSheet.tsx').then((part) => part.ShortcutSheet), overlay);
const DateDialog = deferred(() => import('./DateDialog.tsx').then((part) => part.DateDialog), overlay);
const PlaceDialog = deferred(() => import('./PlaceDialog.tsx').then((part) => part.PlaceDialog), overlay);

/** Fetched ahead of time, so that a key opens them at once. */
export const dialogParts = [AddToAlbumDialog, FolderDialog, RulesDialog, DateDialog, PlaceDialog, ShortcutSheet];

/** The one dialog of the organising features that is open, if any. */
export function Dialogs() {
  const core = useCore();
  const dialog = useWindow((state) => state.dialog);
  const close = (): void => {
    // A step that opened the next dialog itself has already replaced this one.
    if (core.window.getState().dialog === dialog) closeDialog(core);
  };
  switch (dialog.kind) {
    case 'none':
      return null;
    case 'palette':
      return <CommandPalette onClose={close} />;
    case 'shortcuts':
      return <ShortcutSheet onClose={close} />;
    case 'addFolder':
      return <FolderDialog purpose={dialog.purpose} onClose={close} />;
    case 'addToAlbum':
      return <AddToAlbumDialog photoIDs={dialog.photoIDs} onClose={close} />;
    case 'tags':
      return <TagsDialog photoIDs={dialog.photoIDs} onClose={close} />;
    case 'date':
      return <DateDialog photoIDs={dialog.photoIDs} onClose={close} />;
    case 'place':
      return <PlaceDialog photoIDs={dialog.photoIDs} onClose={close} />;
    case 'rules':
      return <RulesDialog album={dialog.album} onClose={close} />;
    case 'name':
      return <NameDialog dialog={dialog} onClose={close} />;
    case 'confirm':
      return <ConfirmDialog dialog={dialog} onClose={close} />;
  }
}

type Of<Kind extends Dialog['kind']> = Extract<Dialog, { readonly kind: Kind }>;

function NameDialog({ dialog, onClose }: { readonly dialog: Of<'name'>; readonly onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState(dialog.value);
  return (
    <FormSheet
      title={dialog.title}
      confirm={dialog.confirm}
      disabled={name.trim() === ''}
      onClose={onClose}
      onConfirm={() => dialog.done(name.trim())}
    >
      <TextInput label={t('action.name')} value={name} onChange={setName} autoFocus maxLength={200} />
    </FormSheet>
  );
}

function ConfirmDialog({ dialog, onClose }: { readonly dialog: Of<'confirm'>; readonly onClose: () => void }) {
  const [ticked, setTicked] = useState(false);
  return (
    <FormSheet
      title={dialog.title}
      confirm={dialog.confirm}
      danger={dialog.danger}
      onClose={onClose}
      onConfirm={() => dialog.done(ticked)}
    >
      <p className="dialog__text">{dialog.text}</p>
      {dialog.option === undefined ? null : (
        <Check selected={ticked} onChange={setTicked}>
          {dialog.option}
        </Check>
      )}
    </FormSheet>
  );
}

function TagsDialog({ photoIDs, onClose }: { readonly photoIDs: readonly PhotoID[]; readonly onClose: () => void }) {
  const core = useCore();
  const t = useT();
  const { tags, error } = useTagStates(photoIDs);
  const [text, setText] = useState('');
  const finish = (): void => {
    // A tag that was typed is meant, whether or not Return was pressed after it.
    const name = text.trim();
    if (name !== '') changeTags(core, photoIDs, { add: [name] }).catch(core.report);
    onClose();
  };
  return (
    <Sheet
      title={t('tags.title', { count: photoIDs.length })}
      onClose={onClose}
      foot={
        <Button tone="primary" onPress={finish}>
          {t('action.done')}
        </Button>
      }
    >
      <div className="tall-dialog">
        <TagField photoIDs={photoIDs} autoFocus tags={tags} entry={[text, setText]} />
        <FieldError text={error === null ? null : errorMessage(error)} />
      </div>
    </Sheet>
  );
}
