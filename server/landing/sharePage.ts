import type { Services } from '../cloud/context.ts';
import type { ServerResponse } from '../http/message.ts';
import { escapeHTML, page } from './html.ts';

const opener =
  '<p><a class="button" id="open" hidden>Open in Shoebox</a></p>' +
  '<p class="dim">Or copy this address and paste it into Shoebox, in Shared:</p><p><code id="address">The address of this page</code></p>';

/**
 * The landing page of a share link (section 10.6). Title, owner and cover only where anybody with the link may come in;
 * for private, unknown and revoked shares alike one neutral page with the same status.
 */
export async function sharePage(services: Services, shortGUID: string): Promise<ServerResponse> {
  const row = await services.database.read((sql) =>
    sql.get<{ name: string; fields: string }>(
      `SELECT u.name, r.fields FROM shares s JOIN zones z ON z.zone_id = s.zone_id JOIN users u ON u.id = z.owner
         JOIN records r ON r.zone_id = s.zone_id AND r.record_name = 'cloudkit.zoneshare'
        WHERE s.short_guid = ? AND s.public_permission <> 'NONE' AND z.deleted_at IS NULL AND r.deleted = 0
          AND (s.ends_at IS NULL OR s.ends_at > ?)`,
      [shortGUID, services.clock()],
    ),
  );
  if (row === undefined) {
    return page({
      title: 'Shared photos',
      script: '/landing/share.js',
      body: `<h1>Shared photos</h1><p>Open this link in Shoebox to see what is shared with you.</p>${opener}`,
    });
  }
  const fields = JSON.parse(row.fields) as Record<string, { readonly value?: unknown }>;
  const title = textOf(fields['cloudkit.title']?.value) ?? 'Shared photos';
  return page({
    title,
    script: '/landing/share.js',
    body: `${cover(fields['cloudkit.thumbnailImageData']?.value)}<h1>${escapeHTML(title)}</h1><p>Shared by ${escapeHTML(row.name)}</p>${opener}`,
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined;
}

/** The cover as a data address, if its first bytes are those of a plain image; anything else is left out. */
function cover(value: unknown): string {
  if (typeof value !== 'string' || value.length > 400_000) return '';
  const head = Buffer.from(value.slice(0, 32), 'base64').toString('latin1');
  const type = head.startsWith('\xff\xd8\xff')
    ? 'image/jpeg'
    : head.startsWith('\x89PNG')
      ? 'image/png'
      : head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP'
        ? 'image/webp'
        : undefined;
  if (type === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return '';
  return `<img src="data:${type};base64,${value}" alt="">`;
}
