import { ChevronDown } from 'lucide-react';
import type { ShownPreset, SharePreset } from '../../../shared/model/share.ts';
import { MenuButton } from '../../components/menus.tsx';
import { useT } from '../../data/useCore.ts';

type PresetMenuProps<P extends SharePreset> = {
  readonly label: string;
  readonly value: ShownPreset;
  readonly options: readonly P[];
  readonly onChange: (preset: P) => void;
};

/** What somebody may do, as a button with a menu. */
export function PresetMenu<P extends SharePreset>({ label, value, options, onChange }: PresetMenuProps<P>) {
  const t = useT();
  const shown = t(`sharing.preset.${value}`);
  return (
    <MenuButton
      label={`${label}: ${shown}`}
      text={
        <>
          {shown}
          <ChevronDown size={14} aria-hidden />
        </>
      }
      groups={() => [
        options.map((preset) => ({
          id: preset,
          label: t(`sharing.preset.${preset}`),
          keys: t(`sharing.presetHelp.${preset}`),
          checked: preset === value,
          run: () => onChange(preset),
        })),
      ]}
    />
  );
}

/** Presets a link or a public share may give. */
export const openPresets = ['viewer', 'contributor', 'editor'] as const;
export const allPresets = ['viewer', 'contributor', 'editor', 'manager'] as const;
