import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/contract.ts';
import type { Edits } from '../edits/edits.ts';
import type { PosterFrames } from '../edits/posterFrames.ts';
import type { PhotoExport } from '../edits/exportPhotos.ts';

export interface EditsServiceDependencies {
  readonly edits: Edits;
  readonly frames: PosterFrames;
  readonly photoExport: PhotoExport;
}

/** The `edits` slice: versions of edits, and files rendered from them. */
export function createEditsService({ edits, frames, photoExport }: EditsServiceDependencies) {
  const os = implement(contract.edits);
  return {
    get: os.get.handler(({ input }) => edits.get(input.id)),
    save: os.save.handler(({ input }) => edits.save(input.id, input.stack, input.label)),
    paste: os.paste.handler(({ input }) => edits.paste(input.ids, input.stack, { withGeometry: input.withGeometry })),
    sync: os.sync.handler(({ input }) => edits.sync(input.ids, input.stack, input.kinds)),
    turn: os.turn.handler(({ input }) => edits.turn(input.ids, input.by)),
    revert: os.revert.handler(({ input }) => edits.revert(input.ids)),
    choose: os.choose.handler(({ input }) => edits.choose(input.id, input.version)),
    saveFrame: os.saveFrame.handler(async ({ input }) => ({
      picture: await frames.keep(input.id, Buffer.from(input.image, 'base64'), input.as),
    })),
    frame: os.frame.handler(({ input }) => {
      const bytes = frames.read(input.picture);
      return { image: bytes === null ? null : Buffer.from(bytes).toString('base64') };
    }),
    wantedFrame: os.wantedFrame.handler(({ input }) => ({ wanted: frames.wanted(input.id) })),
    export: os.export.handler(async function* ({ input, signal }) {
      if (input.makeFolder) await photoExport.makeFolder(input.directory);
      yield* photoExport.run(input.ids, input.directory, input.options, signal);
    }),
  };
}
