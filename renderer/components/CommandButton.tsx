import type { LucideIcon } from 'lucide-react';
import type { CommandID } from '../../shared/commands.ts';
import { runCommand, showCommand } from '../data/commandRunner.ts';
import { keyLabel } from '../data/keys.ts';
import { isMac } from '../data/platform.ts';
import { useCore } from '../data/useCore.ts';
import { IconButton } from './buttons.tsx';

/** A button that runs a command, with its name and key; not there where the command cannot be used. */
export function CommandButton({ id, icon }: { readonly id: CommandID; readonly icon: LucideIcon }) {
  const core = useCore();
  const shown = showCommand(core, id);
  if (shown === null || shown.obstacle !== null) return null;
  const [key] = shown.command.keys;
  return (
    <IconButton
      icon={icon}
      label={shown.label}
      {...(key === undefined ? {} : { keys: keyLabel(key, isMac()) })}
      onPress={() => runCommand(core, id)}
    />
  );
}
