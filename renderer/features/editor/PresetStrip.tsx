import { useEffect, useMemo, useRef } from 'react';
import { ToggleButton } from 'react-aria-components';
import { useStore } from 'zustand';
import { compileStack } from '../../../shared/edits/compile.ts';
import { renderAll } from '../../../shared/edits/execute.ts';
import { presetNames, presetOf, withPreset } from '../../../shared/edits/presets.ts';
import type { PresetName } from '../../../shared/edits/presets.ts';
import type { EditStack } from '../../../shared/edits/stack.ts';
import { isLook } from '../../../shared/edits/stackOps.ts';
import { useT } from '../../data/useCore.ts';
import { beforeOf } from './editorSession.ts';
import type { EditorSession } from './editorSession.ts';
import { fitInto } from './preview/preview.ts';
import type { PreviewSource } from './preview/preview.ts';

/** The long edge of a thumbnail, device pixels. */
const thumbnailEdge = 144;

const look = (stack: EditStack, name: PresetName | null): EditStack =>
  name === null ? { ...beforeOf(stack), newer: stack.newer } : withPreset(stack, name);

/** The filter presets, each shown on this very photo as it is cropped now. */
export function PresetStrip({
  session,
  source,
  disabled,
}: {
  readonly session: EditorSession;
  readonly source: PreviewSource | null;
  readonly disabled: boolean;
}) {
  const t = useT();
  const stack = useStore(session.store, (state) => state.stack);
  const chosen = presetOf(stack);
  const plain = !stack.steps.some((step) => isLook(step.kind));
  return (
    <section className="presets" aria-label={t('editor.presets')}>
      {[null, ...presetNames].map((name) => (
        <ToggleButton
          key={name ?? 'none'}
          className="preset"
          isDisabled={disabled}
          isSelected={name === null ? plain : chosen === name}
          onPress={() => session.change(look(stack, name))}
        >
          <PresetThumbnail session={session} source={source} name={name} />
          <span>{t(`editor.preset.${name ?? 'none'}`)}</span>
        </ToggleButton>
      ))}
    </section>
  );
}

function PresetThumbnail({
  session,
  source,
  name,
}: {
  readonly session: EditorSession;
  readonly source: PreviewSource | null;
  readonly name: PresetName | null;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const full = useStore(session.store, (state) => state.edits);
  // Only the shape of the picture changes a thumbnail: dragging a slider draws none anew.
  const shape = useStore(session.store, (state) => JSON.stringify(beforeOf(state.stack).steps));
  const stack = useMemo(
    () => look({ ...beforeOf(session.store.getState().stack), steps: JSON.parse(shape) as EditStack['steps'] }, name),
    [session, shape, name],
  );
  useEffect(() => {
    const element = canvas.current;
    if (element === null || source === null) return;
    // After the frame: the picture itself comes first.
    const timer = setTimeout(() => {
      const compiled = compileStack(stack, full, source.space);
      const output = fitInto(compiled.geometry.output, thumbnailEdge);
      const small = { ...source.small, channels: 4 as const };
      const pixels = renderAll({ compiled, source: small, output, small: source.small });
      element.width = output.width;
      element.height = output.height;
      element.getContext('2d', { colorSpace: source.space })?.putImageData(
        new ImageData(pixels, output.width, output.height, {
          colorSpace: source.space,
        }),
        0,
        0,
      );
    }, 60);
    return () => clearTimeout(timer);
  }, [stack, full, source]);
  return <canvas ref={canvas} className="preset__picture" aria-hidden />;
}
