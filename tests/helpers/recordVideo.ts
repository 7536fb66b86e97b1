import { writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { age } from './photos.ts';

/**
 * Writes a WebM as a browser records it (MediaRecorder): red in its first half, blue in its second, 320 x 180.
 * @param page any page of a Chromium; nothing is left behind in it
 * @param seconds length of the video, which is also how long recording takes
 */
export async function recordVideo(page: Page, path: string, seconds: number): Promise<void> {
  const base64 = await page.evaluate(async (length) => {
    const canvas = document.createElement('canvas');
    canvas.width = 320;
    canvas.height = 180;
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('there is no canvas to record');
    const start = performance.now();
    let over = false;
    const draw = (): void => {
      const part = (performance.now() - start) / 1_000 / length;
      context.fillStyle = part < 0.5 ? '#d01818' : '#1818d0';
      context.fillRect(0, 0, 320, 180);
      // Something that moves, so that every frame is a new one.
      context.fillStyle = '#fff';
      context.fillRect(Math.round(part * 300), 170, 6, 6);
      if (!over) requestAnimationFrame(draw);
    };
    draw();
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm;codecs=vp8' });
    const parts: Blob[] = [];
    recorder.addEventListener('dataavailable', (event) => parts.push(event.data));
    recorder.start(200);
    await new Promise((done) => setTimeout(done, length * 1_000));
    await new Promise((done) => {
      recorder.addEventListener('stop', done);
      recorder.stop();
    });
    over = true;
    const reader = new FileReader();
    await new Promise((done) => {
      reader.addEventListener('load', done);
      reader.readAsDataURL(new Blob(parts));
    });
    return typeof reader.result === 'string' ? (reader.result.split(',')[1] ?? '') : '';
  }, seconds);
  writeFileSync(path, Buffer.from(base64, 'base64'));
  age(path);
}
