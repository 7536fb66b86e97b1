import type { BandAnswer, BandRequest } from './bandMessages.ts';
import { createBandPainter } from './bandPainter.ts';

/* The thread that paints one band of the preview where there is no graphics card. */

const painter = createBandPainter(() => performance.now());
const turn = new MessageChannel();
let wanted = 0;

/** Lets messages in that came meanwhile: a timer would wait longer than a strip takes. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    turn.port1.addEventListener('message', () => resolve(), { once: true });
    turn.port2.postMessage(null);
  });
}

turn.port1.start();
self.addEventListener('message', ({ data }: MessageEvent<BandRequest>) => {
  if (data.kind === 'source') {
    painter.setSource(data.source);
    return;
  }
  const { id, view, band, spare } = data;
  wanted = id;
  const givenUp = async (): Promise<boolean> => {
    await nextTurn();
    return wanted !== id;
  };
  painter.paint(view, band, givenUp, spare).then((pixels) => {
    const answer: BandAnswer = { id, pixels };
    self.postMessage(answer, { transfer: pixels === null ? [] : [pixels.buffer] });
    // The window hears of it as of any error of this thread, and goes on by itself; a refusal alone it would not hear of.
  }, reportError);
});
