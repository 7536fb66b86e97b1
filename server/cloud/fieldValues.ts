import { assetValueSchema, referenceActions } from '../../shared/cloud/wireRecords.ts';
import type { FieldInput, FieldType, ReferenceAction, WireAsset } from '../../shared/cloud/wireRecords.ts';
import { badRequest } from './cloudError.ts';
import { fieldTypeOf } from './schema.ts';

/** One field after checking: stored exactly as `{value, type}`; null clears it. */
export type CheckedField = { readonly type: FieldType; readonly value: unknown } | null;

const fieldNamePattern = /^[A-Za-z][A-Za-z0-9_.]{0,254}$/;
const int64Pattern = /^-?\d{1,19}$/;
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @throws CloudError BAD_REQUEST for a name no schema could hold */
export function checkFieldName(name: string): void {
  if (!fieldNamePattern.test(name)) throw badRequest(`"${name.slice(0, 60)}" cannot be a field name`);
}

/**
 * Checks type and shape of one field; never looks into what the value means.
 * @param known the type the schema has for this field, which wins over a guess and must agree with a tag
 * @throws CloudError BAD_REQUEST naming the field
 */
export function checkField(name: string, input: FieldInput, known: FieldType | undefined): CheckedField {
  if (input.isEncrypted === true || input.type === 'ENCRYPTED_BYTES') {
    throw badRequest(`field ${name}: encrypted fields are not supported`);
  }
  if (input.value === null || input.value === undefined) return null;
  const tagged =
    input.type === undefined || input.type === 'UNKNOWN' || input.type === 'UNKNOWN_LIST' || input.type === 'LIST'
      ? undefined
      : fieldTypeOf(input.type);
  if (known !== undefined && tagged !== undefined && known !== tagged) {
    throw badRequest(`field ${name} is ${known} in the schema, not ${tagged}`);
  }
  const type = known ?? tagged ?? guessType(input.value);
  if (type === undefined) throw badRequest(`field ${name} needs a type`);
  return { type, value: checkValue(name, type, input.value) };
}

function guessType(value: unknown): FieldType | undefined {
  if (Array.isArray(value)) {
    const first: unknown = value[0];
    const element = first === undefined ? undefined : guessType(first);
    return element === undefined || element.endsWith('_LIST') ? undefined : (`${element}_LIST` as FieldType);
  }
  if (typeof value === 'string') return 'STRING';
  if (typeof value === 'number') return Number.isInteger(value) ? 'INT64' : 'DOUBLE';
  if (typeof value === 'object' && value !== null) {
    if ('latitude' in value) return 'LOCATION';
    // An asset first: web clients name {recordName, fieldName} for a copy, a receipt for an upload.
    if ('receipt' in value || 'fileChecksum' in value) return 'ASSETID';
    if ('recordName' in value) return 'REFERENCE';
  }
  return undefined;
}

function checkValue(name: string, type: FieldType, value: unknown): unknown {
  if (type.endsWith('_LIST')) {
    if (!Array.isArray(value)) throw badRequest(`field ${name} must be a list`);
    const element = type.slice(0, -'_LIST'.length) as FieldType;
    return value.map((item: unknown) => checkScalar(name, element, item));
  }
  return checkScalar(name, type, value);
}

function checkScalar(name: string, type: FieldType, value: unknown): unknown {
  switch (type) {
    case 'STRING':
      if (typeof value === 'string') return value;
      break;
    case 'INT64':
      if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
      if (typeof value === 'string' && int64Pattern.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value)) {
        const number = Number(value);
        // What a JSON number cannot hold exactly is kept, and answered, as text.
        return Number.isSafeInteger(number) ? number : value;
      }
      break;
    case 'DOUBLE':
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      break;
    case 'TIMESTAMP':
      if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
      break;
    case 'BYTES':
      if (typeof value === 'string' && base64Pattern.test(value)) return value;
      break;
    case 'REFERENCE':
      return checkReference(name, value);
    case 'ASSETID': {
      const asset = assetValueSchema.safeParse(value);
      if (asset.success) return asset.data;
      break;
    }
    case 'LOCATION':
      return checkLocation(name, value);
    default:
      break;
  }
  throw badRequest(`field ${name} does not hold a ${type} value`);
}

export interface ReferenceValue {
  readonly recordName: string;
  readonly action: ReferenceAction;
}

function checkReference(name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('recordName' in value) || typeof value.recordName !== 'string') {
    throw badRequest(`field ${name} does not name a record`);
  }
  if (value.recordName === '' || value.recordName.length > 255)
    throw badRequest(`field ${name} does not name a record`);
  const given = 'action' in value ? value.action : 'NONE';
  const action = referenceActions.find((known) => known === given);
  if (action === undefined) throw badRequest(`field ${name}: reference action must be NONE, DELETE_SELF or VALIDATE`);
  const zoneID =
    'zoneID' in value && typeof value.zoneID === 'object' && value.zoneID !== null ? { zoneID: value.zoneID } : {};
  return { recordName: value.recordName, ...zoneID, action };
}

function checkLocation(name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) throw badRequest(`field ${name} is not a location`);
  const location: Record<string, number> = {};
  for (const key of [
    'latitude',
    'longitude',
    'horizontalAccuracy',
    'verticalAccuracy',
    'altitude',
    'speed',
    'course',
    'timestamp',
  ]) {
    const part: unknown = (value as Record<string, unknown>)[key];
    if (part === undefined || part === null) continue;
    if (typeof part !== 'number' || !Number.isFinite(part)) throw badRequest(`field ${name}: ${key} is not a number`);
    location[key] = part;
  }
  const { latitude, longitude } = location;
  if (latitude === undefined || longitude === undefined || Math.abs(latitude) > 90 || Math.abs(longitude) > 180) {
    throw badRequest(`field ${name} is not a place on Earth`);
  }
  return location;
}

/** The references a checked field makes, without those that only point. */
export function bindingReferences(field: CheckedField): ReferenceValue[] {
  if (field === null || (field.type !== 'REFERENCE' && field.type !== 'REFERENCE_LIST')) return [];
  const values = (field.type === 'REFERENCE' ? [field.value] : field.value) as ReferenceValue[];
  return values.filter((value) => value.action !== 'NONE');
}

/** The asset values of a checked field, in list order. */
export function assetsOf(field: CheckedField): WireAsset[] {
  if (field === null) return [];
  if (field.type === 'ASSETID') return [field.value as WireAsset];
  return field.type === 'ASSETID_LIST' ? (field.value as WireAsset[]) : [];
}
