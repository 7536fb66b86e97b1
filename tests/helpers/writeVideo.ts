import { writeFileSync } from 'node:fs';
import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Output, WebMOutputFormat } from 'mediabunny';

/**
 * Writes a WebM of 320 x 180 whose container is whole and whose frames nobody can decode: for whatever takes a video
 * without playing it. @param mark makes its bytes differ from another's
 */
export async function writeVideo(path: string, seconds: number, mark = 0): Promise<void> {
  const target = new BufferTarget();
  const output = new Output({ format: new WebMOutputFormat(), target });
  const source = new EncodedVideoPacketSource('vp8');
  output.addVideoTrack(source);
  await output.start();
  const config = { codec: 'vp8', codedWidth: 320, codedHeight: 180 };
  for (let at = 0; at < seconds; at++) {
    const packet = new EncodedPacket(new Uint8Array(64).fill(mark + at), 'key', at, 1);
    await source.add(packet, { decoderConfig: config });
  }
  await output.finalize();
  if (target.buffer === null) throw new Error('no video was written');
  writeFileSync(path, new Uint8Array(target.buffer));
}
