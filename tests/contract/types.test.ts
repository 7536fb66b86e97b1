import type { ContractRouterClient } from '@orpc/contract';
import { describe, expectTypeOf, it } from 'vitest';
import type { Contract } from '../../shared/contract/contract.ts';

type Client = ContractRouterClient<Contract>;
type Input<Call extends (...given: never) => unknown> = Parameters<Call>[0];

/** Wrong calls that the compiler refuses; the type check of the tests runs these. */
describe('a wrong call does not compile', () => {
  it('with a field that is missing, of another type, or out of the list', () => {
    expectTypeOf<{ id: string }>().toExtend<Input<Client['photos']['get']>>();
    expectTypeOf<{ name: string }>().not.toExtend<Input<Client['photos']['get']>>();
    expectTypeOf<{ id: number }>().not.toExtend<Input<Client['photos']['get']>>();
    expectTypeOf<{ purpose: 'import' }>().toExtend<Input<Client['app']['chooseFolder']>>();
    expectTypeOf<{ purpose: 'anything' }>().not.toExtend<Input<Client['app']['chooseFolder']>>();
  });

  it('of a procedure that does not exist', () => {
    expectTypeOf<Client['photos']>().toHaveProperty('get');
    expectTypeOf<Client['photos']>().not.toHaveProperty('destroy');
  });

  it('with one kind of id where another is returned', () => {
    type Album = Awaited<ReturnType<Client['albums']['create']>>;
    type Photo = Awaited<ReturnType<Client['photos']['get']>>;
    expectTypeOf<Album['id']>().not.toExtend<Photo['id']>();
  });
});
