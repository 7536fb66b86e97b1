import { createHash } from 'node:crypto';
import { getEventIteratorSchemaDetails, isContractProcedure } from '@orpc/contract';
import type { AnyContractRouter, AnySchema } from '@orpc/contract';
import { z } from 'zod';

/** One procedure's name and what may go in and out, as JSON schema. */
export type ProcedureSchema = { readonly name: string; readonly input: unknown; readonly output: unknown };

/**
 * Every procedure of a contract, sorted by name, so that the order of declarations does not matter.
 * @throws Error when a procedure has no zod input schema: it would accept anything
 */
export function contractSchemas(router: AnyContractRouter, path: readonly string[] = []): ProcedureSchema[] {
  if (isContractProcedure(router)) {
    const { inputSchema, outputSchema }: Schemas = router['~orpc'];
    const yields = getEventIteratorSchemaDetails(outputSchema)?.yields;
    return [
      {
        name: path.join('.'),
        input: jsonSchema(inputSchema, path),
        output: jsonSchema(yields ?? outputSchema, path),
      },
    ];
  }
  return Object.entries(router)
    .flatMap(([name, inner]: [string, AnyContractRouter]) => contractSchemas(inner, [...path, name]))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

type Schemas = { readonly inputSchema?: AnySchema | undefined; readonly outputSchema?: AnySchema | undefined };

function jsonSchema(schema: AnySchema | undefined, path: readonly string[]): unknown {
  if (!(schema instanceof z.ZodType)) throw new Error(`${path.join('.')} lacks a zod schema for what goes in or out`);
  // Both sides are described as they arrive at the schema: after it, ids carry a brand that only the compiler sees.
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

/** SHA-256 of the contract, hex. Object keys are sorted, so only a real change changes it. */
export function contractHashOf(router: AnyContractRouter): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(contractSchemas(router))))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]: [string, unknown]) => [key, sorted(inner)]),
  );
}
