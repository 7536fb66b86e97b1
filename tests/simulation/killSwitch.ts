import type { Connection, SqlValue, Statement } from '../../electron/core/store/connection.ts';

/** Thrown at the write at which a simulated process dies. Nobody may take it for an error of the data. */
export class Killed extends Error {
  constructor() {
    super('This process was killed');
    this.name = 'Killed';
  }
}

/** A connection whose process can die at any write: the open transaction is rolled back and nothing is written after. */
export interface KillSwitch {
  readonly connection: Connection;
  /** The process dies at the write that many writes from now; undefined: it lives (again). */
  arm(writes: number | undefined): void;
  /** It died and was not started again. */
  readonly fired: boolean;
}

export function createKillSwitch(connection: Connection): KillSwitch {
  let left: number | undefined;
  let fired = false;
  const beforeWrite = () => {
    if (left === undefined) return;
    left -= 1;
    if (left > 0) return;
    fired = true;
    throw new Killed();
  };
  const guarded = new Map<string, Statement<never, unknown>>();
  return {
    connection: {
      raw: connection.raw,
      statement: <Parameters extends readonly SqlValue[], Row>(sql: string) => {
        const known = guarded.get(sql) as Statement<Parameters, Row> | undefined;
        if (known !== undefined) return known;
        const made = connection.statement<Parameters, Row>(sql);
        const one: Statement<Parameters, Row> = {
          ...made,
          run: (...parameters) => {
            beforeWrite();
            return made.run(...parameters);
          },
        };
        guarded.set(sql, one);
        return one;
      },
      close: () => connection.close(),
    },
    arm: (writes) => {
      left = writes;
      fired = false;
    },
    get fired() {
      return fired;
    },
  };
}
