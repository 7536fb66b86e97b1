import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { FolderInput } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { ImportProgress } from '../../../shared/model/library.ts';
import { EmptyFace, ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { Button } from '../../components/buttons.tsx';
import { runCommand } from '../../data/commandRunner.ts';
import { countText } from '../../data/describe.ts';
import { goTo } from '../../data/navigation.ts';
import { useCore, useT } from '../../data/useCore.ts';
import './import.css';

const pageSize = 500;
const rowHeight = 52;

/** Past and running sessions; of the chosen one every file that was not taken, and why. `arg` is the session. */
export function ImportReport({ arg }: { readonly arg: string }) {
  const core = useCore();
  const t = useT();
  const { data, error, refetch } = useQuery(core.queries.library.imports.queryOptions({ input: {} }));
  if (data === undefined)
    return error === null ? <LoadingFace /> : <ErrorFace error={error} onRetry={() => void refetch()} />;
  const chosen = data.find((session) => session.sessionID === arg) ?? data[0];
  if (chosen === undefined)
    return (
      <EmptyFace icon={FolderInput} title={t('empty.imports')} text={t('empty.importsText')}>
        <Button onPress={() => runCommand(core, 'import.addFolder')}>{t('import.addFolder')}</Button>
      </EmptyFace>
    );
  return (
    <div className="page page--fixed">
      <div className="column column--fill">
        <ul className="rows sessions" aria-label={t('import.sessions')}>
          {data.slice(0, 6).map((session) => (
            <SessionRow key={session.sessionID} session={session} current={session === chosen} />
          ))}
        </ul>
        <Issues key={chosen.sessionID} session={chosen} />
      </div>
    </div>
  );
}

function SessionRow({ session, current }: { readonly session: ImportProgress; readonly current: boolean }) {
  const core = useCore();
  const t = useT();
  const counts = (['imported', 'duplicates', 'updated', 'sidecars', 'skipped', 'failed'] as const).filter(
    (name) => session[name] > 0,
  );
  return (
    <li>
      <button
        type="button"
        className="session"
        aria-current={current || undefined}
        onClick={() => goTo(core.navigation, { kind: 'screen', name: 'imports', arg: session.sessionID })}
      >
        <span className="row__main">
          <strong>{session.source}</strong>
          <span className="row__soft">
            {t(`import.state.${session.state}`)} · {core.formats.moment.format(session.startedAt)}
            {session.message === null ? '' : ` · ${session.message}`}
          </span>
        </span>
        <span className="session__counts">
          {counts.map((name) => (
            <span key={name} data-tone={name === 'failed' ? 'danger' : undefined}>
              {countText(core, session[name])} {t(`import.count.${name}`)}
            </span>
          ))}
        </span>
      </button>
    </li>
  );
}

function Issues({ session }: { readonly session: ImportProgress }) {
  const core = useCore();
  const t = useT();
  const scroller = useRef<HTMLDivElement>(null);
  const { sessionID } = session;
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: [...core.queries.library.key(), 'issues', sessionID],
    queryFn: ({ pageParam, signal }) =>
      core.client.library.importReport({ sessionID, after: pageParam, limit: pageSize }, { signal }),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => {
      const read = pages.reduce((sum, page) => sum + page.issues.length, 0);
      return last.issues.length > 0 && read < last.total ? read : undefined;
    },
  });
  const issues = data?.pages.flatMap((page) => page.issues) ?? [];
  const total = data?.pages[0]?.total ?? 0;
  const rows = useVirtualizer({
    count: issues.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= issues.length - 20) fetchNextPage().catch(() => undefined);
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, issues.length]);
  if (data === undefined) return null;
  if (total === 0) return <p className="page__intro">{t('import.allTaken')}</p>;
  return (
    <>
      <h2 className="page__intro">{t('import.notTaken', { count: total })}</h2>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a list that scrolls must be reachable by key */}
      <div ref={scroller} className="issues" tabIndex={0} role="list" aria-label={t('import.notTakenList')}>
        <div style={{ height: rows.getTotalSize(), position: 'relative' }} role="presentation">
          {items.map((item) => {
            const issue = issues[item.index];
            return issue === undefined ? null : (
              <div
                key={item.key}
                ref={rows.measureElement}
                data-index={item.index}
                role="listitem"
                className="issue"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <strong className="selectable">{issue.path}</strong>
                <span className="row__soft selectable">
                  {t(issue.outcome === 'failed' ? 'import.failed' : 'import.skipped')}: {issue.reason}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </>
  );
}
