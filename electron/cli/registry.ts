import { accountCommands } from './account.ts';
import type { CliCommand } from './command.ts';
import { editCommands } from './edit.ts';
import { exportCommands } from './export.ts';
import { headlessCommands } from './headless.ts';
import { historyCommands } from './history.ts';
import { importCommands } from './import.ts';
import { listCommands } from './list.ts';
import { maintenanceCommands } from './maintenance.ts';
import { organiseCommands } from './organise.ts';
import { shareCommands } from './share.ts';
import { shareLinkCommands } from './shareLinks.ts';
import { shareSettingsCommands } from './shareSettings.ts';
import { syncCommands } from './sync.ts';
import { watchCommands } from './watch.ts';

/** Every command there is, in the order of the help. A new group is a file with its commands and one line here. */
export const cliCommands: readonly CliCommand[] = [
  ...headlessCommands,
  ...importCommands,
  ...watchCommands,
  ...listCommands,
  ...organiseCommands,
  ...editCommands,
  ...exportCommands,
  ...accountCommands,
  ...syncCommands,
  ...shareCommands,
  ...shareLinkCommands,
  ...shareSettingsCommands,
  ...historyCommands,
  ...maintenanceCommands,
];
