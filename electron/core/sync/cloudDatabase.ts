import type { DatabaseChangesAnswer, ZoneChangesAnswer } from '../../../shared/cloud/wireChanges.ts';
import type { DatabaseScope, OperationType, RecordAnswer, WireAsset } from '../../../shared/cloud/wireRecords.ts';
import type { ServerInfo } from '../../../shared/cloud/wireServices.ts';

/** A zone as requests name it; the owner is needed for somebody else's zone. */
export interface CloudZone {
  readonly zoneName: string;
  readonly ownerRecordName?: string;
}

/** A field as sent: the type is always named, so that the server never has to guess. */
export interface CloudField {
  readonly value: unknown;
  readonly type: string;
}

/** A record as sent. */
export interface CloudRecord {
  readonly recordName: string;
  readonly recordType?: string;
  readonly recordChangeTag?: string;
  readonly fields?: Readonly<Record<string, CloudField>>;
}

export interface CloudOperation {
  readonly operationType: OperationType;
  readonly record: CloudRecord & Readonly<Record<string, unknown>>;
}

/** One answer per operation, in order: a record, a deletion, or an error dictionary (shared/cloud/serverErrors). */
export type CloudItem = RecordAnswer & Readonly<Record<string, unknown>>;

export interface ZoneItem {
  readonly zoneID: { readonly zoneName: string; readonly ownerRecordName?: string | undefined };
  readonly syncToken?: string | undefined;
  readonly serverErrorCode?: string | undefined;
  readonly reason?: string | undefined;
}

/** What the server is told of bytes before they are sent. */
export interface UploadRequest {
  readonly recordType: string;
  readonly recordName: string;
  readonly fieldName: string;
  readonly size: number;
  /** Base64, as the wire wants it. */
  readonly sha256: string;
}

/** Where the bytes of one resource go: an upload to make, or bytes the server already holds. */
export type UploadTicket = { readonly url: string; readonly chunkBytes: number } | { readonly existing: WireAsset };

/** How far an upload has come: more to send, or the value to put into the record. */
export type UploadProgress = { readonly received: number } | { readonly asset: WireAsset };

/**
 * The server as the core sees it. Every call may throw an AppError whose `data.serverErrorCode` is the server's code,
 * or whose code is `offline` when no answer came; `data.retryAfter` is in seconds. Calls never retry by themselves:
 * that is decided in failures.ts, by the engine.
 */
export interface CloudDatabase {
  info(): Promise<ServerInfo>;
  /** The signed-in person's record name and address. */
  caller(): Promise<{ readonly userRecordName: string; readonly emailAddress?: string; readonly name?: string }>;
  listZones(scope: DatabaseScope): Promise<{ readonly zones: readonly ZoneItem[]; readonly serverEpoch?: string }>;
  /**
   * Makes or deletes zones of my own database. A zone named with a sync token is deleted only when nothing has changed
   * behind it; its item says CONFLICT otherwise.
   */
  modifyZones(
    operationType: 'create' | 'delete',
    zones: readonly (CloudZone & { readonly syncToken?: string })[],
  ): Promise<readonly ZoneItem[]>;
  /** Not atomic: each operation has its own outcome. At most `info.limits.operations` operations. */
  modifyRecords(
    scope: DatabaseScope,
    zone: CloudZone,
    operations: readonly CloudOperation[],
  ): Promise<readonly CloudItem[]>;
  lookupRecords(scope: DatabaseScope, zone: CloudZone, names: readonly string[]): Promise<readonly CloudItem[]>;
  databaseChanges(scope: DatabaseScope, syncToken: string | undefined): Promise<DatabaseChangesAnswer>;
  zoneChanges(scope: DatabaseScope, zone: CloudZone, syncToken: string | undefined): Promise<ZoneChangesAnswer>;
  requestUpload(scope: DatabaseScope, zone: CloudZone, request: UploadRequest): Promise<UploadTicket>;
  /**
   * The same for several at once.
   * @returns a ticket per request; undefined for one that is refused: asked for alone, the server says why
   */
  requestUploads(
    scope: DatabaseScope,
    zone: CloudZone,
    requests: readonly UploadRequest[],
  ): Promise<readonly (UploadTicket | undefined)[]>;
  /** Bytes the server has of an upload, or the finished asset when `size` says so. */
  uploadStatus(url: string): Promise<{ readonly received: number }>;
  /**
   * Sends bytes `from`..`from+chunk.length-1` of `size`; the last chunk answers the asset. When this settles, the memory of the
   * chunk is the caller's again.
   * @param sha256 of the chunk in base64, where it is known: it is computed otherwise
   */
  uploadChunk(url: string, chunk: Uint8Array, from: number, size: number, sha256?: string): Promise<UploadProgress>;
  /** Writable values for assets that other records hold, so that moved resources are never uploaded again. */
  rereference(
    scope: DatabaseScope,
    source: CloudZone,
    target: CloudZone,
    assets: readonly { readonly recordName: string; readonly fieldName: string }[],
  ): Promise<readonly (WireAsset | undefined)[]>;
  /** Bytes of an asset from `from` on, as they arrive. The caller checks the hash. */
  download(url: string, from: number): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Bytes of many small assets in one answer, by record name. Those that are not there, or would make the answer too long,
   * are left out. The caller checks the hashes. @throws AppError notFound from a server that does not know the call
   */
  fetchAssets(
    zone: CloudZone,
    assets: readonly { readonly recordName: string; readonly fieldName: string }[],
  ): Promise<ReadonlyMap<string, Uint8Array>>;
  /**
   * A call of the extensions (`links/modify`, `invitations/list`, …) of users/discover, or of records/resolve and accept.
   * @param within ms after which no answer is waited for any longer, where that is sooner than usual
   */
  extension(path: string, body: Readonly<Record<string, unknown>>, within?: number): Promise<unknown>;
}
