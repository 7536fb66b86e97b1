import { presetNames, withPreset } from '../../shared/edits/presets.ts';
import type { PresetName } from '../../shared/edits/presets.ts';
import { readStack, stackToJson } from '../../shared/edits/stack.ts';
import { applyAssignments } from '../../shared/edits/stackOps.ts';
import type { PhotoID } from '../../shared/ids.ts';
import type { PhotoEdits } from '../../shared/model/edit.ts';
import type { CliCommand, CliContext, FlagValues } from './command.ts';
import { UsageError } from './usageError.ts';

/** `edit ID [--set STEP=VALUE,…] [--preset NAME] | --revert`; without a flag it shows the edits. */
export const editCommands: readonly CliCommand[] = [
  {
    name: 'edit',
    usage: 'ID --set exposure=0.3,crop=x/y/width/height | --preset NAME | --revert',
    summary: 'change a photo without touching its file; steps add to those it has, STEP=none takes one out',
    flags: { set: { type: 'string', multiple: true }, preset: { type: 'string' }, revert: { type: 'boolean' } },
    run: edit,
  },
];

async function edit(context: CliContext, args: readonly string[], flags: FlagValues): Promise<boolean> {
  const [word, ...more] = args;
  if (word === undefined || more.length > 0)
    throw new UsageError('Name one photo by its id, as “list photos” shows it.');
  const id = word as PhotoID;
  const set = [flags['set'] ?? []].flat().map(String);
  const preset = presetOf(flags['preset']);
  const revert = flags['revert'] === true;
  if (revert && (set.length > 0 || preset !== undefined))
    throw new UsageError('--revert goes back to the original and takes no other flag.');
  const { client } = await context.core();
  if (revert) {
    const { refused, reasons } = await client.edits.revert({ ids: [id] });
    for (const reason of reasons) context.output.note(reason);
    show(context, await client.edits.get({ id }));
    return refused === 0;
  }
  const before = await client.edits.get({ id });
  if (set.length === 0 && preset === undefined) {
    show(context, before);
    return true;
  }
  const start = readStack(before.stack);
  const looked = preset === undefined ? start : withPreset(start, preset);
  const stack = applyAssignments(looked, set.join(','));
  show(context, await client.edits.save({ id, stack: stackToJson(stack), label: preset ?? null }));
  return true;
}

function presetOf(value: FlagValues[string]): PresetName | undefined {
  if (value === undefined) return undefined;
  const found = presetNames.find((name) => name === value);
  if (found === undefined) throw new UsageError(`There is no preset “${String(value)}”: ${presetNames.join(', ')}.`);
  return found;
}

function show({ output }: CliContext, edits: PhotoEdits): void {
  const { photoID, current, stack, versions } = edits;
  const steps = stack.steps.map((step) => {
    const { kind, ...values } = step as { kind: string } & Record<string, unknown>;
    return `${kind} ${Object.values(values).map(String).join('/')}`;
  });
  output.record(
    { id: photoID, current, stack, versions: versions.length },
    steps.length === 0 ? 'The original.' : steps.join('\n'),
  );
}
