import type { z } from 'zod';
import { badRequest } from './cloudError.ts';

/**
 * Checks a request body against its wire schema.
 * @throws CloudError BAD_REQUEST naming the key that is wrong, never its value
 */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue === undefined || issue.path.length === 0 ? 'the request' : issue.path.join('.').slice(0, 100);
  throw badRequest(`${path}: ${issue?.message ?? 'not understood'}`);
}
